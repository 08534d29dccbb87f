import { seamproofVersion } from '../base/seamproof-version.js'
import { analyzeProfile, cpuSummary } from '../pipeline.js'
import { renderCpuSummary } from '../report/text/render-cpu-summary.js'
import { renderCrossings } from '../report/text/render-crossings.js'
import type { ProfileInput } from './profile-input.js'
import type { SummaryOptions } from './summary.js'

/** Tables of a CPU profile: by self time, by total time, and what calls into addons cost. */
export function printProfileSummary(
  { profiles, terminal, shown }: ProfileInput,
  options: SummaryOptions,
): void {
  const all = profiles.map((profile) => ({
    profile,
    summary: cpuSummary(profile),
    crossings: analyzeProfile(profile, {
      input: shown,
      seamproofVersion,
    }).crossings,
  }))
  if (options.json) {
    const processes = all.map(({ profile, summary, crossings }) => {
      const { frames, tree: _, costs: __, timeline: ___, ...head } = profile
      const named = (rows: typeof summary.bySelf) =>
        rows.map(({ frame, ...row }) => ({ ...frames[frame], ...row }))
      return {
        ...head,
        ...summary,
        bySelf: named(summary.bySelf),
        byTotal: named(summary.byTotal),
        crossings,
      }
    })
    terminal.printJson({ formatVersion: 1, report: 'cpu-summary', seamproofVersion, processes })
    return
  }
  const [first, ...others] = all
  if (first === undefined) return
  const choice = {
    ...terminal.textOptions,
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  }
  terminal.print(renderCpuSummary(first.profile, first.summary, choice))
  if (first.crossings.length > 0) terminal.print(`\n${renderCrossings(first.crossings, choice)}`)
  for (const { profile, summary } of others)
    terminal.remark(
      `also: pid ${profile.pid}, ${(summary.onCoreNs / 1e6).toFixed(0)} ms of CPU time: ${profile.command.join(' ').slice(0, 80)} (--process ${profile.pid})`,
    )
}
