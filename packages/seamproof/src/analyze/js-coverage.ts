import type { JsFrameCoverage } from '../contract/facts.js'
import type { Frame } from '../contract/frame.js'
import type { TraceMeta } from '../trace/trace-meta.js'
import type { FrameSet } from './frame-set.js'
import { Field, fieldCount, type SiteTable } from './site-table.js'

/** Numbers of one frame, summed along stacks: user's, user's named, all, all named. */
const columns = 4

/**
 * Adds a frame to the sums, and says whether it is code of V8. Code that nobody announced (`unknown`) is JIT code when
 * JavaScript or a builtin called it, and the interpreter's shared entry hides a function: both count as JavaScript without a
 * name, so that the share is not prettier than the truth. Unknown code under native code is a walk that went astray.
 */
function countFrame(frame: Frame, isCalledByV8: boolean, sums: Float64Array, at: number): boolean {
  const isHidden =
    (frame.kind === 'unknown' && isCalledByV8) ||
    frame.functionName.includes('InterpreterEntryTrampoline')
  if (frame.kind !== 'js' && !isHidden) return frame.kind === 'builtin'
  const isNamed = frame.isNamed && !isHidden
  if (frame.origin === 'user') sums[at]!++
  if (frame.origin === 'user' && isNamed) sums[at + 1]!++
  sums[at + 2]!++
  if (isNamed) sums[at + 3]!++
  return true
}

/** How many JavaScript frames have a name, each stack weighted by its allocations. */
export function jsFrameCoverage(
  meta: TraceMeta,
  frames: FrameSet,
  sites: SiteTable,
): JsFrameCoverage {
  const { parent, location, nodeCount } = meta.stacks
  // Parents come before their children, so one pass sums every stack.
  const perNode = new Float64Array((nodeCount + 1) * columns)
  const isV8 = new Uint8Array(nodeCount + 1)
  for (let node = 1; node <= nodeCount; node++) {
    const outer = parent[node]!
    perNode.copyWithin(node * columns, outer * columns, (outer + 1) * columns)
    let isCalledByV8 = isV8[outer] === 1
    const indexes = frames.ofLocation[location[node]!]!
    for (let i = indexes.length - 1; i >= 0; i--)
      isCalledByV8 = countFrame(frames.frames[indexes[i]!]!, isCalledByV8, perNode, node * columns)
    isV8[node] = isCalledByV8 ? 1 : 0
  }
  const sums = new Float64Array(columns)
  for (let site = 0; site < sites.count; site++) {
    const weight = sites.stats[site * fieldCount + Field.allocatedCount]!
    for (let column = 0; column < columns; column++)
      sums[column]! += weight * perNode[sites.stack[site]! * columns + column]!
  }
  return {
    userFrameCount: sums[0]!,
    userFrameNamedCount: sums[1]!,
    frameCount: sums[2]!,
    frameNamedCount: sums[3]!,
  }
}
