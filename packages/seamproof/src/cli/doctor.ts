import { Command } from 'commander'
import { ExitCode } from '../base/seamproof-error.js'
import { runCanary } from '../layer-canary.js'
import { checkMachine, installLine, installPackages, type MachineCheck } from '../pipeline.js'
import { createTerminal, type Terminal } from './terminal.js'

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Say what this machine lacks, and how to get it.')
    .option('--json', 'print JSON')
    .option('--install', 'install what is missing with apt-get (needs root; else it says the line)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ seamproof doctor\n  $ sudo npx seamproof doctor --install\n  $ seamproof doctor --json',
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<DoctorOptions>()
      const terminal = createTerminal(options)
      const checks = await checkedMachine(options, terminal)
      checks.push(await checkSeamLayer(checks))
      const isReady = checks.every((check) => check.status !== 'missing')
      if (options.json) terminal.printJson({ formatVersion: 1, isReady, checks })
      else printChecks(checks, terminal)
      process.exitCode = isReady ? ExitCode.pass : ExitCode.machineLacks
    })
}

interface DoctorOptions {
  json?: boolean
  color: boolean
  install?: boolean
}

/** Looked at again after installing: what apt-get says it did is not yet what can be used. */
async function checkedMachine(
  { install }: DoctorOptions,
  terminal: Terminal,
): Promise<MachineCheck[]> {
  const checks = await checkMachine(process.cwd())
  if (install !== true) return checks
  const packages = [
    ...new Set(
      checks.flatMap(({ status, aptPackages }) => (status === 'ok' ? [] : (aptPackages ?? []))),
    ),
  ]
  if (packages.length === 0) {
    terminal.remark('seamproof: nothing is missing that a package would bring')
    return checks
  }
  terminal.remark(`seamproof: ${installLine(packages)}`)
  await installPackages(packages)
  return await checkMachine(process.cwd())
}

/** Not that the layer is there, but that it speaks. */
async function checkSeamLayer(checks: readonly MachineCheck[]): Promise<MachineCheck> {
  const name = 'seam layer'
  const isAgentThere = checks.every((check) => check.name !== 'agent' || check.status === 'ok')
  if (!isAgentThere) return { name, status: 'missing', detail: 'there is no agent' }
  try {
    const { heard, missed } = await runCanary(process.execPath, process.env)
    if (missed.length === 0)
      return { name, status: 'ok', detail: `saw ${heard.length} broken rules of a known-bad addon` }
    return {
      name,
      status: 'limited',
      detail: `did not see ${missed.join(', ')} in a known-bad addon: check --with layer means nothing here`,
      remedy: 'use the build of Node from nodejs.org',
    }
  } catch (error) {
    return { name, status: 'limited', detail: (error as Error).message }
  }
}

const labels = { ok: 'ok', limited: 'limited', missing: 'MISSING' } as const

function printChecks(checks: readonly MachineCheck[], terminal: Terminal): void {
  const width = Math.max(...checks.map((check) => check.name.length))
  for (const { name, status, detail, remedy } of checks) {
    terminal.print(`${name.padEnd(width)}  ${labels[status].padEnd(7)}  ${detail}`)
    if (remedy !== undefined) terminal.print(`${' '.repeat(width)}           → ${remedy}`)
  }
  const missingCount = checks.filter((check) => check.status === 'missing').length
  terminal.print('')
  terminal.print(
    missingCount === 0
      ? 'This machine is ready: seamproof track -- node app.js'
      : `${missingCount} of ${checks.length} missing: Seamproof cannot track here yet.`,
  )
}
