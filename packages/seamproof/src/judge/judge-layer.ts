import type { WorkloadRun } from '../contract/capture.js'
import type { CaptureFacts, ProcessFacts } from '../contract/facts.js'
import type {
  LayerFinding,
  LayerObjectKind,
  LayerObjectSeries,
  LayerSeverity,
  UnseenReason,
} from '../contract/layer.js'
import type { LayerKnown } from '../contract/layer-known.js'
import { layerRule } from '../contract/layer-rules/layer-rules.js'
import type { CheckVerdict } from '../contract/verdict.js'
import { knownAs } from './known-findings.js'

export interface LayerFilter {
  /** Rule ids, or beginnings of them: `SEAM-REF`. Empty: all. */
  rules?: readonly string[]
  /** Parts of addon paths. Empty: all. */
  addons?: readonly string[]
  /** Nothing below it is kept. */
  severity?: LayerSeverity
}

export interface JudgedFinding extends LayerFinding {
  /** Index into `CaptureFacts.processes`. */
  processIndex: number
  /** Set when it is no fault of the addon's. */
  known?: LayerKnown
  /** Of what piles up in rounds. */
  perOperation?: number
}

export interface LayerVerdicts {
  checks: CheckVerdict[]
  /** The most severe first. */
  findings: JudgedFinding[]
  /** Patterns that are known and meant so; they do not count. */
  suppressed: JudgedFinding[]
}

const severityOrder: LayerSeverity[] = ['error', 'warning', 'advice']

/** Objects of these kinds that grow in every round are a leak; wraps and buffers may be held by JavaScript. */
const pileUpRule: Partial<Record<LayerObjectKind, string>> = {
  reference: 'SEAM-REF-004',
  deferred: 'SEAM-PROMISE-002',
  'async work': 'SEAM-WORK-004',
  'thread-safe function': 'SEAM-TSFN-003',
  'async context': 'SEAM-ASYNC-002',
}

/** Seen while the process waits; whether it waited for ever is known at its end. */
const hangRules: ReadonlySet<string> = new Set(['SEAM-TSFN-006', 'SEAM-HOOK-004'])

/** Findings of the seam layer against the limit that there may be no error. */
export function judgeLayer(
  facts: CaptureFacts,
  filter: LayerFilter = {},
  workloads: readonly WorkloadRun[] = [],
): LayerVerdicts {
  const watched = facts.processes.filter((process) => process.layer !== undefined)
  const seen = facts.processes.flatMap((process, processIndex) =>
    findingsOf(process).map((finding) => recognised({ ...finding, processIndex }, process)),
  )
  const all = seen.filter((finding) => isKept(finding, filter)).sort(bySeverity)
  const findings = all.filter(({ known }) => known?.origin !== 'pattern')
  const suppressed = all.filter(({ known }) => known?.origin === 'pattern')
  const failed = workloads.find((workload) => workload.error !== undefined)
  const hiddenCount = seen.length - all.length
  const checks = [
    overall({ watched, findings, failed, filter, hiddenCount }),
    ...unseen(watched, filter),
  ]
  return { checks, findings, suppressed }
}

type ProcessFinding = Omit<JudgedFinding, 'processIndex'>

function findingsOf({ layer, end }: ProcessFacts): ProcessFinding[] {
  if (layer === undefined) return []
  // A process that came to its end by itself was kept alive by nothing.
  const ended = layer.findings.filter(({ ruleId }) => !hangRules.has(ruleId) || end !== 'closed')
  return [...ended, ...layer.objects.flatMap(pileUp)]
}

/** What is Node's own fault is nobody's error. */
function recognised(finding: JudgedFinding, process: ProcessFacts): JudgedFinding {
  const known = knownAs(finding, process)
  if (known === undefined) return finding
  return { ...finding, known, ...(known.origin === 'node' ? { severity: 'advice' as const } : {}) }
}

/** CPython's rule for reference leaks: every round adds at least one. */
function pileUp(series: LayerObjectSeries): ProcessFinding[] {
  const ruleId = pileUpRule[series.kind]
  const steps = series.liveCounts.slice(1).map((count, i) => count - series.liveCounts[i]!)
  if (ruleId === undefined || steps.length < 3 || steps.some((step) => step < 1)) return []
  const grown = steps.reduce((sum, step) => sum + step, 0)
  const perOperation = grown / steps.length / series.operationsPerRound
  return [
    {
      ruleId,
      // One for every operation, in every round, is no cache that fills up.
      severity: steps.every((step) => step >= series.operationsPerRound)
        ? 'error'
        : (layerRule(ruleId)?.severity ?? 'warning'),
      addonPath: series.addonPath,
      exportName: series.exportName,
      functionName: '',
      phase: 'callback',
      timeMs: 0,
      thread: 0,
      objectKind: series.kind,
      stacks: [{ role: 'created', frameIndexes: series.frameIndexes }],
      notes: [
        { name: 'workload', value: series.workload },
        { name: 'more each round', value: steps.join(' ') },
        { name: 'per operation', value: perOperation.toPrecision(3) },
      ],
      count: grown,
      workload: series.workload,
      perOperation,
    },
  ]
}

