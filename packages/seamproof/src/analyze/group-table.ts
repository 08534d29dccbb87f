import type { Frame } from '../contract/frame.js'
import { NodeFlag } from '../trace/trace-format.js'
import type { TraceMeta } from '../trace/trace-meta.js'
import type { FrameSet } from './frame-set.js'

export interface StackGroup {
  attribution: 'subject' | 'runtime' | 'system'
  /** See `KindCode`. */
  kind: number
  moduleName: string
  functionName: string
  /** Innermost first, out to the outermost frame of the group; from the first stack that was seen. */
  frameIndexes: number[]
  /** What the group is made of, in words that are the same in every run. */
  identity: string
}

/** Frames of the runtime that tell one runtime group from another; deeper differences are V8's own business. */
const runtimeNamesMax = 16

/** One step of the walk outwards: a node, and what it adds to the identity ('' for nothing). */
interface Step {
  node: number
  part: string
}

/**
 * Sorts stacks into groups. The group of a stack goes from the allocation out to the outermost frame of the first
 * contiguous run of the subject's frames: further out, tiers of compiled JavaScript and V8's slow and fast paths change from
 * round to round, and one leak would fall apart into many short series.
 *
 * JavaScript met before any frame of the subject ends the search: then that JavaScript asked for the block, even if an addon
 * had called it. Such stacks, and those without the subject, are `runtime`: their groups go out to the first JavaScript, by
 * names of native functions only. Which JavaScript it was is no part of them, since inlining hides that in some rounds.
 */
export class GroupTable {
  readonly groups: StackGroup[] = []
  readonly #meta: TraceMeta
  readonly #frames: FrameSet
  readonly #byIdentity = new Map<string, number>()
  readonly #partOfLocation: (string | undefined)[] = []

  constructor(meta: TraceMeta, frames: FrameSet) {
    this.#meta = meta
    this.#frames = frames
  }

  groupOf(stack: number, kind: number): number {
    const subject = this.#subjectSteps(stack)
    const steps = subject ?? this.#runtimeSteps(stack)
    const identity = `${kind}|${steps
      .map((step) => step.part)
      .filter((part) => part !== '')
      .join('<')}`
    const known = this.#byIdentity.get(identity)
    if (known !== undefined) return known
    const index = this.groups.push(this.#make(steps, kind, identity, subject !== null)) - 1
    this.#byIdentity.set(identity, index)
    return index
  }

  /** Node where the group of a stack ends: what lies further out is how JavaScript got there. */
  outerNode(stack: number): number {
    const steps = this.#subjectSteps(stack) ?? []
    const last = steps.at(-1)
    return last === undefined ? stack : this.#meta.stacks.parent[last.node]!
  }

  #outermost(node: number): Frame {
    const indexes = this.#framesAt(node)
    return this.#frames.frames[indexes[indexes.length - 1]!]!
  }

  #framesAt(node: number): Uint32Array {
    return this.#frames.ofLocation[this.#meta.stacks.location[node]!]!
  }

  #subjectSteps(stack: number): Step[] | null {
    const { parent } = this.#meta.stacks
    const steps: Step[] = []
    let isInside = false
    for (let node = stack; node !== 0; node = parent[node]!) {
      const frame = this.#outermost(node)
      const isSubject = frame.origin === 'subject'
      if (isInside && !isSubject) break
      if (isJavaScript(frame)) return null
      isInside = isSubject
      steps.push({ node, part: this.#subjectPart(node) })
    }
    return isInside ? steps : null
  }

  /** By line where lines are known, else by the address in the file: both are the same in every run. */
  #subjectPart(node: number): string {
    const location = this.#meta.stacks.location[node]!
    const known = this.#partOfLocation[location]
    if (known !== undefined) return known
    const part = this.#describe(location, this.#frames.ofLocation[location]!)
    this.#partOfLocation[location] = part
    return part
  }

  #describe(location: number, indexes: Uint32Array): string {
    const frames = [...indexes].map((index) => this.#frames.frames[index]!)
    const place = this.#meta.locations[location]!
    if (frames.every((frame) => frame.file !== undefined && frame.line !== undefined))
      return frames
        .map((frame) => `${frame.functionName}@${baseName(frame.file!)}:${frame.line}`)
        .join('<')
    // The address of unknown code is another one in every run.
    if (place.kind === 'unknown') return 'unknown'
    if (place.kind === 'js') return frames[0]!.functionName
    const module = this.#meta.modules[place.moduleIndex]!
    return `${module.buildId || baseName(module.path)}+${place.offset.toString(16)}`
  }

  #runtimeSteps(stack: number): Step[] {
    const { parent, flags } = this.#meta.stacks
    const steps: Step[] = []
    let last = ''
    let count = 0
    for (let node = stack; node !== 0; node = parent[node]!) {
      const frame = this.#outermost(node)
      if (isJavaScript(frame) && steps.length > 0) break
      const isPart =
        frame.kind === 'native' && count < runtimeNamesMax && frame.functionName !== last
      steps.push({ node, part: isPart ? frame.functionName : '' })
      if (isPart) count++
      if (frame.kind === 'native') last = frame.functionName
      if ((flags[node]! & (NodeFlag.cut | NodeFlag.missing)) !== 0) break
    }
    // V8's builtins between the last function of the runtime and JavaScript differ by tier.
    const lastPart = steps.findLastIndex((step) => step.part !== '')
    return lastPart < 0 ? steps : steps.slice(0, lastPart + 1)
  }

  #make(steps: Step[], kind: number, identity: string, isSubject: boolean): StackGroup {
    const frameIndexes = steps.flatMap((step) => [...this.#framesAt(step.node)])
    const frames = frameIndexes.map((index) => this.#frames.frames[index]!)
    const isRuntime = frames.some(
      (frame) => frame.origin !== 'system' && frame.origin !== 'unknown',
    )
    const runtime = frames.find((frame) => frame.origin === 'runtime') ?? frames[0]
    const named = isSubject ? frames.at(-1) : runtime
    return {
      attribution: isSubject ? 'subject' : isRuntime ? 'runtime' : 'system',
      kind,
      moduleName: named?.moduleName ?? frames.find((frame) => frame.moduleName)?.moduleName ?? '',
      functionName: named?.functionName ?? 'unknown',
      frameIndexes,
      identity,
    }
  }
}

export function isJavaScript(frame: Frame): boolean {
  return frame.kind === 'js' || frame.kind === 'wasm'
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
