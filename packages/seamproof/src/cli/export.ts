import { join } from 'node:path'
import { Command, Option } from 'commander'
import { exportCollapsed } from '../report/export/export-collapsed.js'
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
import { writeReport } from './write-report.js'

const formats = ['pprof', 'speedscope', 'collapsed', 'heaptrack'] as const
type Format = (typeof formats)[number]

const defaultFiles: Record<Format, string> = {
  pprof: 'profile.pb.gz',
  speedscope: 'profile.speedscope.json',
  collapsed: 'stacks.collapsed.txt',
  heaptrack: 'heaptrack.txt',
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
      .argument('[capture]', 'a capture folder (default: the newest here)')
      .addOption(
        new Option('--format <format>', formats.join(', '))
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
      '\nExamples:\n  $ seamproof export --format pprof\n  $ seamproof export CAPTURE --format collapsed -o - | flamegraph.pl > flame.svg',
    )
    .action(async (given: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ExportOptions>()
      const { capture, terminal } = await openCapture(given, options)
      const content = await contentOf(capture, options)
      if (options.out === '-') {
        process.stdout.write(content)
        return
      }
      const file = options.out ?? join(capture.captureDir, defaultFiles[options.format])
      const path = writeReport(file, content)
      if (options.json) terminal.printJson({ formatVersion: 1, format: options.format, path })
      else terminal.print(shownPath(path))
    })
}

async function contentOf(
  { facts, verdicts }: OpenedCapture['capture'],
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
    case 'collapsed':
      return exportCollapsed(facts, verdicts, {
        ...chosen,
        ...(metric === undefined ? {} : { metric }),
        ...(unit === undefined ? {} : { unit }),
        ...(resource === undefined ? {} : { resource }),
      })
  }
}