function isOfAddons(path: string, { addons = [] }: LayerFilter): boolean {
  return addons.length === 0 || addons.some((addon) => path.includes(addon))
}

function isKept(finding: LayerFinding, filter: LayerFilter): boolean {
  const { rules = [], severity } = filter
  return (
    (rules.length === 0 || rules.some((rule) => finding.ruleId.startsWith(rule))) &&
    isOfAddons(finding.addonPath, filter) &&
    severityOrder.indexOf(finding.severity) <= severityOrder.indexOf(severity ?? 'advice')
  )
}

function bySeverity(a: JudgedFinding, b: JudgedFinding): number {
  return (
    severityOrder.indexOf(a.severity) - severityOrder.indexOf(b.severity) ||
    a.ruleId.localeCompare(b.ruleId) ||
    b.count - a.count
  )
}

interface Seen {
  watched: readonly ProcessFacts[]
  findings: readonly JudgedFinding[]
  failed: WorkloadRun | undefined
  filter: LayerFilter
  hiddenCount: number
}

function overall({ watched, findings, failed, filter, hiddenCount }: Seen): CheckVerdict {
  const check = 'seam layer'
  const errors = findings.filter((finding) => finding.severity === 'error').length
  const warnings = findings.filter((finding) => finding.severity === 'warning').length
  const exports = watched
    .flatMap(({ layer }) => layer!.crossings)
    .filter(({ addonPath }) => isOfAddons(addonPath, filter)).length
  // A process that crashed has not told how often it called what.
  const called = exports === 0 ? '' : ` in ${count(exports, 'function')} of addons that were called`
  const wanted = filter.addons?.length
    ? `of an addon whose path contains ${filter.addons.map((one) => `"${one}"`).join(' or ')}`
    : 'that an addon made with Node-API'
  const hidden = hiddenCount === 0 ? '' : `; ${count(hiddenCount, 'finding')} not asked for`
  const evidence = `${count(errors, 'error')} and ${count(warnings, 'warning')}${called}${hidden}${beyondNodeApi(watched)}`
  if (errors > 0) return { check, status: 'fail', evidence }
  if (watched.length === 0)
    return {
      check,
      status: 'not-run',
      evidence,
      reason: 'the layer was active in no process: none was Node with SEAMPROOF_LAYER=1',
    }
  if (failed !== undefined)
    return { check, status: 'not-run', evidence, reason: `workload "${failed.name}" failed` }
  if (exports === 0 && findings.length === 0)
    return {
      check,
      status: 'not-run',
      evidence,
      reason: `no function ${wanted} was called`,
    }
  return { check, status: 'pass', evidence }
}

const unseenBecause: Record<Exclude<UnseenReason, 'v8'>, string> = {
  'no-call':
    'its initialisation made no Node-API call that the layer saw: it has the functions in a way that cannot be stood between, or uses none',
  table: 'it has its functions from a table in its env, of a kind that the layer does not know',
}

function unseenAddons(watched: readonly ProcessFacts[]): [string, UnseenReason][] {
  const all = watched.flatMap(({ layer }) => layer!.unseenAddons)
  return [...new Map(all.map(({ addonPath, reason }) => [addonPath, reason]))]
}

const fileName = (path: string) => path.slice(path.lastIndexOf('/') + 1)

/** An addon of Node-API whose calls the layer does not see: nothing is known of it. */
function unseen(watched: readonly ProcessFacts[], filter: LayerFilter): CheckVerdict[] {
  return unseenAddons(watched).flatMap(([path, reason]) => {
    if (reason === 'v8' || !isOfAddons(path, filter)) return []
    const check = `seam layer: ${fileName(path)}`
    return [{ check, status: 'not-run' as const, evidence: path, reason: unseenBecause[reason] }]
  })
}

/** Addons of V8's own interface are no fault of the check, and none of its subjects. */
function beyondNodeApi(watched: readonly ProcessFacts[]): string {
  const names = unseenAddons(watched).flatMap(([path, reason]) =>
    reason === 'v8' ? [fileName(path)] : [],
  )
  if (names.length === 0) return ''
  return `; ${names.join(', ')}: not seen, made with V8’s own interface instead of Node-API`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
