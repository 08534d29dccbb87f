import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { findInitSubject, type InitSubject } from './init-subject.js'
import { createTerminal } from './terminal.js'

const configFile = 'seamproof.config.ts'
const workloadFile = 'first.seam.ts'

const configText = `import { defineConfig } from 'seamproof'

export default defineConfig({
  workloads: '**/*.seam.{ts,mts,js,mjs,cjs}',
  // What \`seamproof validate\` holds the numbers against, in plain words.
  targets: {
    'leaked bytes': '0 B/op',
    // throughput: '>= 200k ops/s',
    // 'latency p99': '< 0.5ms',
  },
  // Leaks that are known and accepted; each needs a reason.
  suppressions: [
    // { pattern: 'libfoo.so*initOnce', reason: 'a table that is built once' },
  ],
})
`

const exampleText = `import { deflateRawSync } from 'node:zlib'
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

const functionsShown = 12

/** Calls the first function that the package exports: the rest is for its author to say. */
function subjectText({ name, specifier, isCommonJs, functionNames }: InitSubject): string {
  const first = functionNames[0]!
  const others = functionNames.slice(1, functionsShown)
  const more = functionNames.length > functionsShown ? ', …' : ''
  return [
    isCommonJs ? `import subject from '${specifier}'` : `import * as subject from '${specifier}'`,
    "import { workload } from 'seamproof'",
    '',
    `workload('${first}', {`,
    '  // setup() may make what every operation needs; its result is handed to run.',
    '  // setup: () => Buffer.alloc(4096),',
    `  // One operation: call ${name} as its users do. It may be async.`,
    `  run: () => subject.${first}(),`,
    '})',
    ...(others.length === 0 ? [] : ['', `// It also exports: ${others.join(', ')}${more}`]),
    '',
  ].join('\n')
}

export function initCommand(): Command {
  return new Command('init')
    .description(`Write ${configFile} and a first workload, ${workloadFile}.`)
    .argument('[folder]', 'where to write them', '.')
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExamples:\n  $ seamproof init\n  $ seamproof track ${workloadFile}`)
    .action(async (folder: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<{ json?: boolean; color: boolean }>()
      const terminal = createTerminal(options)
      const into = resolve(folder)
      assertFree(into)
      const subject = await findInitSubject(into)
      const workloadText =
        subject === undefined || subject.functionNames.length === 0
          ? exampleText
          : subjectText(subject)
      const files = writeFirstFiles(into, workloadText)
      if (options.json)
        terminal.printJson({
          formatVersion: 1,
          files,
          ...(subject === undefined ? {} : { subject }),
        })
      else terminal.print(nextSteps(files, subject))
    })
}

function nextSteps(files: readonly string[], subject: InitSubject | undefined): string {
  const about =
    subject === undefined
      ? 'there is no package here: the workload is an example to replace'
      : subject.functionNames.length > 0
        ? `the workload calls ${subject.functionNames[0]}() of ${subject.name}: give it the arguments of a normal call`
        : `${subject.specifier} of ${subject.name} exports no function (${subject.loadFault ?? 'none was found'}): the workload is an example to replace`
  return [
    ...files.map((file) => `wrote ${file}`),
    '',
    about,
    '',
    `next: seamproof track ${workloadFile}     leaks per operation, in seconds`,
    '      seamproof check                    rules of Node-API, sanitizers, valgrind',
    '      seamproof validate                 everything, one verdict',
  ].join('\n')
}

function pathsIn(folder: string): { config: string; workload: string } {
  return { config: join(folder, configFile), workload: join(folder, workloadFile) }
}

function assertFree(folder: string): void {
  const existing = Object.values(pathsIn(folder)).filter((path) => existsSync(path))
  if (existing.length > 0)
    throw new SeamproofError(
      'FILE_EXISTS',
      `${existing.join(' and ')} exists; nothing was written`,
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
}

function writeFirstFiles(folder: string, workloadText: string): string[] {
  const { config, workload } = pathsIn(folder)
  writeFileSync(config, configText, { flag: 'wx' })
  writeFileSync(workload, workloadText, { flag: 'wx' })
  return [config, workload]
}
