import { Command, InvalidArgumentError, Option } from 'commander'
import { type Grouping, groupings } from '../report/call-tree/frame-keys.js'
import { treeJson } from '../report/json/report-json.js'
import {
  type Metric,
  type MetricUnit,
  metrics,
  metricUnits,
  type Resource,
  resources,
} from '../report/metric.js'
import { renderTree } from '../report/text/render-tree.js'
import { addCaptureOptions, type CaptureOptions, openCapture } from './capture-options.js'
import { oneOf, wholeNumber } from './option-values.js'
import { processIndexOf, processOption } from './process-option.js'

interface TreeOptions extends CaptureOptions {
  metric?: Metric
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
      .description('The call tree as text: who allocated, from the outermost frame inwards.')
      .argument('[capture]', 'a capture folder (default: the newest here)')
      .addOption(new Option('--metric <metric>', metrics.join(', ')).argParser(oneOf(metrics)))
      .addOption(new Option('--unit <unit>', metricUnits.join(', ')).argParser(oneOf(metricUnits)))
      .addOption(new Option('--resource <kind>', resources.join(', ')).argParser(oneOf(resources)))
      .addOption(new Option('--by <what>', groupings.join(', ')).argParser(oneOf(groupings)))
      .option('--inverted', 'from the allocation outwards')
      .option('--depth <levels>', 'levels below the root', wholeNumber({ min: 1, max: 1000 }))
      .option('--min <percent>', 'leave out branches under this share of all (default: 1)', percent)
      .option('--no-fold', "show every frame, Node's and V8's own too")
      .addOption(processOption()),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ seamproof tree\n  $ seamproof tree --metric leaked --inverted --min 0.1',
    )
    .action(async (given: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<TreeOptions>()
      const { capture, terminal } = await openCapture(given, options)
      const { facts, verdicts } = capture
      const choice = treeChoice(options)
      const chosen = processIndexOf(facts, options.process)
      if (options.json) terminal.printJson(treeJson(facts, verdicts, { ...choice, ...chosen }))
      else
        terminal.print(
          renderTree(facts, verdicts, { ...terminal.textOptions, ...choice, ...chosen }),
        )
    })
}

function treeChoice({ metric, unit, resource, by, inverted, depth, min, fold }: TreeOptions) {
  return {
    ...(metric === undefined ? {} : { metric }),
    ...(unit === undefined ? {} : { unit }),
    ...(resource === undefined ? {} : { resource }),
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
