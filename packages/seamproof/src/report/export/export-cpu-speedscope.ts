import type { CpuProfile } from '../../contract/cpu-profile.js'
import { threadLabel } from '../flamegraph/cpu-columns.js'
import { profileTitle } from '../profile/profile-text.js'
import { samplesByThread } from '../profile/sample-order.js'
import { type ShownStacks, withStateFrames } from '../profile/state-frames.js'
import { type SpeedscopeFile, speedscopeFrame } from './export-speedscope.js'

/** One profile for each thread, its samples in time order. */
export function exportCpuSpeedscope(profile: CpuProfile, generator: string): string {
  const shown = withStateFrames(profile)
  const stackOf = indexStacks(shown)
  const threads = samplesByThread(profile).flatMap((samples, index) => {
    if (samples.length === 0) return []
    return [
      {
        type: 'sampled' as const,
        name: threadLabel(profile.threads[index]!),
        unit: 'nanoseconds' as const,
        startValue: 0,
        endValue: Math.round(samples.reduce((sum, { ns }) => sum + ns, 0)),
        samples: samples.map(({ cost }) => stackOf(shown.costNode[cost]!)),
        weights: samples.map(({ ns }) => ns),
        count: samples.length,
      },
    ]
  })
  threads.sort((a, b) => b.count - a.count)
  const file: SpeedscopeFile = {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name: profileTitle(profile),
    exporter: generator,
    activeProfileIndex: 0,
    shared: { frames: shown.frames.map(speedscopeFrame) },
    profiles: threads.map(({ count: _, ...thread }) => thread),
  }
  return `${JSON.stringify(file)}\n`
}

function indexStacks({ tree }: ShownStacks): (node: number) => number[] {
  const known = new Map<number, number[]>()
  return (node) => {
    let stack = known.get(node)
    if (stack === undefined) {
      stack = []
      for (let at = node; at > 0; at = tree.parentIndex[at]!) stack.push(tree.frameIndex[at]!)
      stack.reverse()
      known.set(node, stack)
    }
    return stack
  }
}
