import { resolve } from 'node:path'
import { ExitCode } from '../base/seamproof-error.js'
import { runCanary } from '../layer-canary.js'
import type { CheckOptions } from './check.js'
import { createTerminal } from './terminal.js'

/** Is the layer active with this Node? A clean report is worth something only if a bad one is possible. */
export async function checkCanary(options: CheckOptions): Promise<number> {
  const terminal = createTerminal(options)
  const given = options.node ?? process.execPath
  const node = given.includes('/') ? resolve(given) : given
  const song = await runCanary(node, process.env)
  const isHeard = song.missed.length === 0
  if (options.json)
    terminal.printJson({
      formatVersion: 1,
      report: 'canary',
      node,
      status: isHeard ? 'pass' : 'fail',
      ...song,
    })
  else {
    const version = song.nodeVersion === undefined ? node : `Node ${song.nodeVersion}`
    terminal.print(
      isHeard
        ? `PASS  canary: the layer saw ${song.heard.join(', ')} in an addon that breaks them, on ${version}`
        : `FAIL  canary: the layer did not see ${song.missed.join(', ')} in an addon that breaks them, on ${version}`,
    )
    if (song.ended !== undefined) terminal.print(`      the canary was ended by ${song.ended}`)
    if (!isHeard)
      terminal.print(
        '      what the layer says of this Node means nothing; try the build from nodejs.org: --node PATH',
      )
  }
  return isHeard ? ExitCode.pass : ExitCode.failed
}
