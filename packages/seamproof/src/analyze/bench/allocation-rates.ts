import type { TraceSymbols } from '../../contract/symbols.js'
import { KindCode } from '../../trace/trace-format.js'
import { FrameSet } from '../frame-set.js'
import { GroupTable, type StackGroup } from '../group-table.js'
import type { TraceSource } from '../trace-source.js'

/** Allocations per operation of one workload, one value for each measured round. */
export interface AllocationRates {
  workload: string
  /** With a frame of the subject around them. */
  subjectCounts: number[]
  subjectBytes: number[]
  /** Of these, what functions of the subject ask for themselves; what Node allocates on their behalf is none of it. */
  functions: AllocatingFunction[]
}

export interface AllocatingFunction {
  functionName: string
  /** One value for each measured round, like those above. */
  counts: number[]
  bytesEach: number
}

interface Totals {
  subjectCount: number
  subjectBytes: number
  /** By function, counts and bytes. */
  functions: Map<string, { count: number; bytes: number }>
}

/** What was allocated between the beginning and the end of each round, from a capture in `aggregate` mode. */
export function allocationRates(
  source: TraceSource,
  symbols: TraceSymbols,
  operationsPerRound: number,
): AllocationRates[] {
  const { meta } = source
  const frames = new FrameSet(symbols, meta.locations)
  const reader = new RateReader(new GroupTable(meta, frames), frames, operationsPerRound)
  const markOfSeq = new Map(meta.marks.map((mark) => [mark.seq, mark]))
  let seq = 0
  source.visitSnapshots({
    begin: (snapshot) => {
      seq = snapshot.seq
    },
    stack: ({ stack, kind, allocatedCount, allocatedBytes }) =>
      reader.add(stack, kind, allocatedCount, allocatedBytes),
    end: () => {
      const mark = markOfSeq.get(seq)
      if (mark?.kind === 'round-begin') reader.begin()
      if (mark?.kind === 'round-end') reader.end(mark.name)
    },
  })
  return reader.rates
}

class RateReader {
  readonly rates: AllocationRates[] = []
  readonly #groups: GroupTable
  readonly #frames: FrameSet
  readonly #operations: number
  /** Of each stack and kind, what was counted so far: snapshots give totals. */
  readonly #known = new Map<
    number,
    { count: number; bytes: number; isSubject: boolean; functionName: string | undefined }
  >()
  readonly #totals: Totals = { subjectCount: 0, subjectBytes: 0, functions: new Map() }
  #atBegin: Totals | undefined

  constructor(groups: GroupTable, frames: FrameSet, operations: number) {
    this.#groups = groups
    this.#frames = frames
    this.#operations = Math.max(1, operations)
  }

  add(stack: number, kind: number, count: number, bytes: number): void {
    // Blocks of the heap only: mappings and descriptors are no allocations on a hot path.
    if (kind > KindCode.aligned) return
    const key = stack * 8 + kind
    let known = this.#known.get(key)
    if (known === undefined) {
      const group = this.#groups.groups[this.#groups.groupOf(stack, kind)]!
      const isSubject = group.attribution === 'subject'
      const functionName = isSubject ? this.#askedBy(group) : undefined
      known = { count: 0, bytes: 0, isSubject, functionName }
      this.#known.set(key, known)
    }
    const totals = this.#totals
    if (known.isSubject) {
      totals.subjectCount += count - known.count
      totals.subjectBytes += bytes - known.bytes
    }
    if (known.functionName !== undefined) {
      const own = totals.functions.get(known.functionName) ?? { count: 0, bytes: 0 }
      totals.functions.set(known.functionName, {
        count: own.count + count - known.count,
        bytes: own.bytes + bytes - known.bytes,
      })
    }
    known.count = count
    known.bytes = bytes
  }

  /** The function that called malloc, when it is the subject's. */
  #askedBy({ frameIndexes }: StackGroup): string | undefined {
    const frame = frameIndexes
      .map((index) => this.#frames.frames[index]!)
      .find(({ origin }) => origin !== 'system')
    return frame?.origin === 'subject' ? frame.functionName : undefined
  }

  begin(): void {
    this.#atBegin = { ...this.#totals, functions: new Map(this.#totals.functions) }
  }

  end(workload: string): void {
    const before = this.#atBegin
    if (before === undefined) return
    let rates = this.rates.find((one) => one.workload === workload)
    if (rates === undefined) {
      rates = { workload, subjectCounts: [], subjectBytes: [], functions: [] }
      this.rates.push(rates)
    }
    const now = this.#totals
    rates.subjectCounts.push((now.subjectCount - before.subjectCount) / this.#operations)
    rates.subjectBytes.push((now.subjectBytes - before.subjectBytes) / this.#operations)
    this.#endFunctions(rates, before)
    this.#atBegin = undefined
  }

  #endFunctions(rates: AllocationRates, before: Totals): void {
    const roundCount = rates.subjectCounts.length
    for (const [functionName, total] of this.#totals.functions) {
      const old = before.functions.get(functionName) ?? { count: 0, bytes: 0 }
      const count = total.count - old.count
      let own = rates.functions.find((one) => one.functionName === functionName)
      if (own === undefined) {
        if (count === 0) continue
        own = { functionName, counts: new Array<number>(roundCount - 1).fill(0), bytesEach: 0 }
        rates.functions.push(own)
      }
      own.counts.push(count / this.#operations)
      if (count > 0) own.bytesEach = Math.round((total.bytes - old.bytes) / count)
    }
  }
}
