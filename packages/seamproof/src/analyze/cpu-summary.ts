import { timeShare } from '../base/wilson-interval.js'
import type { CpuProfile, SampleState } from '../contract/cpu-profile.js'
import type { CpuFunction, CpuSummary } from '../contract/cpu-summary.js'
import type { Frame } from '../contract/frame.js'

/** The tables of a profile: what ran, by itself and with what it called. */
export function cpuSummary(profile: CpuProfile): CpuSummary {
  const states = new Map<SampleState, { ns: number; sampleCount: number }>()
  const functions = new FunctionTable(profile)
  let onCoreNs = 0
  let onCoreCount = 0
  for (const { treeIndex, state, ns, sampleCount } of profile.costs) {
    const total = states.get(state) ?? { ns: 0, sampleCount: 0 }
    total.ns += ns
    total.sampleCount += sampleCount
    states.set(state, total)
    if (state === 'idle' || state === 'runnable') continue
    onCoreNs += ns
    onCoreCount += sampleCount
    functions.add(treeIndex, ns, sampleCount)
  }
  const all = functions.all(onCoreNs, onCoreCount)
  return {
    onCoreNs,
    onCoreCount,
    states: [...states].map(([state, total]) => ({ state, ...total })).sort((a, b) => b.ns - a.ns),
    gcShare: timeShare(states.get('gc')?.ns ?? 0, onCoreNs, onCoreCount),
    bySelf: all.filter(({ selfNs }) => selfNs > 0).sort((a, b) => b.selfNs - a.selfNs),
    byTotal: all.slice().sort((a, b) => b.totalNs - a.totalNs),
  }
}

/** A function is one row whatever line of it was running; a stripped library is one, since its addresses are no functions. */
const functionKey = ({ functionName, kind, modulePath, file, isNamed }: Frame): string =>
  [isNamed ? functionName : '', kind, modulePath, file].join('\0')

class FunctionTable {
  readonly #profile: CpuProfile
  readonly #rows: Omit<CpuFunction, 'selfShare' | 'totalShare'>[] = []
  readonly #rowOfFrame: number[]
  /** The last cost that counted towards a row's total: recursion must not count twice. */
  readonly #seen: number[] = []
  #turn = 0

  constructor(profile: CpuProfile) {
    this.#profile = profile
    const rows = new Map<string, number>()
    this.#rowOfFrame = profile.frames.map((frame, index) => {
      const key = functionKey(frame)
      let row = rows.get(key)
      if (row === undefined) {
        row =
          this.#rows.push({ frame: index, selfNs: 0, totalNs: 0, selfCount: 0, totalCount: 0 }) - 1
        rows.set(key, row)
      }
      return row
    })
  }

  add(treeIndex: number, ns: number, sampleCount: number): void {
    const { parentIndex, frameIndex } = this.#profile.tree
    this.#turn++
    for (let at = treeIndex; at > 0; at = parentIndex[at]!) {
      const index = this.#rowOfFrame[frameIndex[at]!]!
      const row = this.#rows[index]!
      if (at === treeIndex) {
        row.selfNs += ns
        row.selfCount += sampleCount
      }
      if (this.#seen[index] === this.#turn) continue
      this.#seen[index] = this.#turn
      row.totalNs += ns
      row.totalCount += sampleCount
    }
  }

  all(allNs: number, allCount: number): CpuFunction[] {
    return this.#rows
      .filter(({ totalNs }) => totalNs > 0)
      .map((row) => ({
        ...row,
        selfShare: timeShare(row.selfNs, allNs, allCount),
        totalShare: timeShare(row.totalNs, allNs, allCount),
      }))
  }
}
