import { Command } from 'commander'
import { seamproofVersion } from '../base/seamproof-version.js'
import { analyzeCommand } from './analyze.js'
import { benchCommand } from './bench.js'
import { checkCommand } from './check.js'
import { diffCommand } from './diff.js'
import { doctorCommand } from './doctor.js'
import { experimentCommand } from './experiment.js'
import { exportCommand } from './export.js'
import { findingsCommand } from './findings.js'
import { flamegraphCommand } from './flamegraph.js'
import { initCommand } from './init.js'
import { inspectCommand } from './inspect.js'
import { leaksCommand } from './leaks.js'
import { mergeCommand } from './merge.js'
import { profileCommand } from './profile.js'
import { reportFailure } from './report-failure.js'
import { soakCommand } from './soak.js'
import { summaryCommand } from './summary.js'
import { ignoreClosedPipes } from './terminal.js'
import { timelineCommand } from './timeline.js'
import { trackCommand } from './track.js'
import { treeCommand } from './tree.js'
import { validateCommand } from './validate.js'

const exitCodes = `
Exit codes:
  0   pass
  1   a leak, or another check that failed
  2   the command was not understood
  3   this machine lacks something (see: seamproof doctor)
  4   the subject could not be driven
  70  a bug in Seamproof
  \`track -- program\` ends with the program's own exit code.

Start with:
  $ seamproof track -- node app.js     record any program
  $ seamproof init                     write a first workload, to be told what leaks per operation`

const commands = [
  trackCommand,
  checkCommand,
  validateCommand,
  benchCommand,
  profileCommand,
  findingsCommand,
  mergeCommand,
  soakCommand,
  experimentCommand,
  leaksCommand,
  analyzeCommand,
  summaryCommand,
  flamegraphCommand,
  treeCommand,
  timelineCommand,
  diffCommand,
  inspectCommand,
  exportCommand,
  doctorCommand,
  initCommand,
]

/** Exported for the test that holds the docs’ command lines against it. */
export function createProgram(): Command {
  const program = new Command('seamproof')
    .description(
      'Finds out, by measurement, whether native code behind a JavaScript boundary is memory-safe and fast.',
    )
    .version(seamproofVersion)
    .option('--no-color', 'print without colours (NO_COLOR does the same)')
    .addHelpText('after', exitCodes)
  for (const create of commands) program.addCommand(create())
  for (const command of [program, ...program.commands])
    command.exitOverride().showSuggestionAfterError().showHelpAfterError('(see --help)')
  return program
}

/** Runs one command line. The exit code is set, never forced, so that output still under way is written. */
export async function main(argv: readonly string[]): Promise<void> {
  ignoreClosedPipes()
  try {
    await createProgram().parseAsync([...argv])
  } catch (thrown) {
    process.exitCode = reportFailure(thrown)
  }
}
