import type { CpuProfile, SampleState } from '../contract/cpu-profile.js'
import type { Frame } from '../contract/frame.js'
import type { CpuprofileFile, CpuprofileNode } from '../trace/cpuprofile-file.js'
import type { JsFrames } from './js-frames.js'
import { ProfileBuilder } from './profile-builder.js'

/** What V8 calls time that it has no function for. */
const pseudoStates: Record<string, SampleState> = {
  '(garbage collector)': 'gc',
  '(idle)': 'idle',
  '(program)': 'native',
}

/** A profile of one thread's JavaScript: what runs below a native call is one frame, or `(program)`. */
export function profileFromCpuprofile(file: CpuprofileFile, jsFrames: JsFrames): CpuProfile {
  const builder = new ProfileBuilder()
  const thread = builder.thread({ tid: 0, name: 'main', role: 'main' })
  const stacks = stackReader(file, builder, jsFrames)
  const gc: CpuProfile['gc'] = []
  let running = 0
  file.sampleNode.forEach((node, index) => {
    const fromUs = file.sampleUs[index]!
    // V8 says when a sample was taken: what it saw then is taken to last until the next.
    const ns = Math.round(((file.sampleUs[index + 1] ?? file.durationUs) - fromUs) * 1000)
    const state = stateOf(file.nodes[node]!)
    const timeNs = fromUs * 1000
    // V8 gives collections no stack: they interrupted what ran before them.
    if (state !== 'gc') running = node
    builder.add({ stack: stacks(running), thread, state, ns, timeNs })
    const last = gc.at(-1)
    if (state !== 'gc') return
    if (last !== undefined && last.timeNs + last.durationNs === timeNs) last.durationNs += ns
    else gc.push({ timeNs, durationNs: ns, kind: 'unknown' })
  })
  const notes = [
    'V8 records its own thread only: native frames, other threads and the kernel are not in it.',
  ]
  if (file.outOfOrderCount > 0)
    notes.push(`${file.outOfOrderCount} samples were out of order and were sorted by time.`)
  return builder.build({
    source: 'cpuprofile',
    clock: 'wall',
    command: [],
    pid: 0,
    durationNs: file.durationUs * 1000,
    periodNs: medianPeriodNs(file),
    losses: {
      droppedCount: 0,
      truncatedCount: 0,
      rootlessCount: 0,
      notes: [...notes, ...jsFrames.notes],
    },
    gc,
  })
}

/** Stacks by node, each made once. V8's own `(root)` is the tree's. */
function stackReader(file: CpuprofileFile, builder: ProfileBuilder, jsFrames: JsFrames) {
  const known = new Map<number, number[]>()
  return (node: number): number[] => {
    const path: number[] = []
    let at = node
    while (at !== -1 && !known.has(at)) {
      path.push(at)
      at = file.nodes[at]!.parent
    }
    let stack = at === -1 ? [] : known.get(at)!
    for (const step of path.reverse()) {
      const one = file.nodes[step]!
      const pseudo = one.url === '' ? pseudoStates[one.functionName] : undefined
      if (one.parent !== -1 && pseudo !== 'idle' && pseudo !== 'gc') {
        const key = `${one.functionName}\n${one.url}\n${one.line}\n${one.column}`
        stack = [...stack, builder.frame(key, () => frameOf(one, jsFrames))]
      }
      known.set(step, stack)
    }
    return stack
  }
}

function frameOf({ functionName, url, line, column }: CpuprofileNode, jsFrames: JsFrames): Frame {
  if (url === '') {
    // `(program)`, and functions of Node that are written in C++.
    const isNamed = functionName !== '(program)'
    return { functionName, kind: 'native', origin: 'runtime', isNamed }
  }
  if (url.startsWith('wasm://'))
    return { functionName, kind: 'wasm', origin: 'user', isNamed: true, file: url }
  const isTop = functionName === '' && line === 1
  return jsFrames.namedFrame({
    kind: 'js',
    functionName: functionName || (isTop ? '(top level)' : '(anonymous)'),
    script: url,
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
  })
}

function stateOf({ functionName, url }: CpuprofileNode): SampleState {
  if (url !== '') return 'js'
  return pseudoStates[functionName] ?? 'native'
}

function medianPeriodNs({ sampleUs }: CpuprofileFile): number {
  const steps = sampleUs.slice(1).map((us, index) => us - sampleUs[index]!)
  steps.sort((a, b) => a - b)
  return Math.round((steps[Math.floor(steps.length / 2)] ?? 0) * 1000)
}
