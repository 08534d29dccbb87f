import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { globSync } from 'tinyglobby'

/** In the folder of a toolchain: what its compilers noted of each call. */
export const inputsFolder = 'inputs'

/** A file that a build read and that is no part of the project: `../vendor/half.h`, `/usr/include/stdio.h`. */
export interface BuildInput {
  path: string
  hash: string
}

/** What was read from elsewhere, by what the compilers say; what lies in the build's own folder is a copy, or was made there. */
export function buildInputs(folder: string, toolchainDir: string, copyDir: string): BuildInput[] {
  const own = `${realpathSync(folder)}${sep}`
  const found = new Map<string, BuildInput>()
  for (const path of [...notedFiles(join(toolchainDir, inputsFolder)), ...cargoFiles(copyDir)]) {
    const real = realPath(path)
    if (real === undefined || real.startsWith(own) || found.has(real)) continue
    const hash = hashOf(real)
    if (hash !== undefined) found.set(real, { path: real, hash })
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

export function areUnchanged(inputs: readonly BuildInput[]): boolean {
  return inputs.every(({ path, hash }) => hashOf(path) === hash)
}

function notedFiles(inputs: string): Set<string> {
  const files = new Set<string>()
  for (const name of readdirSync(inputs)) {
    const kind = /\.(rules|own-rules|headers|archives)$/.exec(name)?.[1]
    if (kind === undefined) continue
    const text = readFileSync(join(inputs, name), 'utf8')
    const cwd = readFileSync(join(inputs, name.replace(/\.[\w-]+$/, '.cwd')), 'utf8').trimEnd()
    for (const path of kind.endsWith('rules') ? prerequisites(text) : listed(text))
      files.add(resolve(cwd, path))
  }
  return files
}

/** Cargo leaves rules for what it made from crates beside the project. */
function cargoFiles(copyDir: string): string[] {
  const made = globSync('target-seamproof/**/release/*.d', { cwd: copyDir, absolute: true })
  return made.flatMap((path) =>
    prerequisites(readFileSync(path, 'utf8')).map((file) => resolve(copyDir, file)),
  )
}

/** Of rules for make: what comes after the colon; a line goes on after a backslash, and a blank may follow one. */
export function prerequisites(rules: string): string[] {
  return rules
    .replace(/\\\r?\n/g, ' ')
    .split('\n')
    .flatMap((rule) => {
      const colon = /:(?=\s|$)/.exec(rule)
      if (colon === null) return []
      const words = rule.slice(colon.index + 1).match(/(?:\\.|[^\s\\])+/g) ?? []
      return words.map((word) => word.replace(/\\(.)/g, '$1').replaceAll('$$', '$'))
    })
}

/** One path a line; clang sets as many points before a header as it is deep. */
function listed(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const path = line.replace(/^\.+ /, '').trim()
    return path === '' ? [] : [path]
  })
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

function hashOf(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16)
  } catch {
    return undefined
  }
}
