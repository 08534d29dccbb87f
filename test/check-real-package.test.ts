import { copyFileSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { describe, expect, it } from 'vitest'
import type { FindingList } from '../packages/seamproof/src/contract/finding.js'
import { packagesFrom } from './real-packages.js'

const root = resolve(import.meta.dirname, '..')
const workload = 'crc32.seam.ts'

/** A published package without sources and symbols, under what needs neither. */
async function check(side: string, version: string) {
  const folder = await packagesFrom(`crc32-${side}`, { '@node-rs/crc32': version })
  copyFileSync(join(root, 'examples/leaks', workload), join(folder, workload))
  const out = join(folder, 'check.seamproof')
  const env = { NODE_EXTRA_CA_CERTS: undefined, NODE_OPTIONS: undefined, GITHUB_ACTIONS: undefined }
  const args = ['check', '--with', 'layer,asan,track', '--force', '-o', out, workload]
  const seamproof = join(root, 'packages/seamproof/bin/seamproof.js')
  const run = await execa(process.execPath, [seamproof, ...args], {
    cwd: folder,
    env,
    reject: false,
    all: true,
  })
  const text = readFileSync(join(out, 'findings.json'), 'utf8')
  return { exitCode: run.exitCode, output: run.all, list: JSON.parse(text) as FindingList }
}

const counted = ({ findings }: FindingList) =>
  findings.filter(({ severity }) => severity !== 'advice')

describe('@node-rs/crc32 under three instruments', { timeout: 300_000 }, () => {
  it('leaks a reference in 1.5.1: one finding, seen by all', async () => {
    const { exitCode, output, list } = await check('leaky', '1.5.1')
    expect(counted(list), output).toMatchObject([
      {
        kind: 'leak',
        instruments: ['layer', 'asan', 'track'],
        workloads: ['checksum a buffer'],
        perOperation: { bytes: expect.closeTo(40, 0), blocks: expect.closeTo(1, 1) },
      },
    ])
    expect(counted(list)[0]!.location!.file).toMatch(/crc32\.seam\.ts$/)
    expect(exitCode).toBe(1)
  })

  it('gives nothing in 1.10.8, and does not call half a look a whole pass', async () => {
    const { exitCode, output, list } = await check('fixed', '1.10.8')
    expect(counted(list), output).toEqual([])
    expect(list.checks.filter(({ status }) => status !== 'pass')).toEqual([])
    expect(list.checks.find(({ instrument }) => instrument === 'asan')).toMatchObject({
      isPartial: true,
    })
    expect(exitCode).toBe(0)
  })
})
