// Every command line that the docs and `--help` tell people to type.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { globSync } from 'tinyglobby'
import { createProgram } from '../packages/seamproof/src/cli/main.js'

export const root = resolve(import.meta.dirname, '..')

export interface DocumentedCommand {
  /** As typed, without what a pipe or a comment adds: `seamproof leaks --json`. */
  line: string
  /** Where it is written: `README.md:49`, or `seamproof leaks --help`. */
  places: string[]
}

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/*.md',
  'docs/guides/*.md',
  'docs/rules/README.md',
  'docs/results/*.md',
  'examples/*/README.md',
  'packages/*/README.md',
]

/** `npm` counts as well: a script that was renamed is as bad as an option that was. */
const start = /(?<![\w@/.'"-]|install )(?:seamproof(?= +[a-z-])|npm (?:test|run)\b)/
const end = / {2,}| #|[`;)]/

/** All of them, each line once, in the order of the pages; `seamproof leaks` within a sentence only names a command. */
export function documentedCommands(): { commands: DocumentedCommand[]; named: Set<string> } {
  const found = new Map<string, string[]>()
  const named = new Set<string>()
  const add = (text: string, place: string, isSentence = false) => {
    for (const line of commandsIn(text)) {
      const [name, ...rest] = line.split(' ').slice(1)
      if (isSentence && line.startsWith('seamproof') && rest.length === 0) named.add(name!)
      else found.set(line, [...(found.get(line) ?? []), place])
    }
  }
  for (const page of globSync(pages, { cwd: root }).sort())
    for (const { text, line, isSentence } of codeOf(readFileSync(join(root, page), 'utf8')))
      add(text, `${page}:${line}`, isSentence)
  for (const { name, help } of helpTexts())
    for (const text of help.split('\n')) if (/^ +\$ /.test(text)) add(text, `${name} --help`)
  return { commands: [...found].map(([line, places]) => ({ line, places })), named }
}

/** Lines of fenced blocks, and code within sentences. */
function* codeOf(page: string): Generator<{ text: string; line: number; isSentence: boolean }> {
  let isFenced = false
  for (const [index, text] of page.split('\n').entries()) {
    const line = index + 1
    if (/^\s*```/.test(text)) isFenced = !isFenced
    else if (isFenced) yield { text, line, isSentence: false }
    else
      for (const [, code] of text.matchAll(/`([^`]+)`/g))
        yield { text: code!, line, isSentence: true }
  }
}

/** The commands of one line: several when they are joined by `&&` or pipes. What comes after them is a comment. */
function commandsIn(text: string): string[] {
  return text
    .split(/ \| | && /)
    .map((part) => part.slice(start.exec(part)?.index ?? part.length))
    .map((part) =>
      part
        .split(end)[0]!
        .replace(/ +>.*$/, '')
        .trim(),
    )
    .filter((part) => part !== '' && !part.includes('…'))
}

/** What `--help` prints, of the program and of each command. */
function helpTexts(): { name: string; help: string }[] {
  const program = createProgram()
  return [program, ...program.commands].map((command) => {
    let help = ''
    command.configureOutput({
      writeOut: (text) => {
        help += text
      },
    })
    command.outputHelp()
    return { name: command === program ? 'seamproof' : `seamproof ${command.name()}`, help }
  })
}

/** The words of a line, as a shell would give them to the program. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain!,
  )
}

/** Parses a line as the program would, and stops before anything is done. Throws what commander says against it. */
export async function parseOnly(line: string): Promise<string> {
  const program = createProgram()
  let parsed = ''
  const silent = { writeErr: () => {}, writeOut: () => {} }
  for (const command of [program, ...program.commands] as Command[]) command.configureOutput(silent)
  for (const command of program.commands)
    command.action(() => {
      parsed = command.name()
    })
  await program.parseAsync(wordsOf(line).slice(1), { from: 'user' })
  return parsed
}
