import type { DefectStack } from '../contract/finding.js'
import type { Frame } from '../contract/frame.js'
import type { Checkpoint } from '../contract/tool-report.js'

/** One line of a leak check: how much of one stack is lost at that moment. */
export interface LeakRecord {
  stack: DefectStack
  bytes: number
  blocks: number
  /** Nothing points to it; otherwise something still does, and only growth tells. */
  isLost: boolean
  offset: number
  log: string
  /**
   * The stack's addresses, by which the tool tells its records apart. Names do not: a function of JavaScript that moved to
   * another tier has its name still, and a record of its own.
   */
  addresses: string
}

export interface LeakOverRounds {
  stack: DefectStack
  isLost: boolean
  /** At the last check that has it. */
  bytes: number
  blocks: number
  /** The workload whose every round added to it. */
  workload?: string
  perOperation?: { bytes: number; blocks: number }
  rounds?: { blocks: number[]; operationsPerRound: number }
}

/** Less than this per operation is a container that grows now and then, or chance. */
const blocksPerOperationMin = 0.09

/**
 * Leak checks list everything again each time: what counts is what a group of stacks gained from one check to the next, in
 * every round. A group is the stack from the allocation out to the outermost of the subject's contiguous frames: further out
 * V8's call paths change.
 */
export function leaksOverRounds(
  records: readonly LeakRecord[],
  checkpoints: readonly Checkpoint[],
): LeakOverRounds[] {
  const groups = new Map<string, LeakRecord[]>()
  for (const record of records) {
    const key = groupKey(record.stack.frames)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [record])
    else group.push(record)
  }
  return [...groups.values()].map((group) => judgeGroup(group, checkpoints))
}

export function groupKey(frames: readonly Frame[]): string {
  const first = frames.findIndex(({ origin }) => origin === 'subject')
  let end = first
  while (end >= 0 && frames[end]?.origin === 'subject') end++
  const group = first === -1 ? frames : frames.slice(0, end)
  return group
    .map((frame) => `${frame.moduleName ?? ''}!${frame.functionName}:${frame.line ?? ''}`)
    .join(' < ')
}

function judgeGroup(
  group: readonly LeakRecord[],
  checkpoints: readonly Checkpoint[],
): LeakOverRounds {
  const totals = totalsByCheck(group, checkpoints)
  const result: LeakOverRounds = {
    stack: group[0]!.stack,
    // What something still pointed to between rounds is lost when all is taken down: a reference that nobody deletes.
    isLost: group.some(({ isLost }) => isLost),
    ...totals.at(-1)!,
  }
  const growth = steadyGrowth(totals, checkpoints) ?? rateAtEnd(result, checkpoints)
  return growth === undefined ? result : { ...result, ...growth }
}

/** From here on a number of blocks that fits the number of operations is no chance. */
const operationsToTell = 10
const rateTolerance = 0.03

/**
 * Seen only when all is taken down: as many blocks as a workload did operations (or twice, three times as many) were lost by
 * its operations. What is lost once, by the addon's start, is not.
 */
function rateAtEnd(
  { blocks, bytes, isLost }: LeakOverRounds,
  checkpoints: readonly Checkpoint[],
): Pick<LeakOverRounds, 'workload' | 'perOperation'> | undefined {
  if (!isLost) return undefined
  const done = new Map<string, number>()
  for (const { kind, workload, operationsDone } of checkpoints)
    if (kind === 'round') done.set(workload, operationsDone)
  const fits = [...done].filter(([, operations]) => {
    const rate = blocks / operations
    const whole = Math.max(1, Math.round(rate))
    return operations >= operationsToTell && Math.abs(rate - whole) <= rateTolerance * whole
  })
  const [first, ...others] = fits
  if (first === undefined) return undefined
  const [workload, operations] = first
  return {
    // Workloads of equal length cannot be told apart by a number.
    ...(others.length > 0 ? {} : { workload }),
    perOperation: { bytes: bytes / operations, blocks: blocks / operations },
  }
}

interface Total {
  bytes: number
  blocks: number
}

/**
 * Records belong to the check whose end is the first checkpoint behind them in their log. A check may list only what became
 * more, so what it leaves out stands as it was, address by address.
 */
function totalsByCheck(group: readonly LeakRecord[], checkpoints: readonly Checkpoint[]) {
  const behindLast = checkpoints.length
  const byCheck = new Map<number, Map<string, Total>>()
  for (const record of group) {
    const found = checkpointAfter(record, checkpoints)
    const index = found === -1 ? behindLast : found
    const check = byCheck.get(index) ?? new Map<string, Total>()
    byCheck.set(index, check)
    const key = `${record.log} ${record.addresses}`
    const total = check.get(key) ?? { bytes: 0, blocks: 0 }
    check.set(key, { bytes: total.bytes + record.bytes, blocks: total.blocks + record.blocks })
  }
  const standing = new Map<string, Total>()
  const totals: Total[] = []
  for (let index = 0; index <= behindLast; index++) {
    for (const [key, total] of byCheck.get(index) ?? []) standing.set(key, total)
    totals.push(sumOf([...standing.values()]))
  }
  return totals
}

function sumOf(totals: readonly Total[]): Total {
  return {
    bytes: totals.reduce((sum, { bytes }) => sum + bytes, 0),
    blocks: totals.reduce((sum, { blocks }) => sum + blocks, 0),
  }
}

/** The first checkpoint at which the log was longer than where this stands; -1 behind the last. */
export function checkpointAfter(
  { log, offset }: { log: string; offset: number },
  checkpoints: readonly Checkpoint[],
): number {
  return checkpoints.findIndex(({ logBytes }) => (logBytes[log] ?? 0) > offset)
}

/** A workload each of whose rounds added to the group, at a rate that is not chance. */
function steadyGrowth(
  totals: readonly Total[],
  checkpoints: readonly Checkpoint[],
): Pick<LeakOverRounds, 'workload' | 'perOperation' | 'rounds'> | undefined {
  for (const warm of checkpoints.keys()) {
    if (checkpoints[warm]!.kind !== 'warm') continue
    const gains: Total[] = []
    let before = totals[warm]!
    let at = warm + 1
    for (; checkpoints[at]?.kind === 'round'; at++) {
      const now = totals[at]!
      gains.push({ bytes: now.bytes - before.bytes, blocks: now.blocks - before.blocks })
      before = now
    }
    const { workload, operationsPerRound } = checkpoints[warm]!
    const needed = Math.max(1, blocksPerOperationMin * operationsPerRound)
    if (gains.length === 0 || gains.some(({ blocks }) => blocks < needed)) continue
    const operations = operationsPerRound * gains.length
    const sum = (pick: (gain: Total) => number) =>
      gains.reduce((total, gain) => total + pick(gain), 0)
    return {
      workload,
      perOperation: {
        bytes: sum(({ bytes }) => bytes) / operations,
        blocks: sum(({ blocks }) => blocks) / operations,
      },
      rounds: { blocks: gains.map(({ blocks }) => blocks), operationsPerRound },
    }
  }
  return undefined
}
