import { Command, Option } from 'commander'
import { type ErrorCode, ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { captureModes } from '../config/config-schema.js'
import type { CaptureMode } from '../contract/capture.js'
import type { CaptureOptions } from './capture-options.js'
import { byteCount, durationMs, oneOf, wholeNumber } from './option-values.js'
import { trackProgram } from './track-program.js'
import { trackWorkloads } from './track-workloads.js'

export interface TrackOptions extends CaptureOptions {
  mode?: CaptureMode
  out?: string
  force?: boolean
  exact?: boolean
  timeout?: number
  depth?: number
  fileLimit?: number
  rounds?: number
  operations?: number
  warmup?: number
  only?: string
  node?: string
  layer?: boolean
}

const examples = `
Examples:
  $ seamproof track -- node server.js         any program; its output and exit code stay its own
  $ seamproof track -o out -- npm test        children are followed: one trace per process
  $ seamproof track resize.seam.ts            a workload in rounds: what leaks per operation; exits 1 on a leak
  $ seamproof track                           all workloads that seamproof.config.ts names
  $ seamproof track --mode aggregate -- node server.js   bounded memory and disk, for runs of hours

The environment of a program is kept, with LD_PRELOAD, NODE_OPTIONS and SEAMPROOF_* added to it. For a workload,
NODE_EXTRA_CA_CERTS is dropped: reading certificates adds 400,000 allocations to the start of Node.`

export function trackCommand(): Command {
  const whole = (min: number, max: number) => wholeNumber({ min, max })
  return new Command('track')
    .description(
      'Record every native allocation of a program or a workload, with its JavaScript and native stack.',
    )
    .usage('[options] -- program [arguments…]\n       seamproof track [options] [file.seam.ts…]')
    .argument('[files...]', 'workload files; or, after --, a program and its arguments')
    .addOption(
      new Option(
        '--mode <mode>',
        'full: every event. aggregate: totals per stack, bounded (default: full)',
      ).argParser(oneOf(captureModes)),
    )
    .option('-o, --out <folder>', 'where the capture goes (default: NAME-TIME.seamproof)')
    .option('--force', 'replace a capture that is there already')
    .option(
      '--exact',
      'no inlined and no baseline code, so that every JavaScript frame is its own and has its line (default for workloads)',
    )
    .option('--no-exact', 'leave V8 as it is (default for programs)')
    .option(
      '--timeout <time>',
      'stop the subject after this time, such as 90s (default: workloads 10m, programs never)',
      durationMs,
    )
    .option('--depth <frames>', 'keep at most this many frames of a stack', whole(8, 510))
    .option(
      '--file-limit <size>',
      'stop recording when a trace has this size, such as 2G',
      byteCount,
    )
    .option('--layer', 'check every Node-API call as well (see: seamproof check)')
    .option('--json', 'print JSON (for a program on stderr, as stdout is the program’s)')
    .option('--config <file>', 'config to use (default: seamproof.config.* here)')
    .optionsGroup('Workloads:')
    .option('--rounds <count>', 'measured rounds (default: 6)', whole(3, 1000))
    .option(
      '--operations <count>',
      'operations per round (default: as many as run in about 0.7 s)',
      whole(1, 100_000_000),
    )
    .option(
      '--warmup <count>',
      'operations before the first mark (default: 20,000, or 3 s)',
      whole(0, 100_000_000),
    )
    .option('--only <name>', 'run only the workload of this name')
    .option('--node <path>', 'the Node that runs the workload (default: this one)')
    .addHelpText('after', examples)
    .action(async (operands: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<TrackOptions>()
      const program = programAfterSeparator(process.argv, operands)
      process.exitCode =
        program === undefined
          ? await trackWorkloads(operands, options)
          : await trackProgram(program, options)
    })
}

/** commander drops the `--`, which is what tells a program from workload files. */
export function programAfterSeparator(
  argv: readonly string[],
  operands: readonly string[],
): string[] | undefined {
  const separator = argv.indexOf('--')
  if (separator === -1) return undefined
  const program = argv.slice(separator + 1)
  if (program.length === 0)
    throw usage('NO_PROGRAM', 'there is no program after --', 'seamproof track -- node app.js')
  if (operands.length > program.length)
    throw usage(
      'PROGRAM_AND_WORKLOAD',
      `"${operands[0]}" before -- is a workload file, and ${program[0]} after it a program`,
      'track one or the other',
    )
  return program
}

function usage(code: ErrorCode, message: string, hint: string): SeamproofError {
  return new SeamproofError(code, message, { exitCode: ExitCode.usage, hint })
}
