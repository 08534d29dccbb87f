import type { ProcessFacts } from '../contract/facts.js'
import type { Frame } from '../contract/frame.js'

/** The frames of one stack, from the root inwards. */
export function framesInwards(process: ProcessFacts, treeIndex: number): Frame[] {
  const frames: Frame[] = []
  for (let node = treeIndex; node > 0; node = process.tree.parentIndex[node] ?? 0) {
    const frame = process.frames[process.tree.frameIndex[node] ?? -1]
    if (frame) frames.push(frame)
  }
  return frames.reverse()
}
