import { join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { seamproofVersion } from '../base/seamproof-version.js'
import { exportCollapsed } from '../report/export/export-collapsed.js'
import { exportCpuCollapsed } from '../report/export/export-cpu-collapsed.js'
import { exportCpuPprof } from '../report/export/export-cpu-pprof.js'
import { exportCpuSpeedscope } from '../report/export/export-cpu-speedscope.js'
import { exportCpuprofile } from '../report/export/export-cpuprofile.js'
import { exportFirefox } from '../report/export/export-firefox.js'
import { exportHeaptrackText } from '../report/export/export-heaptrack-text.js'
import { exportPprof } from '../report/export/export-pprof.js'
import { exportSpeedscope } from '../report/export/export-speedscope.js'
import {
  type Metric,
  type MetricUnit,
  metrics,
  metricUnits,
  type Resource,
  resources,
} from '../report/metric.js'
import { mainProcessIndex } from '../report/process-choice.js'
import {
  addCaptureOptions,
  type CaptureOptions,
  type OpenedCapture,
  openCapture,
  shownPath,
} from './capture-options.js'
import { oneOf } from './option-values.js'
import { processIndexOf, processOption } from './process-option.js'
import { openProfile, type ProfileInput } from './profile-input.js'
import type { Terminal } from './terminal.js'
import { writeReport } from './write-report.js'

const memoryFormats = ['pprof', 'speedscope', 'collapsed', 'heaptrack'] as const
const cpuFormats = ['pprof', 'speedscope', 'collapsed', 'firefox', 'cpuprofile'] as const
const formats = [...new Set([...memoryFormats, ...cpuFormats])]
type Format = (typeof formats)[number]

const defaultFiles: Record<Format, string> = {
  pprof: 'profile.pb.gz',
  speedscope: 'profile.speedscope.json',
  collapsed: 'stacks.collapsed.txt',
  heaptrack: 'heaptrack.txt',
  firefox: 'profile.firefox.json',
  cpuprofile: 'profile.cpuprofile',
}

interface ExportOptions extends CaptureOptions {
  format: Format
  out?: string
  metric?: Metric
  unit?: MetricUnit
  resource?: Resource
  process?: number
}

export function exportCommand(): Command {
  return addCaptureOptions(
    new Command('export')
      .description('Write a capture for other tools, and print the path of the file.')
      .argument(
        '[capture]',
        'a capture folder (default: the newest here), a .cpuprofile, or the text of perf script',
      )
      .addOption(
        new Option(
          '--format <format>',
          `${memoryFormats.join(', ')}; of a CPU profile ${cpuFormats.join(', ')}`,
        )
          .argParser(oneOf(formats))
          .makeOptionMandatory(),
      )
      .option('-o, --out <file>', 'where to write it; - is stdout (default: in the capture)')
      .addOption(
        new Option('--metric <metric>', `collapsed: ${metrics.join(', ')}`).argParser(
          oneOf(metrics),
        ),
      )
      .addOption(
        new Option('--unit <unit>', `collapsed: ${metricUnits.join(', ')}`).argParser(
          oneOf(metricUnits),
        ),
      )
      .addOption(
        new Option('--resource <kind>', `collapsed: ${resources.join(', ')}`).argParser(
          oneOf(resources),
        ),
      )
      .addOption(processOption()),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ seamproof export --format pprof                     opens in pprof, Pyroscope, Parca\n  $ seamproof export CAPTURE --format firefox           opens at profiler.firefox.com\n  $ seamproof export profile.cpuprofile --format speedscope\n  $ seamproof export CAPTURE --format collapsed -o - | flamegraph.pl > flame.svg',
    )
    .action(async (given: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ExportOptions>()
      const input = await openProfile(given, options)
      if (input !== undefined) {
        const content = await cpuContent(input, options.format)
        write(content, cpuFile(input, options.format), input.terminal, options)
        return
      }
      const { capture, terminal } = await openCapture(given, options)
      const content = await contentOf(capture, options)
      write(content, join(capture.captureDir, defaultFiles[options.format]), terminal, options)
    })
}

function write(
  content: string | Uint8Array,
  defaultFile: string,
  terminal: Terminal,
  options: ExportOptions,
): void {
  if (options.out === '-') {
    process.stdout.write(content)
    return
  }
  const path = writeReport(options.out ?? defaultFile, content)
  if (options.json) terminal.printJson({ formatVersion: 1, format: options.format, path })
  else terminal.print(shownPath(path))
}

/** Never the name of the file that is read. */
function cpuFile({ outBase, shown }: ProfileInput, format: Format): string {
  const file = defaultFiles[format].replace(/^(?:profile|stacks)/, outBase)
  return resolve(file) === resolve(shown) ? `${outBase}.exported.cpuprofile` : file
}

/** Of several processes the busiest; another is named by --process. */
async function cpuContent(
  { profiles: [profile], terminal, shown }: ProfileInput,
  format: Format,
): Promise<string | Uint8Array> {
  const generator = `seamproof ${seamproofVersion}`
  switch (format) {
    case 'pprof':
      return await exportCpuPprof(profile!)
    case 'speedscope':
      return exportCpuSpeedscope(profile!, generator)
    case 'collapsed':
      return exportCpuCollapsed(profile!)
    case 'firefox':
      return exportFirefox(profile!, generator)
    case 'cpuprofile':
      if (profile!.threads.filter(({ sampleCount }) => sampleCount > 0).length > 1)
        terminal.remark('note: a .cpuprofile holds one thread: the main one is written')
      return exportCpuprofile(profile!)
    case 'heaptrack':
      throw wrongFormat(format, shown, 'CPU samples', cpuFormats)
  }
}

const wrongFormat = (
  format: Format,
  shown: string,
  what: string,
  possible: readonly string[],
): SeamproofError =>
  new SeamproofError('FORMAT_NOT_POSSIBLE', `${shown} holds ${what}: ${format} cannot hold them`, {
    exitCode: ExitCode.usage,
    hint: `--format ${possible.join(', ')}`,
  })

async function contentOf(
  { facts, verdicts, captureDir }: OpenedCapture['capture'],
  { format, metric, unit, resource, process: pid }: ExportOptions,
): Promise<string | Uint8Array> {
  const chosen = processIndexOf(facts, pid)
  switch (format) {
    case 'pprof':
      return await exportPprof(
        facts.processes[chosen.processIndex ?? mainProcessIndex(facts, verdicts)]!,
      )
    case 'speedscope':
      return exportSpeedscope(facts, verdicts, chosen)
    case 'heaptrack':
      return exportHeaptrackText(facts, chosen)
    case 'firefox':
    case 'cpuprofile':
      throw wrongFormat(format, shownPath(captureDir), 'allocations', memoryFormats)
    case 'collapsed':
      return exportCollapsed(facts, verdicts, {
        ...chosen,
        ...(metric === undefined ? {} : { metric }),
        ...(unit === undefined ? {} : { unit }),
        ...(resource === undefined ? {} : { resource }),
      })
  }
}
