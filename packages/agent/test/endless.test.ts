import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, test } from 'vitest'
import { readTraceMeta } from '../../seamproof/src/trace/trace-meta.js'
import { verifyTrace } from '../../seamproof/src/trace/verify-trace.js'
import { agentEnvironment } from '../src/index.js'
import { buildSubject, nativeFolder, scratchFolder } from './build-subject.js'
import { newCapture } from './traced-run.js'

const folder = scratchFolder()
let endless: string

beforeAll(async () => {
  const sources = readdirSync(nativeFolder)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(nativeFolder, name))
  endless = await buildSubject(folder, 'endless.c', {
    flags: ['-std=gnu11', '-I', nativeFolder, ...sources],
  })
}, 120_000)

async function traceOf(records: number, keepBytes: number | undefined) {
  const captureDir = newCapture(folder)
  const { LD_PRELOAD: _, ...env } = await agentEnvironment({
    captureDir,
    mode: 'samples',
    sampler: { clock: 'cpu', rateHz: 1000, isPaused: false, ...(keepBytes && { keepBytes }) },
  })
  await execa(endless, [String(records)], { env, extendEnv: false })
  const [file] = readdirSync(captureDir).filter((name) => name.endsWith('.trace'))
  const path = join(captureDir, file!)
  const meta = readTraceMeta(path)
  const numbers = meta.samples.filter(({ rssBytes }) => rssBytes === 4096)
  return { meta, numbers: numbers.map(({ timeUs }) => timeUs), violations: verifyTrace(path) }
}

const keepBytes = 256 * 1024

describe('a run without an end', () => {
  test('keeps the newest samples in the bytes that it may have, in order and whole', async () => {
    const { meta, numbers, violations } = await traceOf(300_000, keepBytes)
    expect(violations).toEqual([])
    expect(meta.damage).toEqual([])
    // The header, one chunk of what is always kept, and the ring.
    expect(meta.header.usedBytes).toBeLessThanOrEqual(4096 + 2 * 65536 + keepBytes)
    expect(meta.overwrittenChunkCount).toBeGreaterThan(30)
    expect(numbers.length).toBeGreaterThan(10_000)
    const first = 300_000 - numbers.length + 1
    expect(numbers).toEqual(numbers.map((_, index) => first + index))
  })

  test('is no larger when it is ten times as long', async () => {
    const [short, long] = [await traceOf(100_000, keepBytes), await traceOf(1_000_000, keepBytes)]
    expect(long.meta.header.usedBytes).toBeLessThanOrEqual(short.meta.header.usedBytes + 65536)
    expect(long.numbers.at(-1)).toBe(1_000_000)
  })

  test('keeps everything where no bound was asked for', async () => {
    const { meta, numbers } = await traceOf(100_000, undefined)
    expect(numbers).toHaveLength(100_000)
    expect([meta.overwrittenChunkCount, numbers[0]]).toEqual([0, 1])
  })
})
