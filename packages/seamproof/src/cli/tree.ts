import { Command, InvalidArgumentError, Option } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { seamproofVersion } from '../base/seamproof-version.js'
import { type CpuMetric, cpuMetrics } from '../report/call-tree/call-tree-layout.js'
import { type Grouping, groupings } from '../report/call-tree/frame-keys.js'
import { cpuTreeJson, treeJson } from '../report/json/report-json.js'
import {
  type Metric,
  type MetricUnit,
  metrics,
  metricUnits,
  type Resource,
  resources,
} from '../report/metric.js'
import { renderCpuTree, renderTree } from '../report/text/render-tree.js'
import { addCaptureOptions, type CaptureOptions, openCapture } from './capture-options.js'
import { oneOf, wholeNumber } from './option-values.js'
import { processIndexOf, processOption } from './process-option.js'
import { openProfile, type ProfileInput } from './profile-input.js'

interface TreeOptions extends CaptureOptions {
  metric?: Metric | CpuMetric
  unit?: MetricUnit
  resource?: Resource
  by?: Grouping
  inverted?: boolean
  depth?: number
  min?: number
  fold: boolean
  process?: number
}

export function treeCommand(): Command {
  return addCaptureOptions(
    new Command('tree')
      .description(
        'The call tree as text: who allocated, or who took the time, from the outermost frame inwards.',
      )
      .argument(
        '[capture]',
        'a capture folder (default: the newest here), a .cpuprofile, or the text of perf script',
      )
      .addOption(
        new Option(
          '--metric <metric>',
          `${metrics.join(', ')}; of a CPU profile ${cpuMetrics.join(', ')}`,
        ).argParser(oneOf([...metrics, ...cpuMetrics])),
      )
      .addOption(new Option('--unit <unit>', metricUnits.join(', ')).argParser(oneOf(metricUnits)))
      .addOption(new Option('--resource <kind>', resources.join(', ')).argParser(oneOf(resources)))
      .addOption(new Option('--by <what>', groupings.join(', ')).argParser(oneOf(groupings)))
      .option('--inverted', 'from the allocation, or the code that ran, outwards')
      .option('--depth <levels>', 'levels below the root', wholeNumber({ min: 1, max: 1000 }))
      .option('--min <percent>', 'leave out branches under this share of all (default: 1)', percent)
      .option('--no-fold', "show every frame, Node's and V8's own too")
      .addOption(processOption()),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ seamproof tree\n  $ seamproof tree --metric leaked --inverted --min 0.1\n  $ seamproof tree profile.cpuprofile --inverted',
    )
    .action(async (given: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<TreeOptions>()
      const input = await openProfile(given, options)
      if (input !== undefined) {
        printCpuTree(input, options)
        return
      }
      const { capture, terminal } = await openCapture(given, options)
      const { facts, verdicts } = capture
      const choice = {
        ...viewChoice(options),
        ...(options.metric === undefined ? {} : { metric: chosenOf(metrics, options.metric) }),
        ...(options.unit === undefined ? {} : { unit: options.unit }),
        ...(options.resource === undefined ? {} : { resource: options.resource }),
      }
      const chosen = processIndexOf(facts, options.process)
      if (options.json) terminal.printJson(treeJson(facts, verdicts, { ...choice, ...chosen }))
      else
        terminal.print(
          renderTree(facts, verdicts, { ...terminal.textOptions, ...choice, ...chosen }),
        )
    })
}

/** Of several processes the busiest; another is named by --process. */
function printCpuTree({ profiles, terminal }: ProfileInput, options: TreeOptions): void {
  const [profile] = profiles
  if (options.unit !== undefined || options.resource !== undefined)
    throw new SeamproofError('NO_ALLOCATIONS', 'a CPU profile has no --unit and no --resource', {
      exitCode: ExitCode.usage,
      hint: `its metrics are ${cpuMetrics.join(', ')}`,
    })
  const choice = {
    ...viewChoice(options),
    ...(options.metric === undefined ? {} : { metric: chosenOf(cpuMetrics, options.metric) }),
  }
  if (options.json) terminal.printJson(cpuTreeJson(profile!, seamproofVersion, choice))
  else terminal.print(renderCpuTree(profile!, { ...terminal.textOptions, ...choice }))
}

function chosenOf<Name extends string>(names: readonly Name[], given: string): Name {
  const name = names.find((one) => one === given)
  if (name !== undefined) return name
  throw new SeamproofError('NO_SUCH_METRIC', `this capture has no metric ${given}`, {
    exitCode: ExitCode.usage,
    hint: `it has ${names.join(', ')}`,
  })
}

function viewChoice({ by, inverted, depth, min, fold }: TreeOptions) {
  return {
    ...(by === undefined ? {} : { grouping: by }),
    ...(inverted === undefined ? {} : { isInverted: inverted }),
    ...(depth === undefined ? {} : { depth }),
    ...(min === undefined ? {} : { shareMin: min / 100 }),
    ...(fold ? {} : { folds: [] }),
  }
}

function percent(given: string): number {
  const value = Number(given.replace(/%$/, ''))
  if (given !== '' && value >= 0 && value <= 100) return value
  throw new InvalidArgumentError('It must be a share from 0 to 100.')
}
