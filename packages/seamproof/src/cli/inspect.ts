import { Command } from 'commander'
import { ExitCode } from '../base/seamproof-error.js'
import { inspectTrace, type TraceViolation, traceFilesOf, verifyTrace } from '../pipeline.js'
import { shownPath } from './capture-options.js'
import { createTerminal, type Terminal } from './terminal.js'

interface InspectOptions {
  json?: boolean
  color: boolean
  verify?: boolean
  events: boolean
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .description(
      'Every record of a capture’s traces, a line each; or, with --verify, what contradicts the format.',
    )
    .argument(
      '[capture]',
      'a capture folder or a single *.trace file (default: the newest capture here)',
    )
    .option('--verify', 'check the rules of the format instead; exits 1 when one is broken')
    .option('--no-events', 'leave single events out')
    .option('--json', 'print JSON: one object a line, or the findings of --verify')
    .addHelpText(
      'after',
      '\nExamples:\n  $ seamproof inspect --no-events\n  $ seamproof inspect --verify\n  $ seamproof inspect CAPTURE/process-4242-0.trace | less',
    )
    .action(async (given: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<InspectOptions>()
      const terminal = createTerminal(options)
      const paths = traceFilesOf(given, process.cwd())
      if (options.verify) process.exitCode = verify(paths, options, terminal)
      else for (const path of paths) await printRecords(path, options, terminal)
    })
}

const linesAtATime = 1000

/** In portions, with a turn of the event loop in between: a reader who has seen enough is noticed. */
async function printRecords(
  path: string,
  options: InspectOptions,
  terminal: Terminal,
): Promise<void> {
  const shown = shownPath(path)
  if (!options.json) terminal.print(`── ${shown}`)
  let lines: string[] = []
  const flush = async () => {
    if (lines.length > 0) terminal.print(lines.join('\n'))
    lines = []
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const record of inspectTrace(path, { withoutEvents: !options.events })) {
    lines.push(options.json ? JSON.stringify({ trace: shown, record }) : record)
    if (lines.length >= linesAtATime) await flush()
  }
  await flush()
}

function verify(paths: readonly string[], options: InspectOptions, terminal: Terminal): number {
  const results = paths.map((path) => ({ trace: shownPath(path), violations: verifyTrace(path) }))
  const isSound = results.every(({ violations }) => violations.length === 0)
  if (options.json) terminal.printJson({ formatVersion: 1, isSound, traces: results })
  else for (const result of results) terminal.print(verifyText(result))
  return isSound ? ExitCode.pass : ExitCode.failed
}

function verifyText({
  trace,
  violations,
}: {
  trace: string
  violations: TraceViolation[]
}): string {
  if (violations.length === 0) return `${trace}: sound`
  const lines = violations.map(
    ({ rule, count, example }) =>
      `  broken ${count} time${count === 1 ? '' : 's'}: ${rule}\n    ${example}`,
  )
  return `${trace}:\n${lines.join('\n')}`
}
