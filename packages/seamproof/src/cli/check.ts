import { Command, Option } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { type Instrument, instruments } from '../contract/finding.js'
import { addCaptureOptions, type CaptureOptions } from './capture-options.js'
import { checkCanary } from './check-canary.js'
import { checkLayer } from './check-layer.js'
import { checkSubjects } from './check-subjects.js'
import { type SuiteName, suiteNames } from './check-suites.js'
import { addFindingsFileOptions, type FindingsFileOptions } from './findings-options.js'
import { addInjectOptions, chosenWith, type InjectOptions } from './inject-options.js'
import { addLayerOptions, type LayerOptions } from './layer-options.js'
import { calendarDay, durationMs, listOf, oneOf, shardOf, wholeNumber } from './option-values.js'
import { programAfterSeparator } from './track.js'

export interface CheckOptions
  extends CaptureOptions,
    LayerOptions,
    FindingsFileOptions,
    InjectOptions {
  with?: Instrument[]
  suite?: SuiteName
  require?: Instrument[]
  out?: string
  force?: boolean
  timeout?: number
  operations?: number
  rounds?: number
  only?: string
  node?: string
  limit?: number
  jobs?: number
  shard?: { index: number; count: number }
  baseline?: string
  writeBaseline?: boolean
  reason?: string
  expires?: string
  strict?: boolean
  quiet?: boolean
  project?: string[]
  compiler?: string
  build?: boolean
  canary?: boolean
}

const examples = `
Examples:
  $ seamproof check                                   every instrument on the workloads of seamproof.config.ts
  $ seamproof check resize.seam.ts                    … on one workload file
  $ seamproof check --suite leaks                     for every build in CI: what leaks, in bytes per operation
  $ seamproof check --with asan,memcheck resize.seam.ts
  $ seamproof check --with layer -- node app.js       every rule of Node-API, on any program
  $ seamproof check --canary --node /opt/node26/bin/node   can the layer be trusted with this Node?
  $ seamproof check --inject resize.seam.ts           what do its error paths do? each call is made to fail once
  $ seamproof check --write-baseline --reason "before the checks"   accept what is there; only what is new fails from now on
  $ seamproof check --shard 1/4                       one of four machines; seamproof merge puts them together

Suites: leaks (track, asan, memcheck), memory (layer, asan, ubsan, memcheck, track), threads (layer, tsan, helgrind, drd), all.
Without --with and --suite, an instrument that this machine or the subject does not allow is listed as not run, with the reason.
With --suite a missing tool ends with exit code 3; with --with and --require each instrument named must run.

Exits 1 on a new finding of severity error (with --strict also on a warning), or when nothing could be looked at; 3 when a
required tool is missing; 4 when the subject could not be driven. Rules of Node-API have a page each in docs/rules.`

export function checkCommand(): Command {
  const whole = (min: number, max: number) => wholeNumber({ min, max })
  const command = addCaptureOptions(new Command('check'))
    .description(
      'Run the subject under every instrument and print one list of what is wrong: leaks, overflows, races, broken rules.',
    )
    .usage('[options] [file.seam.ts…]\n       seamproof check [options] -- program [arguments…]')
    .argument('[files...]', 'workload files; or, after --, a program and its arguments')
    .option(
      '--with <instruments>',
      `of ${instruments.join(', ')} (default: all but drd)`,
      listOf(instruments),
    )
    .addOption(
      new Option(
        '--suite <name>',
        'a choice of instruments: leaks, memory, threads or all',
      ).argParser(oneOf(suiteNames)),
    )
    .option('--require <instruments>', 'those that must run', listOf(instruments))
    .option('-o, --out <folder>', 'where everything goes (default: NAME-TIME.seamproof)')
    .option('--force', 'replace a folder that is there already')
    .option('--jobs <count>', 'runs at once (default: the cores)', whole(1, 256))
    .option('--shard <i/n>', 'make only the i-th of n parts of the runs', shardOf)
    .option('--timeout <time>', 'stop a run after this time, such as 90s', durationMs)
    .option('--limit <count>', 'how many findings to show in full (default: 20)', whole(1, 100_000))
    .option('--quiet', 'no progress')
    .optionsGroup('Builds for sanitizers:')
    .option('--project <folder...>', 'sources to build besides those the workload lies in')
    .option('--compiler <name>', 'gcc, clang, or the path of one (default: gcc)')
    .option('--no-build', 'check what is installed, even where it could be built')
    .optionsGroup('What is accepted:')
    .option('--baseline <file>', 'accepted findings (default: seamproof.baseline.json)')
    .option('--write-baseline', 'accept everything new, for the reason given')
    .option('--reason <text>', 'why it is accepted')
    .option('--expires <day>', 'until when, such as 2027-01-31', calendarDay)
    .option('--strict', 'new warnings fail, too')
    .optionsGroup('Workloads:')
    .option('--rounds <count>', 'measured rounds (default: 6)', whole(4, 1000))
    .option('--operations <count>', 'operations per round', whole(1, 100_000_000))
    .option('--only <name>', 'run only the workload of this name')
    .option('--node <path>', 'the Node that runs the workload (default: this one)')
  addFindingsFileOptions(command)
    .optionsGroup('The seam layer:')
    .option('--canary', 'only see whether the layer speaks up, with an addon that breaks rules')
  return addInjectOptions(addLayerOptions(command))
    .addHelpText('after', examples)
    .action(async (operands: string[], _options: unknown, command: Command) => {
      const given = command.optsWithGlobals<CheckOptions>()
      const chosen = chosenWith(given)
      const options = chosen === undefined ? given : { ...given, with: chosen }
      const program = programAfterSeparator(process.argv, operands)
      assertTogether(options)
      if (options.canary) {
        process.exitCode = await checkCanary(options)
        return
      }
      process.exitCode = isLayerAlone(options)
        ? await checkLayer(program, operands, options)
        : await checkSubjects(program, operands, options)
    })
}

/**
 * The layer by itself has a report of its own, with crossings, and leaves a program its terminal. What only the list of
 * findings knows is printed as that.
 */
function isLayerAlone(options: CheckOptions): boolean {
  const { sarif, junit, markdown, github, baseline, writeBaseline, strict, shard } = options
  const ofList = [sarif, junit, markdown, github, baseline, writeBaseline, strict, shard]
  const isAlone = options.with?.length === 1 && options.with[0] === 'layer'
  return isAlone && ofList.every((given) => given === undefined)
}

function assertTogether({
  with: named,
  suite,
  writeBaseline,
  reason,
  expires,
}: CheckOptions): void {
  const usage = (message: string, hint: string) =>
    new SeamproofError('OPTIONS_CONFLICT', message, { exitCode: ExitCode.usage, hint })
  if (named !== undefined && suite !== undefined)
    throw usage('--with and --suite both choose instruments', 'give one of them')
  if (writeBaseline && (reason === undefined || reason.trim() === ''))
    throw usage('what is accepted needs a reason', 'seamproof check --write-baseline --reason "…"')
  if (!writeBaseline && (reason !== undefined || expires !== undefined))
    throw usage('--reason and --expires speak of a baseline', 'add --write-baseline')
}
