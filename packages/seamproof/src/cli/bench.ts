import { Command, Option } from 'commander'
import { benchParts } from '../pipeline-bench.js'
import { trackerFormats } from '../report/bench/benchmark-tracker.js'
import type { BenchCommandOptions } from './bench-run.js'
import { runBenchCommand } from './bench-run.js'
import { durationMs, listOf, oneOf, ratePerSecond, wholeNumber } from './option-values.js'

const examples = `
Examples:
  $ seamproof bench resize.seam.ts                      time, latency, allocations and crossings per operation
  $ seamproof bench --rate 200k/s --realtime            latency at a rate, with other work kept away
  $ seamproof bench --save-baseline main                store what is measured, to hold later runs against
  $ seamproof bench --against main                      … against the stored numbers
  $ seamproof bench --against HEAD~3                    … against a checkout, in turns with it
  $ seamproof bench --parts allocations,crossings       only what is counted: repeats on any machine
  $ seamproof bench --format customSmallerIsBetter      for a benchmark tracker in CI

Targets of the config are judged. Exits 1 when one is missed, or when something became worse.`

export const benchFormats = ['text', 'json', 'markdown', ...trackerFormats] as const

export function benchCommand(): Command {
  const whole = (min: number, max: number) => wholeNumber({ min, max })
  return new Command('bench')
    .description('Measure workloads: throughput, latency, crossing cost, allocations.')
    .argument('[files...]', 'workload files (default: those of the config)')
    .option('--rate <rate>', 'operations per second for latency, such as 200k/s', ratePerSecond)
    .option('--time <time>', 'how long is timed, over all processes (default: 20s)', durationMs)
    .option(
      '--processes <count>',
      'processes, each of which is one sample (default: 10)',
      whole(1, 200),
    )
    .option('--only <name>', 'only the workload of this name')
    .addOption(
      new Option(
        '--parts <names>',
        `of ${benchParts.join(', ')} (default: all but the last)`,
      ).argParser(listOf(benchParts)),
    )
    .option('--instructions', 'count instructions too, by callgrind (slow)')
    .option('--realtime', 'measure latency with real-time scheduling, where permitted')
    .option('--against <name>', 'compare with a stored baseline, or with a revision of git')
    .option('--save-baseline <name>', 'store what is measured')
    .option('--noise <share>', 'changes smaller than this are noise (default: 3%)')
    .option('--node <path>', 'the Node that runs the workloads (default: this one)')
    .option('--timeout <time>', 'stop a process after this time (default: 10m)', durationMs)
    .optionsGroup('Output:')
    .option('--json', 'print JSON')
    .addOption(
      new Option('--format <format>', `one of ${benchFormats.join(', ')}`).argParser(
        oneOf(benchFormats),
      ),
    )
    .option('--markdown <file>', 'write the report as Markdown too')
    .option('-o, --out <folder>', 'where samples and captures go (default: bench-TIME.seamproof)')
    .option('--force', 'replace a run that is there already')
    .option('--config <file>', 'config with targets (default: seamproof.config.* here)')
    .addHelpText('after', examples)
    .action(async (files: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<BenchCommandOptions>()
      process.exitCode = await runBenchCommand(files, options)
    })
}
