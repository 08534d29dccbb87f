/** The machine's floor: an empty operation on schedule, a share of the time. Usage: node run-floor.js PLAN.json, with a channel. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Ticker } from '@seamproof/agent/ticker'
import { encodeHdr, figuresOf, hdrOf } from './latency-histogram.js'
import { runOpenLoop } from './open-loop.js'
import { takeRealtime } from './realtime.js'
import type { FloorMessage, FloorPlan } from './soak-plan.js'

const plan = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as FloorPlan
const { loadTicker } = createRequire(import.meta.url)('@seamproof/agent/ticker') as {
  loadTicker(library: string): Ticker
}
const ticker = loadTicker(plan.library)
const scheduling = takeRealtime(ticker, plan.realtimePriority)

process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {})

// Code that is not yet compiled is no part of the machine's floor.
await measure()
for (;;) {
  const startedMs = performance.now()
  const { latency, runQueueWaitShare } = await measure()
  const message: FloorMessage = {
    latency: figuresOf(latency),
    latencyHdr: encodeHdr(hdrOf(latency.slots)),
    runQueueWaitShare,
    scheduling,
  }
  process.send?.(message)
  const leftMs = plan.everyMs - (performance.now() - startedMs)
  await new Promise((resolve) => setTimeout(resolve, Math.max(1, leftMs)))
}

function measure() {
  return runOpenLoop(() => undefined, {
    ratePerS: plan.ratePerS,
    periodUs: plan.periodUs,
    forMs: plan.activeMs,
    ticker,
  })
}
