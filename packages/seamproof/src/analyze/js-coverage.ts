import type { JsFrameCoverage } from '../contract/facts.js'
import type { Frame } from '../contract/frame.js'
import type { TraceMeta } from '../trace/trace-meta.js'
import type { FrameSet } from './frame-set.js'
import { Field, fieldCount, type SiteTable } from './site-table.js'

/** Numbers of one frame, summed along stacks: user's, user's named, all, all named. */
const columns = 4

/**
 * Which of these a frame is. Code that nobody announced (`unknown`) is JIT code as a rule, and the interpreter's shared
 * entry hides a function: both count as JavaScript without a name, so that the share is not prettier than the truth.
 */
function countFrame(frame: Frame, into: Float64Array, at: number): void {
  const isHidden =
    frame.kind === 'unknown' || frame.functionName.includes('InterpreterEntryTrampoline')
  if (frame.kind !== 'js' && !isHidden) return
  const isNamed = frame.isNamed && !isHidden
  if (frame.origin === 'user') into[at]!++
  if (frame.origin === 'user' && isNamed) into[at + 1]!++
  into[at + 2]!++
  if (isNamed) into[at + 3]!++
}

/** How many JavaScript frames have a name, each stack weighted by its allocations. */
export function jsFrameCoverage(
  meta: TraceMeta,
  frames: FrameSet,
  sites: SiteTable,
): JsFrameCoverage {
  const perLocation = new Float64Array(meta.locations.length * columns)
  frames.ofLocation.forEach((indexes, location) => {
    for (const index of indexes) countFrame(frames.frames[index]!, perLocation, location * columns)
  })
  const { parent, location, nodeCount } = meta.stacks
  // Parents come before their children, so one pass sums every stack.
  const perNode = new Float64Array((nodeCount + 1) * columns)
  for (let node = 1; node <= nodeCount; node++)
    for (let column = 0; column < columns; column++)
      perNode[node * columns + column] =
        perNode[parent[node]! * columns + column]! +
        perLocation[location[node]! * columns + column]!
  const sums = [0, 0, 0, 0]
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
