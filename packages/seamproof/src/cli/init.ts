import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { createTerminal } from './terminal.js'

const configFile = 'seamproof.config.ts'
const workloadFile = 'first.seam.ts'

const configText = `import { defineConfig } from 'seamproof'

export default defineConfig({
  workloads: '**/*.seam.{ts,mts,js,mjs,cjs}',
  // Leaks that are known and accepted; each needs a reason.
  suppressions: [
    // { pattern: 'libfoo.so*initOnce', reason: 'a table that is built once' },
  ],
})
`

const workloadText = `import { deflateRawSync } from 'node:zlib'
import { workload } from 'seamproof'

// Replace this with calls into your own addon: import it as your users do.
const input = Buffer.alloc(4096, 'abc')

workload('compress 4 KB', {
  // setup() may make what every operation needs; its result is handed to run.
  setup: () => input,
  // One operation. It may be async. Seamproof runs it in rounds and counts what stays behind.
  run: (bytes) => deflateRawSync(bytes),
})
`

export function initCommand(): Command {
  return new Command('init')
    .description(`Write ${configFile} and a first workload, ${workloadFile}.`)
    .argument('[folder]', 'where to write them', '.')
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExamples:\n  $ seamproof init\n  $ seamproof track ${workloadFile}`)
    .action((folder: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<{ json?: boolean; color: boolean }>()
      const terminal = createTerminal(options)
      const files = writeFirstFiles(resolve(folder))
      if (options.json) terminal.printJson({ formatVersion: 1, files })
      else
        terminal.print(`wrote ${files.join('\nwrote ')}\n\nnext: seamproof track ${workloadFile}`)
    })
}

function writeFirstFiles(folder: string): string[] {
  const files = [
    { path: join(folder, configFile), text: configText },
    { path: join(folder, workloadFile), text: workloadText },
  ]
  const existing = files.filter(({ path }) => existsSync(path))
  if (existing.length > 0)
    throw new SeamproofError(
      'FILE_EXISTS',
      `${existing.map(({ path }) => path).join(' and ')} exists; nothing was written`,
      {
        exitCode: ExitCode.usage,
        hint: 'move it away, or name another folder: seamproof init FOLDER',
      },
    )
  if (!existsSync(folder))
    throw new SeamproofError('FOLDER_NOT_FOUND', `there is no folder ${folder}`, {
      exitCode: ExitCode.usage,
      hint: `make it first: mkdir -p ${folder}`,
    })
  for (const { path, text } of files) writeFileSync(path, text, { flag: 'wx' })
  return files.map(({ path }) => path)
}
