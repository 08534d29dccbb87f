import type { GrowthSubject, SoakFacts, SoakGrowth } from '../contract/soak-facts.js'
import type { SoakVerdicts } from '../contract/soak-verdict.js'
import type { CheckVerdict, Verdicts } from '../contract/verdict.js'
import type { LayerVerdicts } from './judge-layer.js'
import { defaultSoakLimits, type SoakLimits } from './soak-limits.js'

const growthChecks: GrowthSubject[] = ['native live', 'USS', 'V8 heap']
const resourceChecks: GrowthSubject[] = ['file descriptors', 'threads', 'handles', 'mappings']

/** The capture that the soak is too: which stacks grow between its rests, and what the seam layer saw. */
export interface SoakCaptureVerdicts {
  verdicts: Verdicts
  layer: LayerVerdicts
}

export function judgeSoak(
  facts: SoakFacts,
  capture?: SoakCaptureVerdicts,
  limits: SoakLimits = defaultSoakLimits,
): SoakVerdicts {
  return {
    formatVersion: 1,
    checks: [
      judgeEnd(facts, capture?.layer),
      judgeRate(facts, limits),
      ...growthChecks.map((what) => judgeGrowth(facts, what, limits)),
      ...resourceChecks.map((what) => judgeResource(facts, what, limits)),
      ...leakChecks(capture?.verdicts),
      // A subject without native exports has no seam to look at.
      ...(capture?.layer.checks.filter(({ status }) => status !== 'not-run') ?? []),
    ],
    grown: grownOf(facts, limits),
  }
}

function judgeEnd({ parts, head, load }: SoakFacts, layer?: LayerVerdicts): CheckVerdict {
  const check = 'load to the end'
  const last = parts.at(-1)
  const had = `${secondsText(load.loadMs)} of ${secondsText(head.forMs)} under load`
  if (last === undefined)
    return { check, status: 'not-run', reason: 'the record is empty', evidence: had }
  const troubled = parts.find(
    (part) => !['done', 'interrupted', 'cut off'].includes(part.endReason),
  )
  if (troubled !== undefined)
    return {
      check,
      status: 'fail',
      evidence: `${had}; after ${secondsText(troubled.endedMs)}: ${troubled.endText}${crashText(layer)}`,
    }
  const evidence =
    parts.length === 1 ? had : `${had}, in ${parts.length} parts with gaps between them`
  if (last.endReason === 'done') return { check, status: 'pass', evidence }
  return {
    check,
    status: 'inconclusive',
    reason: `${last.endText}: go on with --resume`,
    evidence,
  }
}

/** Where it was when it crashed, as the seam layer wrote it down with its last breath. */
function crashText(layer: LayerVerdicts | undefined): string {
  const crash = layer?.findings.find(({ ruleId }) => ruleId === 'SEAM-CRASH-001')
  if (crash === undefined) return ''
  const addon = crash.addonPath.slice(crash.addonPath.lastIndexOf('/') + 1)
  const of = addon === '' ? '' : ` of ${addon}`
  return crash.exportName === '' ? of && `, in code${of}` : `, in ${crash.exportName}()${of}`
}

function judgeRate({ load, head }: SoakFacts, limits: SoakLimits): CheckVerdict {
  const check = 'rate held'
  if (load.scheduledCount === 0)
    return { check, status: 'not-run', reason: 'no load was measured', evidence: 'no operation' }
  const evidence = `${load.completedCount} of ${load.scheduledCount} operations done at ${Math.round(load.achievedPerS)}/s of ${head.ratePerS}/s`
  return { check, status: load.heldShare >= limits.heldShareMin ? 'pass' : 'fail', evidence }
}

function judgeGrowth(facts: SoakFacts, what: GrowthSubject, limits: SoakLimits): CheckVerdict {
  const check = `memory growth: ${what}`
  const growth = facts.growth.find((one) => one.what === what)
  if (growth === undefined)
    return {
      check,
      status: 'not-run',
      reason: 'there are too few measurements for a line',
      evidence: 'no series',
    }
  const { ratio } = growth
  const evidence = `${percentText(ratio.value)} [${percentText(ratio.low)}, ${percentText(ratio.high)}] in ${secondsText(growth.overMs)}, ${growth.pointCount} measurements`
  const limit = percentText(limits.growthRatioMax)
  if (ratio.high <= limits.growthRatioMax) return { check, status: 'pass', evidence }
  if (ratio.low > limits.growthRatioMax)
    return { check, status: 'fail', evidence: `${evidence}; the limit is ${limit}` }
  return {
    check,
    status: 'inconclusive',
    reason: `the interval reaches over the limit of ${limit}: a longer soak can tell`,
    evidence,
  }
}

function judgeResource(facts: SoakFacts, what: GrowthSubject, limits: SoakLimits): CheckVerdict {
  const growth = facts.growth.find((one) => one.what === what)
  if (growth === undefined)
    return {
      check: what,
      status: 'not-run',
      reason: 'there are too few measurements for a line',
      evidence: 'no series',
    }
  const { value, low, high } = growth.growth
  const evidence = `${countText(value)} [${countText(low)}, ${countText(high)}] more than ${countText(growth.baseline)}`
  return { check: what, status: low >= limits.resourceGrowthMax ? 'fail' : 'pass', evidence }
}

/** Only those of the leaks: the other checks of the capture are made here from longer series. */
function leakChecks(leaks: Verdicts | undefined): CheckVerdict[] {
  if (leaks === undefined)
    return [
      {
        check: 'leaks',
        status: 'not-run',
        reason: 'the trace could not be read',
        evidence: 'no trace',
      },
    ]
  return leaks.checks.filter(({ check }) => check === 'leaks' || check.startsWith('leaks:'))
}

const sentences: Partial<Record<GrowthSubject, string>> = {
  'native live':
    'native memory is allocated and not freed: it is leaked, or kept for later without a limit',
  'V8 heap': 'JavaScript objects stay reachable: a heap snapshot shows what holds them',
  allocator:
    'memory is freed, and the allocator does not give it back: fragmentation, or a peak that was never trimmed',
  external: 'V8 accounts for more memory outside of its heap: array buffers and externals stay',
}

function grownOf({ growth }: SoakFacts, limits: SoakLimits): SoakVerdicts['grown'] {
  const live = growth.find((one) => one.what === 'native live')?.growth.value ?? 0
  return growth
    .filter((one) => sentences[one.what] !== undefined && isSpokenOf(one, live, limits))
    .sort((a, b) => b.growth.value - a.growth.value)
    .map((one) => ({ what: one.what, sentence: sentences[one.what]! }))
}

function isSpokenOf(one: SoakGrowth, liveGrowth: number, limits: SoakLimits): boolean {
  if (one.growth.low <= 0 || one.growth.value < limits.spokenBytesMin) return false
  if (one.baseline > 0 && one.ratio.value < limits.spokenRatioMin) return false
  return one.what !== 'allocator' || one.growth.value > liveGrowth * limits.overheadShareMax
}

const percentText = (ratio: number): string =>
  `${ratio > 0 ? '+' : ''}${(ratio * 100).toFixed(Math.abs(ratio) < 0.1 ? 2 : 1)} %`
const secondsText = (ms: number): string =>
  ms >= 120_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 1000).toFixed(1)} s`
const countText = (count: number): string => String(Math.round(count * 10) / 10)
