import type { CpuProfile } from '../../contract/cpu-profile.js'
import { formatCount, formatCounted, formatDate, formatTimeNs } from '../format-quantity.js'
import {
  busiestProfile,
  profileLossLines,
  profileTitle,
  profileTotals,
} from '../profile/profile-text.js'
import { cpuColumns } from './cpu-columns.js'
import {
  type FlamegraphDocument,
  type FlamegraphProcess,
  flamegraphDocumentVersion,
} from './flamegraph-document.js'
import { renderFlamegraphDocument } from './render-flamegraph-html.js'

/** The totals that head the page. */
function profileFigures(profile: CpuProfile): FlamegraphProcess['figures'] {
  const totals = profileTotals(profile)
  const figures: FlamegraphProcess['figures'] = [
    [
      'On CPU',
      `${formatTimeNs(totals.cpuNs)} in ${formatCounted(totals.cpuSampleCount, 'sample')}`,
    ],
  ]
  if (totals.waitingNs > 0) figures.push(['Waiting', formatTimeNs(totals.waitingNs)])
  if (totals.gcNs > 0) figures.push(['Garbage collection', formatTimeNs(totals.gcNs)])
  figures.push(['Ran for', formatTimeNs(profile.durationNs)])
  if (profile.periodNs > 0)
    figures.push([
      'Sampled',
      `every ${formatTimeNs(profile.periodNs)} (${profile.clock === 'cpu' ? 'of CPU time' : 'of elapsed time'})`,
    ])
  figures.push(['Threads', formatCount(profile.threads.length)])
  if (profile.startedAt !== undefined) figures.push(['Started', formatDate(profile.startedAt)])
  return figures
}

export interface CpuDocumentOptions {
  title?: string
  generator: string
}

export function buildCpuDocument(
  profiles: readonly CpuProfile[],
  { title = 'CPU time', generator }: CpuDocumentOptions,
): FlamegraphDocument {
  return {
    formatVersion: flamegraphDocumentVersion,
    kind: 'cpu',
    title,
    command: profiles.map(profileTitle).join(', '),
    generator,
    processes: profiles.map((profile) => ({
      label: profileTitle(profile),
      figures: profileFigures(profile),
      losses: profileLossLines(profile),
      ...cpuColumns(profile),
    })),
    initialProcess: busiestProfile(profiles),
    verdicts: [],
    leaks: [],
  }
}

export const renderCpuFlamegraphHtml = (
  profiles: readonly CpuProfile[],
  options: CpuDocumentOptions,
): string => renderFlamegraphDocument(buildCpuDocument(profiles, options))
