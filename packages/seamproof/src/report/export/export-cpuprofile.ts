/** V8's own format, for Chrome's DevTools and VS Code: one thread, native frames among the JavaScript. */
import type { CpuProfile } from '../../contract/cpu-profile.js'
import type { Frame } from '../../contract/frame.js'
import { frameName } from '../frame-text.js'
import { samplesByThread } from '../profile/sample-order.js'

interface Node {
  id: number
  callFrame: {
    functionName: string
    scriptId: string
    url: string
    lineNumber: number
    columnNumber: number
  }
  hitCount: number
  children: number[]
}

/** Samples further apart than so many of their weights had something else between them. */
const gapWeights = 1.5

export function exportCpuprofile(profile: CpuProfile): string {
  const thread = shownThread(profile)
  const nodes = new NodeTable(profile)
  const samples: number[] = []
  const times: number[] = []
  const at = (node: number, timeNs: number) => {
    nodes.all[node - 1]!.hitCount++
    samples.push(node)
    times.push(Math.round(timeNs / 1000))
  }
  const isCpuClock = profile.clock === 'cpu'
  let endNs = 0
  for (const { timeNs, cost, ns } of samplesByThread(profile)[thread] ?? []) {
    // The format has no weights: a sample lasts until the next one. Where only CPU time was sampled, what lies between is idle.
    if (isCpuClock && samples.length > 0 && timeNs - endNs > (gapWeights - 1) * ns)
      at(nodes.idle, endNs)
    at(nodes.ofCost(cost), timeNs)
    endNs = Math.max(endNs, timeNs + ns)
  }
  const endTime = Math.round(Math.max(endNs, times.at(-1) ?? 0) / 1000)
  const file = {
    nodes: nodes.all.map(({ children, ...node }) =>
      children.length > 0 ? { ...node, children } : node,
    ),
    startTime: 0,
    endTime,
    samples,
    timeDeltas: times.map((time, index) => time - (times[index - 1] ?? 0)),
  }
  return `${JSON.stringify(file)}\n`
}

/** The main thread, where it was sampled; else the busiest. */
function shownThread({ threads }: CpuProfile): number {
  const main = threads.findIndex(({ role, sampleCount }) => role === 'main' && sampleCount > 0)
  if (main !== -1) return main
  const counts = threads.map(({ sampleCount }) => sampleCount)
  return Math.max(0, counts.indexOf(Math.max(...counts)))
}

class NodeTable {
  readonly all: Node[] = []
  readonly #profile: CpuProfile
  readonly #root: number
  readonly #ids = new Map<number, number>([[0, 1]])
  #idle = 0
  #gc = 0

  constructor(profile: CpuProfile) {
    this.#profile = profile
    this.#root = this.#add(undefined, pseudoFrame('(root)'))
  }

  get idle(): number {
    this.#idle ||= this.#add(this.#root, pseudoFrame('(idle)'))
    return this.#idle
  }

  ofCost(index: number): number {
    const { state, treeIndex } = this.#profile.costs[index]!
    if (state === 'idle' || state === 'runnable') return this.idle
    if (state === 'gc') {
      this.#gc ||= this.#add(this.#root, pseudoFrame('(garbage collector)'))
      return this.#gc
    }
    return this.#ofTree(treeIndex)
  }

  #ofTree(treeIndex: number): number {
    const { frames, tree } = this.#profile
    const path: number[] = []
    let at = treeIndex
    while (!this.#ids.has(at)) {
      path.push(at)
      at = tree.parentIndex[at]!
    }
    let id = this.#ids.get(at)!
    for (const node of path.reverse()) {
      id = this.#add(id, callFrame(frames[tree.frameIndex[node]!]!))
      this.#ids.set(node, id)
    }
    return id
  }

  #add(parent: number | undefined, frame: Node['callFrame']): number {
    const id = this.all.push({
      id: this.all.length + 1,
      callFrame: frame,
      hitCount: 0,
      children: [],
    })
    if (parent !== undefined) this.all[parent - 1]!.children.push(id)
    return id
  }
}

const pseudoFrame = (functionName: string): Node['callFrame'] => ({
  functionName,
  scriptId: '0',
  url: '',
  lineNumber: -1,
  columnNumber: -1,
})

/** Lines and columns count from 0 there, and files are URLs. */
function callFrame(frame: Frame): Node['callFrame'] {
  const isPath = frame.file?.startsWith('/') ?? false
  const url = isPath
    ? `file://${encodeURI(frame.file!).replace(/[?#]/g, encodeURIComponent)}`
    : (frame.file ?? '')
  return {
    functionName: frameName(frame),
    scriptId: '0',
    // Without a script the readers take a frame for V8's own: the module says whose it is.
    url: url === '' && frame.modulePath !== undefined ? `native://${frame.moduleName}` : url,
    lineNumber: (frame.line ?? 0) - 1,
    columnNumber: (frame.column ?? 0) - 1,
  }
}
