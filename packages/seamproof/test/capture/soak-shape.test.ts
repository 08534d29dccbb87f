import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readSoakSeries, SoakRecord, soakSeriesFile } from '../../src/capture/soak/soak-record.js'
import { intervalsMax, restsMax, soakShape } from '../../src/capture/soak/soak-shape.js'
import { LatencyCounts } from '../../src/capture/subject/latency-counts.js'
import { encodeHdr, hdrOf } from '../../src/capture/subject/latency-histogram.js'
import type { SoakEnd } from '../../src/contract/soak.js'

const monthMs = 30 * 24 * 3_600_000

test('a soak of any length, however finely it is to be looked at, has a bounded number of intervals and rests', () => {
  const asked = fc.record({
    forMs: fc.integer({ min: 500, max: monthMs }),
    intervalMs: fc.option(fc.integer({ min: 1, max: monthMs }), { nil: undefined }),
    warmupMs: fc.option(fc.integer({ min: 0, max: monthMs }), { nil: undefined }),
  })
  fc.assert(
    fc.property(asked, (given) => {
      const { intervalMs, roundMs, warmupMs } = soakShape(given)
      // One more for what is left over.
      expect((given.forMs + warmupMs) / intervalMs).toBeLessThanOrEqual(intervalsMax + 1e-6)
      expect(given.forMs / roundMs).toBeLessThanOrEqual(restsMax + 1e-6)
      expect(given.forMs / roundMs).toBeGreaterThanOrEqual(4 - 1e-6)
    }),
  )
})

test('what an interval says of latency has a size that no load can exceed', () => {
  const counts = new LatencyCounts()
  // Every slot with another large count: nothing of it can be packed.
  for (let slot = 0; slot < counts.slots.length; slot++)
    counts.slots[slot] = 1 + ((Math.imul(slot, 2_654_435_761) >>> 0) % 2 ** 31)
  expect(encodeHdr(hdrOf(counts.slots)).length).toBeLessThan(256 * 1024)
})

test('a line that was cut by a power loss does not take the next one with it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seamproof-record-'))
  const end = (part: number): SoakEnd => ({
    type: 'end',
    at: '',
    elapsedMs: 0,
    part,
    reason: 'done',
    text: '',
    exitCode: 0,
    signal: null,
  })
  const append = (part: number) => {
    const record = new SoakRecord(folder)
    record.append(end(part))
    record.close()
  }
  append(1)
  appendFileSync(join(folder, soakSeriesFile), '{"type":"interval","at"')
  append(2)
  expect(readSoakSeries(folder).map(({ part }) => part)).toEqual([1, 2])
  expect(readFileSync(join(folder, soakSeriesFile), 'utf8')).not.toContain('\n\n')
  rmSync(folder, { recursive: true })
})
