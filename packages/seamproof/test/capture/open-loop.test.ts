import { createRequire } from 'node:module'
import { agentLibrary } from '@seamproof/agent'
import type { Ticker } from '@seamproof/agent/ticker'
import { beforeAll, describe, expect, it } from 'vitest'
import type { LatencyCounts } from '../../src/capture/subject/latency-counts.js'
import { hdrOf } from '../../src/capture/subject/latency-histogram.js'
import { OpenLoop, runOpenLoop } from '../../src/capture/subject/open-loop.js'

let ticker: Ticker

beforeAll(async () => {
  const { path } = await agentLibrary()
  const { loadTicker } = createRequire(import.meta.url)(
    '@seamproof/agent/ticker',
  ) as typeof import('@seamproof/agent/ticker')
  ticker = loadTicker(path)
})

describe('the open loop', () => {
  it('starts as many operations as were due, and times each of them', async () => {
    let calls = 0
    const result = await runOpenLoop(() => void calls++, { ratePerS: 20_000, forMs: 500, ticker })
    // A machine that stalls at the very end makes the load a little longer.
    expect(result.scheduledCount).toBeGreaterThanOrEqual(10_000)
    expect(calls).toBe(result.completedCount)
    expect(calls).toBeGreaterThanOrEqual(10_000)
    expect(result.latency.total).toBe(result.scheduledCount)
    expect(result.service.total).toBe(calls)
  })

  it('counts a stall for every operation that had to wait, not for one', async () => {
    let calls = 0
    const stallOnce = () => {
      if (++calls === 1000) busyMs(50)
    }
    const result = await runOpenLoop(stallOnce, { ratePerS: 10_000, forMs: 500, ticker })
    // Of 5000 operations about 500 were due within the 50 ms: a closed loop would have seen one slow one.
    expect(percentileNs(result.latency, 95)).toBeGreaterThan(10e6)
    expect(result.latency.maxNs).toBeGreaterThanOrEqual(50e6)
    expect(percentileNs(result.service, 99)).toBeLessThan(percentileNs(result.latency, 99))
  })

  it('says what was not done at a rate that the operation cannot keep, with the wait so far', async () => {
    const result = await runOpenLoop(() => busyMs(2), { ratePerS: 2000, forMs: 400, ticker })
    expect(result.scheduledCount).toBeGreaterThanOrEqual(800)
    expect(result.completedCount).toBeLessThan(300)
    expect(result.latency.total).toBe(result.scheduledCount)
    expect(percentileNs(result.latency, 99)).toBeGreaterThan(100e6)
  })

  it('keeps asynchronous operations under way together, and times each to its own end', async () => {
    const wait = () => new Promise((resolve) => setTimeout(resolve, 20))
    const result = await runOpenLoop(wait, { ratePerS: 1000, forMs: 300, ticker })
    expect(result.completedCount).toBeGreaterThanOrEqual(300)
    expect(percentileNs(result.latency, 50)).toBeGreaterThan(15e6)
  })

  it('lets no more asynchronous operations be under way than it was told', async () => {
    let current = 0
    let most = 0
    const wait = async () => {
      most = Math.max(most, ++current)
      await new Promise((resolve) => setTimeout(resolve, 5))
      current--
    }
    await runOpenLoop(wait, { ratePerS: 5000, forMs: 200, ticker, inFlightMax: 3 })
    expect(most).toBe(3)
  })

  it('belongs a pause to no operation', async () => {
    const loop = new OpenLoop(() => undefined, { ratePerS: 5000, ticker })
    await loop.run(200)
    const { scheduledCount } = loop.counts
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(loop.counts.scheduledCount).toBe(scheduledCount)
    await loop.run(200)
    expect(loop.counts.scheduledCount - scheduledCount).toBeLessThan(1500)
    expect(percentileNs(loop.latency, 50)).toBeLessThan(200e6)
  })

  it('counts a stall at the end of a run for those that come after the pause', async () => {
    let calls = 0
    const stallLast = () => {
      if (++calls === 1000) busyMs(50)
    }
    const loop = new OpenLoop(stallLast, { ratePerS: 5000, ticker })
    await loop.run(200)
    await loop.run(200)
    expect(percentileNs(loop.latency, 95)).toBeGreaterThan(10e6)
  })

  it.each([
    [
      'thrown',
      () => {
        throw new Error('no more')
      },
    ],
    ['rejected', () => Promise.reject(new Error('no more'))],
  ])('ends with what an operation has %s', async (_, operation) => {
    await expect(runOpenLoop(operation, { ratePerS: 1000, forMs: 500, ticker })).rejects.toThrow(
      'no more',
    )
  })
})

function busyMs(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

const percentileNs = (counts: LatencyCounts, percentile: number): number =>
  hdrOf(counts.slots).getValueAtPercentile(percentile)
