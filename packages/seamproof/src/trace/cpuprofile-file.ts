import { ExitCode, SeamproofError } from '../base/seamproof-error.js'

/** A V8 CPU profile as `node --cpu-prof`, the inspector and Chrome's DevTools save it, checked and in time order. */
export interface CpuprofileFile {
  nodes: CpuprofileNode[]
  /** Index into `nodes` of each sample, in time order. */
  sampleNode: number[]
  /** Microseconds from the start of the profile, in time order. */
  sampleUs: number[]
  durationUs: number
  /** Samples whose time lay before that of the sample before them: V8 writes some, they were sorted in. */
  outOfOrderCount: number
}

export interface CpuprofileNode {
  /** Index of the caller; -1 for the root. Parents do not always come first. */
  parent: number
  functionName: string
  url: string
  /** 1-based; absent where V8 has none (its own pseudo functions, natives). */
  line?: number
  column?: number
}

type Json = Record<string, unknown>

/** Whether a text is likely such a file: cheap, and only looks at the beginning. */
export const looksLikeCpuprofile = (text: string): boolean => /^\s*\{/.test(text.slice(0, 200))

export function parseCpuprofile(text: string, file: string): CpuprofileFile {
  const json = parseJson(text, file)
  if (!isObject(json)) throw unreadable(file, 'it holds no object')
  // What Chrome's performance panel saves, or a heap profile: often taken for one.
  if (Array.isArray(json.traceEvents))
    throw unreadable(file, 'it is a Chrome trace, not a CPU profile', 'node --cpu-prof app.js')
  if (isObject(json.head))
    throw unreadable(
      file,
      'it has the layout that V8 gave up in 2016, or is a heap profile',
      'node --cpu-prof app.js',
    )
  const nodes = readNodes(arrayOf(json, 'nodes', file), file)
  const ids = new Map(nodes.map(({ id }, index) => [id, index]))
  linkParents(nodes, ids, file)
  const samples = numbersOf(json, 'samples', file)
  const deltas = numbersOf(json, 'timeDeltas', file)
  if (deltas.length !== samples.length)
    throw unreadable(file, `it has ${samples.length} samples and ${deltas.length} timeDeltas`)
  const sampleNode = samples.map((id, index) => {
    const node = ids.get(id)
    if (node === undefined)
      throw unreadable(file, `samples[${index}] is node ${id}, which is not there`)
    return node
  })
  const span = Number(json.endTime) - Number(json.startTime)
  if (!Number.isFinite(span) || span < 0)
    throw unreadable(file, `it ends before it starts (${json.startTime} to ${json.endTime})`)
  return { nodes: nodes.map(({ node }) => node), ...inTimeOrder(sampleNode, deltas, span) }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw unreadable(file, `it is not whole JSON: ${(cause as Error).message}`)
  }
}

interface ReadNode {
  id: number
  children: number[]
  node: CpuprofileNode
}

function readNodes(list: unknown[], file: string): ReadNode[] {
  if (list.length === 0) throw unreadable(file, 'it has no nodes')
  return list.map((given, index) => {
    const call = isObject(given) ? given.callFrame : undefined
    if (!isObject(given) || !isObject(call) || typeof given.id !== 'number')
      throw unreadable(file, `nodes[${index}] has no id and callFrame`)
    if (typeof call.functionName !== 'string')
      throw unreadable(file, `nodes[${index}].callFrame has no functionName`)
    const children = given.children ?? []
    if (!Array.isArray(children) || !children.every((id) => typeof id === 'number'))
      throw unreadable(file, `nodes[${index}].children is not a list of ids`)
    const node: CpuprofileNode = {
      parent: -1,
      functionName: call.functionName,
      url: typeof call.url === 'string' ? call.url : '',
    }
    // In the file they count from 0, and -1 is none.
    if (typeof call.lineNumber === 'number' && call.lineNumber >= 0) node.line = call.lineNumber + 1
    if (typeof call.columnNumber === 'number' && call.columnNumber >= 0)
      node.column = call.columnNumber + 1
    return { id: given.id, children, node }
  })
}

function linkParents(nodes: ReadNode[], ids: ReadonlyMap<number, number>, file: string): void {
  if (ids.size !== nodes.length) throw unreadable(file, 'two nodes have the same id')
  nodes.forEach(({ children }, parent) => {
    for (const id of children) {
      const child = nodes[ids.get(id) ?? -1]
      if (child === undefined)
        throw unreadable(file, `nodes[${parent}] has a child ${id}, which is not there`)
      if (child.node.parent !== -1) throw unreadable(file, `node ${id} has two parents`)
      child.node.parent = parent
    }
  })
  const reached = new Uint8Array(nodes.length)
  for (let start = 0; start < nodes.length; start++) {
    let steps = 0
    for (let at = start; at !== -1 && reached[at] === 0; at = nodes[at]!.node.parent)
      if (++steps > nodes.length)
        throw unreadable(file, `node ${nodes[start]!.id} is its own caller`)
    for (let at = start; at !== -1 && reached[at] === 0; at = nodes[at]!.node.parent)
      reached[at] = 1
  }
}

function inTimeOrder(sampleNode: number[], deltas: number[], durationUs: number) {
  let now = 0
  const times = deltas.map((delta) => {
    now += delta
    return now
  })
  const outOfOrderCount = deltas.slice(1).filter((delta) => delta < 0).length
  const order = times.map((_, index) => index)
  if (outOfOrderCount > 0) order.sort((a, b) => times[a]! - times[b]! || a - b)
  const inside = (time: number) => Math.min(durationUs, Math.max(0, time))
  return {
    sampleNode: order.map((index) => sampleNode[index]!),
    sampleUs: order.map((index) => inside(times[index]!)),
    durationUs,
    outOfOrderCount,
  }
}

function arrayOf(json: Json, name: string, file: string): unknown[] {
  const list = json[name]
  if (Array.isArray(list)) return list
  throw unreadable(file, `it has no list "${name}"`)
}

function numbersOf(json: Json, name: string, file: string): number[] {
  const list = arrayOf(json, name, file)
  const at = list.findIndex((value) => typeof value !== 'number' || !Number.isFinite(value))
  if (at === -1) return list as number[]
  throw unreadable(file, `${name}[${at}] is ${JSON.stringify(list[at])}, not a number`)
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function unreadable(
  file: string,
  why: string,
  hint = 'make one: node --cpu-prof app.js',
): SeamproofError {
  return new SeamproofError('CPUPROFILE_UNREADABLE', `${file} is no CPU profile of V8: ${why}`, {
    exitCode: ExitCode.usage,
    hint,
  })
}
