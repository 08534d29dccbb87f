/** pprof's CPU profile, with the sample types that Go's has; `wall` beside them where waiting was sampled. */
import { type LabelInput, Profile } from 'pprof-format'
import type { CpuProfile } from '../../contract/cpu-profile.js'
import { isWaiting } from '../profile/cpu-states.js'
import { profileLossLines, profileTitle } from '../profile/profile-text.js'
import { shownStackOf, withStateFrames } from '../profile/state-frames.js'
import { locationIds, ProfileTables, packed } from './pprof-tables.js'

export const exportCpuPprof = (profile: CpuProfile): Promise<Uint8Array> =>
  packed(encodeCpuPprof(profile))

function encodeCpuPprof(profile: CpuProfile): Uint8Array {
  const tables = new ProfileTables()
  const { strings } = tables
  const hasWaiting = profile.costs.some(({ state }) => isWaiting(state))
  const valueType = (type: string, unit: string) => ({
    type: strings.dedup(type),
    unit: strings.dedup(unit),
  })
  const types = [valueType('samples', 'count'), valueType('cpu', 'nanoseconds')]
  if (hasWaiting) types.push(valueType('wall', 'nanoseconds'))
  const shown = withStateFrames(profile)
  const sample = profile.costs.map((cost, index) => {
    const ns = Math.round(cost.ns)
    const cpuNs = isWaiting(cost.state) ? 0 : ns
    return {
      locationId: locationIds(tables, shownStackOf(shown, shown.costNode[index]!)),
      value: [cost.sampleCount, cpuNs, ...(hasWaiting ? [ns] : [])],
      label: labels(profile, cost.thread, cost.state, tables),
    }
  })
  const started = Date.parse(profile.startedAt ?? '')
  const comments = [
    profileTitle(profile),
    ...profileLossLines(profile).map((line) => `not seen: ${line}`),
  ]
  return new Profile({
    sampleType: types,
    sample,
    mapping: tables.mappings,
    location: tables.locations,
    function: tables.functions,
    timeNanos: Number.isNaN(started) ? 0 : BigInt(started) * 1_000_000n,
    durationNanos: BigInt(Math.round(profile.durationNs)),
    periodType: valueType('cpu', 'nanoseconds'),
    period: Math.round(profile.periodNs),
    defaultSampleType: strings.dedup('cpu'),
    comment: comments.map((text) => strings.dedup(text)),
    stringTable: strings,
  }).encode()
}

function labels(
  { threads }: CpuProfile,
  index: number,
  state: string,
  { strings }: ProfileTables,
): LabelInput[] {
  const thread = threads[index]
  const text = (key: string, value: string): LabelInput => ({
    key: strings.dedup(key),
    str: strings.dedup(value),
  })
  return [
    text('thread', thread?.name || 'unknown'),
    text('role', thread?.role ?? 'other'),
    { key: strings.dedup('thread_id'), num: thread?.tid ?? 0 },
    text('state', state),
  ]
}
