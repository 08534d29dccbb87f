import type { CpuProfile } from '../../contract/cpu-profile.js'
import { frameLabel } from '../frame-text.js'
import { isWaiting } from '../profile/cpu-states.js'
import { shownStackOf, withStateFrames } from '../profile/state-frames.js'
import { collapsedName } from './export-collapsed.js'

/** Microseconds of CPU time, the thread first: `node;handle (server.ts:40);Encode (thumb.cc:88) 4096`. */
export function exportCpuCollapsed(profile: CpuProfile): string {
  const shown = withStateFrames(profile)
  const weights = new Map<string, number>()
  profile.costs.forEach((cost, index) => {
    if (isWaiting(cost.state)) return
    const thread = profile.threads[cost.thread]
    const frames = shownStackOf(shown, shown.costNode[index]!).reverse().map(frameLabel)
    const stack = [thread?.name || thread?.role || 'thread', ...frames].map(collapsedName).join(';')
    weights.set(stack, (weights.get(stack) ?? 0) + cost.ns / 1000)
  })
  return [...weights]
    .map(([stack, us]) => [stack, Math.round(us)] as const)
    .filter(([, us]) => us > 0)
    .map(([stack, us]) => `${stack} ${us}\n`)
    .join('')
}
