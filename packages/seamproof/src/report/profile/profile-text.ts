/** What every report says about a profile as a whole. */
import type { CpuProfile } from '../../contract/cpu-profile.js'
import { formatCounted } from '../format-quantity.js'

const sourceNames: Record<CpuProfile['source'], string> = {
  agent: 'a program',
  perf: 'perf script',
  cpuprofile: 'a .cpuprofile of V8',
}

export const profileTitle = ({ command, source, pid }: CpuProfile): string => {
  if (command.length === 0) return sourceNames[source]
  return pid > 0 ? `${command.join(' ')} (pid ${pid})` : command.join(' ')
}

export interface ProfileTotals {
  sampleCount: number
  cpuSampleCount: number
  cpuNs: number
  waitingNs: number
  gcNs: number
}

export function profileTotals({ costs }: CpuProfile): ProfileTotals {
  const totals = { sampleCount: 0, cpuSampleCount: 0, cpuNs: 0, waitingNs: 0, gcNs: 0 }
  for (const { state, ns, sampleCount } of costs) {
    totals.sampleCount += sampleCount
    if (state === 'idle' || state === 'runnable') totals.waitingNs += ns
    else {
      totals.cpuNs += ns
      totals.cpuSampleCount += sampleCount
    }
    if (state === 'gc') totals.gcNs += ns
  }
  return totals
}

/** Everything that was not seen, in sentences. Empty when nothing was lost. */
export function profileLossLines({ losses }: CpuProfile): string[] {
  const lines: string[] = []
  if (losses.droppedCount > 0) lines.push(`${formatCounted(losses.droppedCount, 'sample')} dropped`)
  if (losses.truncatedCount > 0)
    lines.push(
      `${formatCounted(losses.truncatedCount, 'stack')} too deep: their middle was left out`,
    )
  if (losses.rootlessCount > 0)
    lines.push(`${formatCounted(losses.rootlessCount, 'stack')} did not reach the thread's root`)
  return [...lines, ...losses.notes]
}

/** Index of the profile that a reader most likely means: of the process that used most CPU time. */
export function busiestProfile(profiles: readonly CpuProfile[]): number {
  const times = profiles.map((profile) => profileTotals(profile).cpuNs)
  return Math.max(0, times.indexOf(Math.max(...times)))
}
