import { seamproofVersion } from '../base/seamproof-version.js'
import { loadConfig } from '../config/load-config.js'
import type { CpuProfile } from '../contract/cpu-profile.js'
import { analyzeProfile, cpuSummary, findCapture, readCpuProfile } from '../pipeline.js'
import { renderCpuSummary } from '../report/text/render-cpu-summary.js'
import { renderCrossings } from '../report/text/render-crossings.js'
import { shownPath } from './capture-options.js'
import type { ProfileOptions } from './profile.js'
import { startProgress } from './progress.js'
import { createTerminal, type Terminal } from './terminal.js'

/** The summary of a capture that is there already. */
export async function showProfile(given: string, options: ProfileOptions): Promise<number> {
  const captureDir = findCapture(given, process.cwd())
  const terminal = createTerminal(options)
  const profiles = await readProfiles(captureDir, options)
  printProfile(profiles, captureDir, options, { terminal, isToStderr: false })
  return 0
}

export async function readProfiles(
  captureDir: string,
  options: ProfileOptions,
): Promise<CpuProfile[]> {
  const { config } = await loadConfig({ cwd: process.cwd(), configFile: options.config })
  const progress = await startProgress(!options.json)
  try {
    return await readCpuProfile(captureDir, {
      subjectModules: config.subjectModules,
      range: options.range,
      onStep: (text) => progress.step(text),
    })
  } finally {
    progress.stop()
  }
}

export function printProfile(
  profiles: readonly CpuProfile[],
  captureDir: string,
  options: ProfileOptions,
  { terminal, isToStderr }: { terminal: Terminal; isToStderr: boolean },
): void {
  const print = isToStderr ? terminal.remark : terminal.print
  const shown = shownPath(captureDir)
  if (options.json) {
    const json = { formatVersion: 1, captureDir, profiles }
    print(JSON.stringify(json))
    return
  }
  const limit = options.limit === undefined ? {} : { limit: options.limit }
  const busiest = profiles
    .map((profile) => ({ profile, summary: cpuSummary(profile) }))
    .sort((a, b) => b.summary.onCoreNs - a.summary.onCoreNs)
  const [first, ...others] = busiest
  print(renderCpuSummary(first!.profile, first!.summary, { ...terminal.textOptions, ...limit }))
  const { crossings } = analyzeProfile(first!.profile, { input: shown, seamproofVersion })
  if (crossings.length > 0)
    print(`\n${renderCrossings(crossings, { ...terminal.textOptions, ...limit })}`)
  for (const { profile, summary } of others)
    terminal.remark(
      `also: pid ${profile.pid}, ${(summary.onCoreNs / 1e6).toFixed(0)} ms of CPU time: ${profile.command.join(' ').slice(0, 80)}`,
    )
  terminal.remark(`\nseamproof: capture: ${shown}\n  flame graph: seamproof flamegraph ${shown}`)
}
