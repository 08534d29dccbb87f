import type { Estimate } from '../contract/facts.js'
import type { Measurement, MeasurementList } from '../contract/measurement.js'
import type { GrowthSubject, SoakFacts, SoakGrowth } from '../contract/soak-facts.js'

/** A soak's facts as measurements, for targets. `seriesPath` and `capturePath` are relative to the run's folder. */
export function soakMeasurements(
  facts: SoakFacts,
  paths: { series: string; capture: string },
): MeasurementList {
  const { head, load, growth } = facts
  const reproduce = head.command.map(quoted).join(' ')
  const named = workloadOf(facts)
  const base = { ...named, evidence: { kind: 'series' as const, path: paths.series, reproduce } }
  const weakness = weaknessOf(facts)
  const all: Measurement[] = load.completedCount === 0 ? [] : [...loadOf(facts, base, weakness)]
  for (const one of growth)
    if (judgedGrowth.includes(one.what)) all.push(growthOf(one, base, weakness))
  return {
    formatVersion: 1,
    seamproofVersion: head.seamproofVersion,
    createdAt: head.createdAt,
    command: head.command,
    machine: head.machine,
    measurements: all,
    missing: missingOf(facts, named),
    notes: notesOf(facts),
  }
}

/** The others say why, and have no metric: V8 makes its young generation larger without a leak. */
const judgedGrowth: readonly GrowthSubject[] = ['native live', 'USS']

type Base = Pick<Measurement, 'workload' | 'evidence'>
type Weakness = { weakness?: string }

function* loadOf(facts: SoakFacts, base: Base, weakness: Weakness): Generator<Measurement> {
  const { load, latency, series, floor } = facts
  const intervals = series.p99Ns.length
  const histogram = { ...base, evidence: { ...base.evidence, kind: 'histogram' as const } }
  yield {
    ...base,
    ...weakness,
    metric: 'sustained throughput',
    unit: 'ops/s',
    estimate: {
      value: load.achievedPerS,
      low: Math.min(load.achievedPerS, load.intervalPerS.low),
      high: Math.max(load.achievedPerS, load.intervalPerS.high),
    },
    sampleCount: intervals,
  }
  yield {
    ...base,
    metric: 'rate held',
    unit: 'ratio',
    estimate: exactly(load.heldShare),
    sampleCount: load.scheduledCount,
  }
  const percentiles = [
    ['latency p50', latency.p50Ns],
    ['latency p90', latency.p90Ns],
    ['latency p99', latency.p99Ns],
    ['latency p99.9', latency.p999Ns],
    ['latency p99.99', latency.p9999Ns],
    ['latency max', latency.maxNs],
  ] as const
  for (const [metric, value] of percentiles)
    yield {
      ...histogram,
      ...weakness,
      metric,
      unit: 'ns',
      estimate: metric === 'latency p99' ? around(value, facts.typicalP99Ns) : exactly(value),
      sampleCount: latency.count,
    }
  if (floor !== undefined)
    yield {
      ...histogram,
      metric: 'latency floor p99',
      unit: 'ns',
      estimate: exactly(floor.latency.p99Ns),
      sampleCount: floor.latency.count,
    }
  yield {
    ...base,
    metric: 'run-queue wait',
    unit: 'ratio',
    estimate: exactly(facts.runQueueWaitShare),
    sampleCount: intervals,
  }
}

function growthOf(one: SoakGrowth, base: Base, weakness: Weakness): Measurement {
  return {
    ...base,
    ...weakness,
    metric: 'memory growth',
    unit: 'ratio',
    detail: one.what,
    estimate: one.ratio,
    sampleCount: one.pointCount,
  }
}

function weaknessOf({ parts, load, head }: SoakFacts): Weakness {
  const last = parts.at(-1)
  if (last !== undefined && last.endReason !== 'done')
    return { weakness: `the soak did not come to its end: ${last.endText}` }
  if (load.loadMs < head.forMs * 0.95)
    return {
      weakness: `only ${Math.round(load.loadMs / 1000)} s of ${head.forMs / 1000} s were under load`,
    }
  return {}
}

const workloadOf = ({ workloads }: SoakFacts): { workload?: string } =>
  workloads.length === 0 ? {} : { workload: workloads.join(' + ') }

function missingOf(
  { growth, load }: SoakFacts,
  named: { workload?: string },
): MeasurementList['missing'] {
  const missing: MeasurementList['missing'] = []
  if (load.completedCount === 0)
    for (const metric of ['sustained throughput', 'latency p99'])
      missing.push({ ...named, metric, reason: 'no load was measured' })
  for (const what of judgedGrowth)
    if (!growth.some((one) => one.what === what))
      missing.push({
        ...named,
        metric: 'memory growth',
        reason: `${what}: there are too few rests for a line`,
      })
  return missing
}

function notesOf({ parts, load }: SoakFacts): string[] {
  const notes = parts.map(
    (part) => `part ${part.part}: Node ${part.nodeVersion}, ${part.scheduling}, ${part.endText}`,
  )
  if (load.restCount > 0)
    notes.push(
      `the load was held ${load.restCount} times, ${Math.round(load.restMs)} ms in all, to measure the process at rest; latency does not count that time`,
    )
  return notes
}

const exactly = (value: number): Estimate => ({ value, low: value, high: value })

/** The spread of the intervals' percentiles around the one of all operations. */
const around = (value: number, { low, high }: Estimate): Estimate => ({
  value,
  low: Math.min(value, low),
  high: Math.max(value, high),
})

const quoted = (word: string): string =>
  /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
