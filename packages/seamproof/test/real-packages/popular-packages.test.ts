import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { runSeamproof } from '../cli/run-seamproof.js'
import { installPackages } from './install-package.js'

const packages = {
  '@napi-rs/canvas': '0.1.80',
  '@node-rs/crc32': '1.10.8',
  argon2: '0.44.0',
  bcrypt: '6.0.0',
  koffi: '2.16.3',
  sharp: '0.34.5',
}

const workloads = `import { createCanvas } from '@napi-rs/canvas'
import { crc32c } from '@node-rs/crc32'
import argon2 from 'argon2'
import bcrypt from 'bcrypt'
import koffi from 'koffi'
import sharp from 'sharp'
import { workload } from 'seamproof'

const counts = { operationsPerRound: 50, rounds: 5, warmupOperations: 500 }
const pixels = Buffer.alloc(64 * 64 * 3, 120)
const raw = { width: 64, height: 64, channels: 3 as const }

workload('sharp', { run: () => sharp(pixels, { raw }).resize(32, 32).png().toBuffer(), ...counts })
workload('bcrypt', { run: () => bcrypt.hash('secret', 4), ...counts })
workload('argon2', { run: () => argon2.hash('secret', { memoryCost: 256, timeCost: 2, parallelism: 1 }), ...counts })

const libc = koffi.load('libc.so.6')
const atoi = libc.func('int atoi(const char *text)')
const getenv = libc.func('const char *getenv(const char *name)')
workload('koffi', { run: () => [atoi('1234'), getenv('PATH')], ...counts })

const bytes = Buffer.alloc(1000)
workload('crc32', { run: () => crc32c(bytes), ...counts })

workload('canvas', {
  run: () => {
    const canvas = createCanvas(32, 32)
    canvas.getContext('2d').fillRect(1, 1, 20, 20)
    return canvas.encode('png')
  },
  ...counts,
})
`

let folder: string
beforeAll(() => {
  folder = installPackages('popular', packages)
})

test('six popular addons, used as they are meant to be, give no finding', async () => {
  writeFileSync(join(folder, 'popular.seam.ts'), workloads)
  const track = await runSeamproof(folder, ['track', 'popular.seam.ts', '-o', 'capture', '--force'])
  const { stdout } = await runSeamproof(folder, ['leaks', 'capture', '--json'])
  const { checks, leaks } = JSON.parse(stdout) as {
    checks: { check: string; status: string }[]
    leaks: { status: string; workload: string; functionName: string }[]
  }
  expect(leaks.filter(({ status }) => status === 'fail')).toEqual([])
  for (const name of ['sharp', 'bcrypt', 'argon2', 'koffi', 'crc32', 'canvas'])
    expect(checks).toContainEqual(
      expect.objectContaining({ check: `leaks: ${name}`, status: 'pass' }),
    )
  expect(track.status, track.stderr).toBe(0)
})
