/** The parts of one validation, made on several machines, as one: the checks of all shards, and what one of them timed. */
import { ExitCode, SeamproofError } from './base/seamproof-error.js'
import type { FindingList } from './contract/finding.js'
import type { Evidence, MeasurementList } from './contract/measurement.js'
import type { Validation, ValidationStage } from './contract/validation.js'
import { mergeShards, type ReadingOptions } from './finding-list.js'
import { concludeValidation, type ValidationContext } from './pipeline-validation.js'

export interface ValidationPart {
  /** Its folder, relative to that of the merged report. */
  folder: string
  validation: Validation
}

const timedStages = ['bench', 'experiments', 'soak'] as const

export function mergeValidations(
  parts: readonly ValidationPart[],
  context: ValidationContext & { reading: ReadingOptions },
): Validation {
  assertOneSubject(parts)
  const timed = timedStages.map((name) => timedStageOf(parts, name))
  const findings = mergeShards(parts.map(findingsOf), context.reading).list
  // What was timed says on which machine; where nothing was, any of them will do.
  const source = timed.find(({ part }) => part !== undefined)?.part ?? parts[0]!
  const { subject, machine, kind } = source.validation
  return concludeValidation({
    ...context,
    subject,
    machine,
    kind,
    stages: [checkStageOf(parts), ...timed.map(({ stage }) => stage)],
    findings,
    lists: timed.flatMap(({ list }) => list ?? []),
  })
}

/** A table that mixes two versions, or two releases of Node, would be of nothing that exists. */
function assertOneSubject(parts: readonly ValidationPart[]): void {
  const identityOf = ({ validation: { subject, machine } }: ValidationPart) =>
    [
      [subject.name, subject.version].filter(Boolean).join(' '),
      subject.gitCommit === undefined ? 'no commit' : `commit ${subject.gitCommit}`,
      `Node ${machine.nodeVersion}`,
    ].join(', ')
  const [first] = parts
  const other = parts.find((part) => identityOf(part) !== identityOf(first!))
  if (other === undefined) return
  throw new SeamproofError(
    'PARTS_DIFFER',
    `these are parts of different validations: ${first!.folder} is of ${identityOf(first!)}; ${other.folder} is of ${identityOf(other)}`,
    { exitCode: ExitCode.usage, hint: 'merge the shards of one commit and one version of Node' },
  )
}

function findingsOf({ folder, validation: { findings } }: ValidationPart): FindingList {
  return {
    ...findings,
    runs: findings.runs.map((run) =>
      run.folder === '' ? run : { ...run, folder: `${folder}/check/${run.folder}` },
    ),
  }
}

/** What a missing shard would have checked is not run; the findings say so by themselves. */
function checkStageOf(parts: readonly ValidationPart[]): ValidationStage {
  const stages = parts.map(({ folder, validation }) => ({
    folder,
    stage: validation.stages.find(({ name }) => name === 'check'),
  }))
  const undone = stages.find(({ stage }) => stage?.status !== 'done')
  return {
    name: 'check',
    status: undone === undefined ? 'done' : 'failed',
    ...(undone === undefined
      ? {}
      : { reason: `${undone.folder}: ${undone.stage?.reason ?? 'it has none'}` }),
    wallMs: Math.max(...stages.map(({ stage }) => stage?.wallMs ?? 0)),
    folder: 'check',
  }
}

interface TimedStage {
  stage: ValidationStage
  part?: ValidationPart
  list?: MeasurementList
}

/** Of the first part that has it: numbers of two machines do not mix. */
function timedStageOf(
  parts: readonly ValidationPart[],
  name: (typeof timedStages)[number],
): TimedStage {
  const found = parts.map((part) => ({ part, ...stageWithList(part.validation, name) }))
  const best =
    found.find(({ stage }) => stage?.status === 'done') ??
    found.find(({ stage }) => stage?.status === 'failed')
  if (best?.stage === undefined) {
    const reason = 'no part has it: the first shard makes what is timed'
    return { stage: { name, status: 'skipped', reason, wallMs: 0, folder: name } }
  }
  const { part, stage, list } = best
  return {
    part,
    stage: { ...stage, folder: `${part.folder}/${stage.folder}` },
    ...(list === undefined ? {} : { list: inPart(list, part.folder) }),
  }
}

/** The list of each stage that is done follows that of the checks, in their order. */
function stageWithList({ stages, measurements }: Validation, name: ValidationStage['name']) {
  const done = stages.filter((stage) => stage.name !== 'check' && stage.status === 'done')
  const stage = stages.find((one) => one.name === name)
  const index = stage === undefined ? -1 : done.indexOf(stage)
  return { stage, list: index === -1 ? undefined : measurements[1 + index] }
}

function inPart(list: MeasurementList, folder: string): MeasurementList {
  const moved = <One extends { evidence: Evidence }>(one: One): One => ({
    ...one,
    evidence: { ...one.evidence, path: `${folder}/${one.evidence.path}` },
  })
  return {
    ...list,
    measurements: list.measurements.map(moved),
    ...(list.checks && { checks: list.checks.map(moved) }),
  }
}
