import { join } from 'node:path'
import { Command } from 'commander'
import { seamproofVersion } from '../base/seamproof-version.js'
import { renderCpuFlamegraphHtml } from '../report/flamegraph/build-cpu-document.js'
import { renderFlamegraphHtml } from '../report/flamegraph/render-flamegraph-html.js'
import {
  addCaptureOptions,
  type CaptureOptions,
  openCapture,
  shownPath,
} from './capture-options.js'
import { processIndexOf, processOption } from './process-option.js'
import { openProfile, type ProfileInput } from './profile-input.js'
import { writeReport } from './write-report.js'

interface FlamegraphOptions extends CaptureOptions {
  out?: string
  process?: number
}

const flamegraphFile = ({ outBase }: ProfileInput): string =>
  outBase.endsWith('/profile')
    ? outBase.replace(/profile$/, 'flamegraph.html')
    : `${outBase}.flamegraph.html`

export function flamegraphCommand(): Command {
  return addCaptureOptions(
    new Command('flamegraph')
      .description(
        'Write the flame graph: one HTML file that needs nothing beside it. Prints its path.',
      )
      .argument(
        '[capture]',
        'a capture folder (default: the newest here), a .cpuprofile, or the text of perf script',
      )
      .option('-o, --out <file>', 'where to write it (default: flamegraph.html in the capture)')
      .addOption(processOption()),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ seamproof flamegraph\n  $ seamproof flamegraph CAPTURE -o leak.html\n  $ seamproof flamegraph profile.cpuprofile         of node --cpu-prof\n  $ seamproof flamegraph perf.txt                   of perf record -g … && perf script > perf.txt',
    )
    .action(async (given: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<FlamegraphOptions>()
      const input = await openProfile(given, options)
      if (input !== undefined) {
        const generator = `seamproof ${seamproofVersion}`
        const html = renderCpuFlamegraphHtml(input.profiles, { generator })
        const path = writeReport(options.out ?? flamegraphFile(input), html)
        if (options.json) input.terminal.printJson({ formatVersion: 1, path })
        else input.terminal.print(shownPath(path))
        return
      }
      const { capture, terminal } = await openCapture(given, options)
      const { facts, verdicts, captureDir } = capture
      const html = renderFlamegraphHtml(facts, verdicts, processIndexOf(facts, options.process))
      const path = writeReport(options.out ?? join(captureDir, 'flamegraph.html'), html)
      if (options.json) terminal.printJson({ formatVersion: 1, path })
      else terminal.print(shownPath(path))
    })
}
