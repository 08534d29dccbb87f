/** Everything on one subject, in order: each stage leaves its file, so that a validation that was cut short goes on from there. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { benchLatencyBodies, benchSampleBodies, soakBodies } from './analyze/evidence-bodies.js'
import { estimateText, ratioText } from './base/quantity-text.js'
import { SeamproofError } from './base/seamproof-error.js'
import { seamproofVersion } from './base/seamproof-version.js'
import { writeWholeFile } from './base/whole-file.js'
import { machineFacts } from './capture/machine-facts.js'
import type { ExperimentResult, PredictedGain } from './contract/comparison.js'
import type { FindingList } from './contract/finding.js'
import type { Evidence, MachineFacts, MeasurementList, StageCheck } from './contract/measurement.js'
import type { SoakInterval } from './contract/soak.js'
import type { Target } from './contract/target.js'
import type { EvidenceBody, Validation, ValidationStage } from './contract/validation.js'
import { concludeValidation, emptyFindings } from './pipeline-validation.js'

export type StageName = ValidationStage['name']

/** What a stage does; what it gives back is what its file holds. */
export interface StageWork<Result> {
  name: StageName
  /** In the stage's folder. */
  file: string
  /** Goes on by itself with what it left; the others begin with an empty folder. */
  isResumable?: true
  run(folder: string, before: readonly MeasurementList[]): Promise<Result>
}

export interface ValidatePlan {
  folder: string
  kind: Validation['kind']
  nodePath: string
  subject: Validation['subject']
  components: Readonly<Record<string, { workloads: readonly string[] }>>
  targets: readonly Target[]
  baseline: MeasurementList | undefined
  /** Stages that are left out, and why. */
  skip: ReadonlyMap<StageName, string>
  check: StageWork<FindingList>
  /** In the order in which they run: none beside another, since they measure time. */
  measuring: readonly StageWork<MeasurementList>[]
  onStage?: (name: StageName, text: string) => void
}

const stageFile = 'stage.json'

export async function validate(plan: ValidatePlan): Promise<Validation> {
  const machine = machineFacts(plan.nodePath)
  const stages: ValidationStage[] = []
  const findings = (await runStage(plan, plan.check, stages, [])) ?? emptyFindings()
  const lists: MeasurementList[] = []
  for (const work of plan.measuring) {
    const list = await runStage(plan, work, stages, lists)
    if (list !== undefined) lists.push(inFolder(list, work.name))
  }
  return concludeValidation({ ...plan, machine, stages, findings, lists })
}

/** Made before: read. Skipped or failed: said so, and nothing of it counts. */
async function runStage<Result>(
  plan: ValidatePlan,
  work: StageWork<Result>,
  stages: ValidationStage[],
  before: readonly MeasurementList[],
): Promise<Result | undefined> {
  const { name } = work
  const folder = join(plan.folder, name)
  const skipReason = plan.skip.get(name)
  if (skipReason !== undefined) {
    stages.push({ name, status: 'skipped', reason: skipReason, wallMs: 0, folder: name })
    return undefined
  }
  const made = madeBefore<Result>(folder, work.file)
  if (made !== undefined) {
    plan.onStage?.(name, 'made before')
    stages.push(made.stage)
    return made.result
  }
  if (!work.isResumable) rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  plan.onStage?.(name, 'begins')
  const startedMs = performance.now()
  const ended = (stage: Pick<ValidationStage, 'status' | 'reason'>): ValidationStage => ({
    name,
    wallMs: Math.round(performance.now() - startedMs),
    folder: name,
    ...stage,
  })
  try {
    const result = await work.run(folder, before)
    const stage = ended({ status: 'done' })
    writeWholeFile(join(folder, work.file), `${JSON.stringify(result)}\n`)
    writeWholeFile(join(folder, stageFile), `${JSON.stringify(stage)}\n`)
    stages.push(stage)
    return result
  } catch (thrown) {
    stages.push(ended({ status: 'failed', reason: reasonOf(thrown) }))
    plan.onStage?.(name, `failed: ${reasonOf(thrown)}`)
    return undefined
  }
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof SeamproofError)
    return `${thrown.message}${thrown.hint === undefined ? '' : `; ${thrown.hint}`}`
  return `a bug in Seamproof: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`
}

