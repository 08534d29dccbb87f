import { Command, Option } from 'commander'
import { durationMs, listOf, ratePerSecond, shardOf, wholeNumber } from './option-values.js'
import { runValidateCommand, skippable, type ValidateCommandOptions } from './validate-run.js'

const examples = `
Examples:
  $ seamproof validate                         everything that seamproof.config.ts names, in minutes
  $ seamproof validate --full                  all instruments, and the soak of an hour
  $ seamproof validate --out report --resume   go on where it was cut short
  $ seamproof validate --soak soak-hour.seamproof  with an hour that was made before, on the same native code
  $ seamproof validate --skip soak,experiments

Leaves report.html, report.md, report.json, report.sarif and report.junit.xml in its folder. Exits 0 only when every check
was made and every target met; a check that did not run is no pass.`

export function validateCommand(): Command {
  return new Command('validate')
    .description('Measure and check everything, and hold it against the targets: one verdict.')
    .argument('[files...]', 'workload files (default: those of the config)')
    .option('--full', 'all instruments, more processes, and a soak of an hour')
    .option(
      '--soak-for <time>',
      'how long the soak lasts (default: 40s, with --full 1h)',
      durationMs,
    )
    .option('--soak <folder>', 'take this finished soak of the same code instead of making one')
    .option(
      '--rate <rate>',
      'operations per second of soak and latency, such as 200k/s',
      ratePerSecond,
    )
    .option('--time <time>', 'how long the bench times (default: 12s, with --full 30s)', durationMs)
    .addOption(
      new Option('--skip <stages>', `leave out some of ${skippable.join(', ')}`).argParser(
        listOf(skippable),
      ),
    )
    .option('--resume', 'keep the stages that are done in the folder of --out')
    .option('--realtime', 'real-time scheduling for latency, where permitted')
    .option(
      '--jobs <count>',
      'checks at once (default: the machine’s cores)',
      wholeNumber({ min: 1, max: 256 }),
    )
    .option('--shard <i/n>', 'only this part of the checks, and nothing timed', shardOf)
    .option('--node <path>', 'the Node that runs the workloads (default: this one)')
    .option('-o, --out <folder>', 'where everything goes (default: NAME-TIME.seamproof)')
    .option('--force', 'replace a run that is there already')
    .option('--config <file>', 'the config (default: seamproof.config.* here)')
    .optionsGroup('Output:')
    .option('--json', 'print the whole validation as JSON')
    .option('--github', 'annotate findings in GitHub (default: when GITHUB_ACTIONS is set)')
    .addHelpText('after', examples)
    .action(async (files: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ValidateCommandOptions>()
      process.exitCode = await runValidateCommand(files, options)
    })
}
