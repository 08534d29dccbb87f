import { join } from 'node:path'
import { Command, Option } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { seamproofVersion } from '../base/seamproof-version.js'
import { renderCpuDiffHtml } from '../report/diff/render-cpu-diff-html.js'
import { renderDiffHtml } from '../report/diff/render-diff-html.js'
import { cpuDiffJson } from '../report/json/cpu-diff-json.js'
import { diffJson } from '../report/json/diff-json.js'
import { type Metric, metrics } from '../report/metric.js'
import { renderCpuDiff } from '../report/text/render-cpu-diff.js'
import { renderDiff } from '../report/text/render-diff.js'
import {
  addCaptureOptions,
  type CaptureOptions,
  openCapture,
  shownPath,
} from './capture-options.js'
import { oneOf, wholeNumber } from './option-values.js'
import { openProfile, type ProfileInput } from './profile-input.js'
import { writeReport } from './write-report.js'

interface DiffOptions extends CaptureOptions {
  metric?: Metric
  limit?: number
  html?: string | true
}

export function diffCommand(): Command {
  return addCaptureOptions(
    new Command('diff')
      .description('What changed between two captures: stacks that are new, grew, shrank or went.')
      .argument('<before>', 'a capture folder, a .cpuprofile, or the text of perf script')
      .argument('<after>', 'another')
      .addOption(
        new Option('--metric <metric>', `what to compare: ${metrics.join(', ')}`).argParser(
          oneOf(metrics),
        ),
      )
      .option('--limit <count>', 'stacks in each list', wholeNumber({ min: 1, max: 100_000 }))
      .option(
        '--html [file]',
        'write a flame graph of the difference (default: diff.html in AFTER)',
      ),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ seamproof diff BEFORE AFTER\n  $ seamproof diff BEFORE AFTER --metric peak --html\n  $ seamproof diff before.cpuprofile after.cpuprofile --html change.html',
    )
    .action(async (before: string, after: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<DiffOptions>()
      const [first, second] = [
        await openProfile(before, options),
        await openProfile(after, options),
      ]
      if (first !== undefined && second !== undefined) {
        diffProfiles(first, second, options)
        return
      }
      if (first !== undefined || second !== undefined)
        throw unlike(before, after, first !== undefined)
      const { capture: left } = await openCapture(before, options)
      const { capture: right, terminal } = await openCapture(after, options)
      const choice = {
        ...(options.metric === undefined ? {} : { metric: options.metric }),
        ...(options.limit === undefined ? {} : { limit: options.limit }),
      }
      if (options.html !== undefined) {
        const file = options.html === true ? join(right.captureDir, 'diff.html') : options.html
        const path = writeReport(file, renderDiffHtml(left, right))
        if (options.json) terminal.printJson({ formatVersion: 1, path })
        else terminal.print(shownPath(path))
      } else if (options.json) terminal.printJson(diffJson(left, right, choice))
      else terminal.print(renderDiff(left, right, { ...terminal.textOptions, ...choice }))
    })
}

function diffProfiles(before: ProfileInput, after: ProfileInput, options: DiffOptions): void {
  const { terminal, outBase } = after
  const [left, right] = [before.profiles[0]!, after.profiles[0]!]
  if (options.html !== undefined) {
    const file = options.html === true ? `${outBase}.diff.html` : options.html
    const generator = `seamproof ${seamproofVersion}`
    const path = writeReport(file, renderCpuDiffHtml(left, right, { generator }))
    if (options.json) terminal.printJson({ formatVersion: 1, path })
    else terminal.print(shownPath(path))
  } else if (options.json) terminal.printJson(cpuDiffJson(left, right, seamproofVersion))
  else
    terminal.print(
      renderCpuDiff(left, right, {
        ...terminal.textOptions,
        ...(options.limit === undefined ? {} : { limit: options.limit }),
      }),
    )
}

const unlike = (before: string, after: string, isBeforeCpu: boolean): SeamproofError =>
  new SeamproofError(
    'UNLIKE_CAPTURES',
    `${isBeforeCpu ? before : after} holds CPU samples and ${isBeforeCpu ? after : before} allocations`,
    { exitCode: ExitCode.usage, hint: 'compare two of a kind' },
  )