function madeBefore<Result>(
  folder: string,
  file: string,
): { stage: ValidationStage; result: Result } | undefined {
  if (!existsSync(join(folder, stageFile))) return undefined
  try {
    const stage = JSON.parse(readFileSync(join(folder, stageFile), 'utf8')) as ValidationStage
    const result = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Result
    return stage.status === 'done' ? { stage, result } : undefined
  } catch {
    // Cut short while it was written: the stage is made again.
    return undefined
  }
}

/** The gains of all flags as one list; what each was predicted to bring is told beside it. */
export function experimentList(
  results: readonly { flag: string; result: ExperimentResult }[],
  machine: MachineFacts,
): MeasurementList {
  return {
    formatVersion: 1,
    seamproofVersion,
    createdAt: new Date().toISOString(),
    command: ['seamproof', 'experiment'],
    machine,
    measurements: results.flatMap(({ flag, result }) =>
      result.measurements.map((one) => ({
        ...one,
        evidence: { ...one.evidence, path: `${flag}/${one.evidence.path}` },
      })),
    ),
    missing: results.flatMap(({ result }) => result.missing),
    notes: results.flatMap(({ flag, result }) => [
      ...result.notes,
      ...result.predicted.map((predicted) => predictionNote(flag, predicted, result)),
    ]),
  }
}

/** `flag batch, "set a cell": predicted 2.3× (4 calls …), measured 2.1×`: a prediction is worth what it is held against. */
function predictionNote(
  flag: string,
  { metric, workload, ratio, basis }: PredictedGain,
  { measurements }: ExperimentResult,
): string {
  const measured = measurements.find((one) => one.metric === metric && one.workload === workload)
  const where = workload === undefined ? '' : `, "${workload}"`
  const beside =
    measured === undefined
      ? 'not measured'
      : `measured ${estimateText(measured.estimate, measured.unit, measured.sampleCount)}`
  return `flag ${flag}${where}: ${metric} predicted ${ratioText(ratio)} (${basis}), ${beside}`
}

/** Evidence of a stage lies in its folder. */
function inFolder(list: MeasurementList, name: StageName): MeasurementList {
  return {
    ...list,
    measurements: list.measurements.map((one) => ({
      ...one,
      evidence: { ...one.evidence, path: `${name}/${one.evidence.path}` },
    })),
    ...(list.checks && { checks: list.checks.map((one) => inStage(one, name)) }),
  }
}

const inStage = (check: StageCheck, name: StageName): StageCheck => ({
  ...check,
  evidence: { ...check.evidence, path: `${name}/${check.evidence.path}` },
})

/** What the rows' evidence holds, by its path. A file that is gone or is not understood is told by its path alone. */
export function evidenceBodies(
  folder: string,
  { rows }: Validation,
): Map<string, readonly EvidenceBody[]> {
  const bodies = new Map<string, readonly EvidenceBody[]>()
  for (const { path, kind } of rows.flatMap(({ links }) => links)) {
    if (bodies.has(path)) continue
    const found = bodiesOf(join(folder, path), kind)
    if (found !== undefined) bodies.set(path, found)
  }
  return bodies
}

function bodiesOf(path: string, kind: Evidence['kind']): EvidenceBody[] | undefined {
  try {
    if (path.endsWith('.jsonl')) return soakBodies(linesOf(path))
    if (!path.endsWith('.json') || kind === 'findings') return undefined
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (kind === 'histogram')
      return benchLatencyBodies(value as Parameters<typeof benchLatencyBodies>[0])
    if (kind === 'samples' && hasClosed(value)) return benchSampleBodies(value)
  } catch {
    // Evidence that cannot be drawn is still named.
  }
  return undefined
}

function linesOf(path: string): SoakInterval[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"interval"'))
    .map((line) => JSON.parse(line) as SoakInterval)
    .filter(({ type }) => type === 'interval')
}

const hasClosed = (value: unknown): value is Parameters<typeof benchSampleBodies>[0] =>
  typeof value === 'object' && value !== null && 'closed' in value
