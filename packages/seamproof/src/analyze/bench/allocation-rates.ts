import type { TraceSymbols } from '../../contract/symbols.js'
import { KindCode } from '../../trace/trace-format.js'
import { FrameSet } from '../frame-set.js'
import { GroupTable } from '../group-table.js'
import type { TraceSource } from '../trace-source.js'

/** Allocations per operation of one workload, one value for each measured round. */
export interface AllocationRates {
  workload: string
  /** With a frame of the subject around them. */
  subjectCounts: number[]
  subjectBytes: number[]
}

interface Totals {
  subjectCount: number
  subjectBytes: number
}

/** What was allocated between the beginning and the end of each round, from a capture in `aggregate` mode. */
export function allocationRates(
  source: TraceSource,
  symbols: TraceSymbols,
  operationsPerRound: number,
): AllocationRates[] {
  const { meta } = source
  const groups = new GroupTable(meta, new FrameSet(symbols, meta.locations))
  const reader = new RateReader(groups, operationsPerRound)
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
  readonly #operations: number
  /** Of each stack and kind, what was counted so far: snapshots give totals. */
  readonly #known = new Map<number, { count: number; bytes: number; isSubject: boolean }>()
  readonly #totals: Totals = { subjectCount: 0, subjectBytes: 0 }
  #atBegin: Totals | undefined

  constructor(groups: GroupTable, operations: number) {
    this.#groups = groups
    this.#operations = Math.max(1, operations)
  }

  add(stack: number, kind: number, count: number, bytes: number): void {
    // Blocks of the heap only: mappings and descriptors are no allocations on a hot path.
    if (kind > KindCode.aligned) return
    const key = stack * 8 + kind
    let known = this.#known.get(key)
    if (known === undefined) {
      const group = this.#groups.groups[this.#groups.groupOf(stack, kind)]!
      known = { count: 0, bytes: 0, isSubject: group.attribution === 'subject' }
      this.#known.set(key, known)
    }
    const totals = this.#totals
    if (known.isSubject) {
      totals.subjectCount += count - known.count
      totals.subjectBytes += bytes - known.bytes
    }
    known.count = count
    known.bytes = bytes
  }

  begin(): void {
    this.#atBegin = { ...this.#totals }
  }

  end(workload: string): void {
    const before = this.#atBegin
    if (before === undefined) return
    let rates = this.rates.find((one) => one.workload === workload)
    if (rates === undefined) {
      rates = { workload, subjectCounts: [], subjectBytes: [] }
      this.rates.push(rates)
    }
    const now = this.#totals
    rates.subjectCounts.push((now.subjectCount - before.subjectCount) / this.#operations)
    rates.subjectBytes.push((now.subjectBytes - before.subjectBytes) / this.#operations)
    this.#atBegin = undefined
  }
}
