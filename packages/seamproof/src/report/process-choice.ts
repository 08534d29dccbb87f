import type { CaptureFacts, ProcessFacts } from '../contract/facts.js'
import type { Verdicts } from '../contract/verdict.js'

/** Index of the process a reader most likely means: where a leak was found, else the one that did most. */
export function mainProcessIndex(facts: CaptureFacts, verdicts?: Verdicts): number {
  const leaking = new Map<string, number>()
  for (const leak of verdicts?.leaks ?? [])
    if (leak.status === 'fail' && leak.partOf === undefined)
      leaking.set(leak.traceFile, (leaking.get(leak.traceFile) ?? 0) + 1)
  const rank = (process: ProcessFacts): [number, number] => [
    leaking.get(process.traceFile) ?? 0,
    process.totals.eventCount,
  ]
  let best = 0
  facts.processes.forEach((process, index) => {
    const chosen = facts.processes[best]
    if (chosen === undefined) return
    const [leaks, events] = rank(process)
    const [bestLeaks, bestEvents] = rank(chosen)
    if (leaks > bestLeaks || (leaks === bestLeaks && events > bestEvents)) best = index
  })
  return best
}

/** `node app.js (pid 4242)`: the arguments, shortened by the caller if need be. */
export function processLabel(process: ProcessFacts): string {
  const [program = process.executable, ...rest] = process.argv
  const name = program.slice(program.lastIndexOf('/') + 1)
  return `${[name, ...rest].join(' ')} (pid ${process.pid})`
}
