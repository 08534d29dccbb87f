/** What a stage of a validation judged itself, as rows of the verdict table. */
import type { Evidence, MeasurementList, StageCheck } from '../contract/measurement.js'
import type { SoakFacts } from '../contract/soak-facts.js'
import type { SoakVerdicts } from '../contract/soak-verdict.js'
import type { VerdictRow } from '../contract/validation.js'
import { defaultSoakLimits, type SoakLimits } from './soak-limits.js'

type Kind = Pick<StageCheck, 'part' | 'target' | 'metric' | 'detail'>

const growthPrefix = 'memory growth: '

/** The checks of a soak for `measurements.json`. */
export function soakStageChecks(
  { workloads }: SoakFacts,
  { checks }: SoakVerdicts,
  evidence: Evidence,
  limits: SoakLimits = defaultSoakLimits,
): StageCheck[] {
  const workload = workloads.length === 0 ? {} : { workload: workloads.join(' + ') }
  return checks.map((verdict) => ({
    verdict,
    ...kindOf(verdict.check, limits),
    ...workload,
    evidence,
  }))
}

function kindOf(check: string, limits: SoakLimits): Kind {
  const part = 'memory safety'
  if (check === 'rate held')
    return { part: 'performance', target: `>= ${percent(limits.heldShareMin)}`, metric: check }
  if (check.startsWith(growthPrefix))
    return {
      part,
      target: `<= ${percent(limits.growthRatioMax)}`,
      metric: 'memory growth',
      detail: check.slice(growthPrefix.length),
    }
  if (check === 'load to the end') return { part, target: 'no crash' }
  if (check === 'seam layer') return { part, target: 'no error' }
  return { part, target: check.startsWith('leaks') ? 'no leak' : 'no growth' }
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`

/** A target for the same number says it better, and by the limit that the user set: its row is enough. */
export function stageCheckRows(
  lists: readonly MeasurementList[],
  targeted: readonly VerdictRow[],
  componentOf: (workload: string) => string | undefined,
): VerdictRow[] {
  return lists
    .flatMap(({ checks = [] }) => checks)
    .filter((one) => !targeted.some((row) => saysTheSame(row, one)))
    .map(({ verdict, part, target, workload, evidence }) => ({
      component: (workload === undefined ? undefined : componentOf(workload)) ?? 'subject',
      part,
      name: `soak: ${verdict.check}`,
      target,
      level: 'error',
      status: verdict.status,
      ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
      evidence: verdict.evidence,
      links: [evidence],
    }))
}

function saysTheSame({ metric, measurement }: VerdictRow, check: StageCheck): boolean {
  return (
    check.metric !== undefined &&
    metric === check.metric &&
    measurement?.detail === check.detail &&
    measurement?.workload === check.workload
  )
}
