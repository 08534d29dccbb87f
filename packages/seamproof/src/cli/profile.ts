import { statSync } from 'node:fs'
import { Command, Option } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import type { CaptureOptions } from './capture-options.js'
import { byteCount, durationMs, wholeNumber } from './option-values.js'
import { profileProgram } from './profile-program.js'
import { showProfile } from './profile-summary.js'
import { profileWorkloads } from './profile-workloads.js'
import { programAfterSeparator } from './track.js'

export interface ProfileOptions extends CaptureOptions {
  wall?: boolean
  rate: number
  duration?: number
  out?: string
  force?: boolean
  paused?: boolean
  crossings?: boolean
  depth?: number
  range?: string
  limit?: number
  only?: string
  node?: string
  warmup?: number
  serve?: boolean
  port?: number
  continuous?: string
  every?: number
  keep?: number
  push?: string
  name?: string
}

const examples = `
Examples:
  $ seamproof profile -- node app.js              any program; a summary at its end
  $ seamproof profile --duration 30s -- node server.js   stop it after half a minute
  $ seamproof profile --wall -- node app.js       what threads wait for as well
  $ seamproof profile resize.seam.ts              a workload: warmed up, then sampled for 10 s
  $ seamproof profile app-20261123.seamproof      the summary of a capture that is there
  $ seamproof flamegraph                          its flame graph
  $ seamproof profile --serve -- node server.js   the flame graph while it runs
  $ seamproof profile --continuous profiles --push http://localhost:4040 -- node server.js

From inside the program: import { profile } from 'seamproof'; profile.start(), profile.stop(), profile.range('load', run).
Neither perf nor root is needed. Where the kernel's tick is slower than --rate, a sample stands for several periods.`

export function profileCommand(): Command {
  const whole = (min: number, max: number) => wholeNumber({ min, max })
  return new Command('profile')
    .description('Where the CPU time goes, JavaScript and native code in one stack.')
    .usage(
      '[options] -- program [arguments…]\n       seamproof profile [options] [file.seam.ts… | capture]',
    )
    .argument('[operands...]', 'workload files or a capture; or, after --, a program')
    .addOption(
      new Option('--rate <hz>', 'samples per second of each thread that runs')
        .argParser(whole(1, 10_000))
        .default(1000),
    )
    .option('--wall', 'sample by elapsed time: what threads wait for is seen too')
    .option(
      '--duration <time>',
      'stop a program after this time; how long a workload is sampled (default: 10s)',
      durationMs,
    )
    .option(
      '--crossings',
      'count calls into addons too, with time and bytes (adds some 25 ns to each)',
    )
    .option('--paused', 'wait for profile.start() in the program')
    .option('-o, --out <folder>', 'where the capture goes (default: NAME-TIME.seamproof)')
    .option('--force', 'replace a capture that is there already')
    .option('--depth <frames>', 'keep at most this many frames of a stack', whole(8, 510))
    .option('--range <name>', 'show only what ran inside profile.range(name, …)')
    .option('--limit <rows>', 'rows in each table', whole(1, 10_000))
    .option('--json', 'print JSON (for a program on stderr, as stdout is the program’s)')
    .option('--config <file>', 'config to use (default: seamproof.config.* here)')
    .optionsGroup('While a program runs:')
    .option('--serve', 'show the flame graph as it grows, on a page of this machine only')
    .option('--port <port>', 'port of the page (default: any)', whole(1, 65_535))
    .option('--continuous <folder>', 'write a pprof profile of each span of time into a folder')
    .option('--every <time>', 'length of a span (default: 60s)', durationMs)
    .option(
      '--keep <size>',
      'the oldest profiles go when the folder has this size (default: 100M)',
      byteCount,
    )
    .option('--push <url>', 'send each span to a Pyroscope-compatible server')
    .option('--name <name>', 'what the server calls the program (default: its script)')
    .optionsGroup('Workloads:')
    .option('--only <name>', 'run only the workload of this name')
    .option('--warmup <count>', 'operations before sampling begins', whole(0, 100_000_000))
    .option('--node <path>', 'the Node that runs the workload (default: this one)')
    .addHelpText('after', examples)
    .action(async (operands: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ProfileOptions>()
      const program = programAfterSeparator(process.argv, operands)
      process.exitCode = await run(program, operands, options)
    })
}

async function run(
  program: string[] | undefined,
  operands: string[],
  options: ProfileOptions,
): Promise<number> {
  if (program !== undefined) return await profileProgram(program, options)
  if (operands.length === 0)
    throw new SeamproofError('NOTHING_TO_PROFILE', 'there is nothing to profile', {
      exitCode: ExitCode.usage,
      hint: 'a program: seamproof profile -- node app.js; a workload: seamproof profile FILE.seam.ts; a capture: seamproof profile CAPTURE',
    })
  const [only] = operands
  if (options.serve || options.continuous !== undefined || options.push !== undefined)
    throw new SeamproofError(
      'LIVE_NEEDS_PROGRAM',
      `--serve, --continuous and --push follow a program; ${only} is none`,
      { exitCode: ExitCode.usage, hint: 'seamproof profile --serve -- node server.js' },
    )
  const isCapture = operands.length === 1 && isFolder(only!)
  if (isCapture) return await showProfile(only!, options)
  return await profileWorkloads(operands, options)
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
