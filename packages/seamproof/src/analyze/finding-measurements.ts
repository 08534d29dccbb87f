import type { FindingList, LeakSummary } from '../contract/finding.js'
import type { Evidence, Measurement, MissingMeasurement } from '../contract/measurement.js'

export interface FindingMeasurements {
  measurements: Measurement[]
  missing: MissingMeasurement[]
}

export interface FindingMeasurementOptions {
  /** Where findings.json is, relative to the run's folder. */
  path: string
  componentOf: (workload: string) => string | undefined
}

/** What the checkers counted, as numbers that a target can be set for: leaks per operation, findings, races. */
export function findingMeasurements(
  list: FindingList,
  { path, componentOf }: FindingMeasurementOptions,
): FindingMeasurements {
  const evidence = (reproduce: string): Evidence => ({ kind: 'findings', path, reproduce })
  const measurements: Measurement[] = []
  const missing: MissingMeasurement[] = []
  for (const summary of list.leaks) {
    const where = whereOf(summary, componentOf)
    const command = evidence(`seamproof check --with track ${summary.target}`)
    const growth = growthOf(summary)
    if (growth === undefined) {
      const reason = `no instrument counted what "${summary.workload}" leaves behind`
      missing.push({ metric: 'leaked bytes', ...where, reason })
      missing.push({ metric: 'leaked blocks', ...where, reason })
      continue
    }
    const exact = (value: number) => ({ value, low: value, high: value })
    const shared = { ...where, sampleCount: summary.instruments.length, evidence: command }
    measurements.push(
      { metric: 'leaked bytes', unit: 'B/op', estimate: exact(growth.bytes), ...shared },
      {
        metric: 'leaked blocks',
        unit: 'allocations/op',
        estimate: exact(growth.blocks),
        ...shared,
      },
    )
  }
  const ran = list.runs.filter(({ status }) => status === 'ran')
  const command = evidence('seamproof check')
  const isNew = list.findings.filter(
    ({ status, severity }) => status === 'new' && severity === 'error',
  )
  if (ran.length > 0) measurements.push(countOf('findings', isNew.length, ran.length, command))
  else missing.push({ metric: 'findings', reason: 'no checker ran' })
  const watchers = ran.filter(({ instrument }) => raceInstruments.has(instrument))
  if (watchers.length > 0)
    measurements.push(
      countOf(
        'races',
        isNew.filter(({ kind }) => kind === 'race' || kind === 'lock-order').length,
        watchers.length,
        evidence(watchers[0]!.reproduce),
      ),
    )
  else missing.push({ metric: 'races', reason: 'neither tsan nor helgrind ran' })
  return { measurements, missing }
}

const raceInstruments = new Set(['tsan', 'helgrind', 'drd'])

/** All that is not freed; where only LeakSanitizer or memcheck looked, what is lost. */
const growthOf = ({ growth, lost }: LeakSummary) => growth ?? lost

function whereOf(
  { workload }: LeakSummary,
  componentOf: (workload: string) => string | undefined,
): Pick<Measurement, 'workload' | 'component'> {
  const component = componentOf(workload)
  return { workload, ...(component === undefined ? {} : { component }) }
}

function countOf(metric: string, value: number, runs: number, evidence: Evidence): Measurement {
  return {
    metric,
    unit: 'count',
    estimate: { value, low: value, high: value },
    sampleCount: runs,
    evidence,
  }
}
