import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const buildSystems = ['node-gyp', 'cmake-js', 'cmake', 'make', 'cargo', 'command'] as const
export type BuildSystem = (typeof buildSystems)[number]

/** How a project says that its native code is built. */
export interface BuildPlan {
  system: BuildSystem
  projectDir: string
  /** The file that says so, for messages. */
  evidence: string
  /** Only for `command`: a line for the shell, run in a copy of the project with CC, CXX and PATH set. */
  command?: string
  /** Only for `command`: where its addons are afterwards, as glob patterns relative to the project. */
  output?: string[]
}

/** From `build` in the config: for a project whose build is none that we know. */
export interface CustomBuild {
  command: string
  output: string | string[]
}

/** Undefined: nothing in this folder says how it is built; what it loads was built elsewhere. */
export function planBuild(projectDir: string, custom?: CustomBuild): BuildPlan | undefined {
  if (custom !== undefined)
    return {
      system: 'command',
      projectDir,
      evidence: 'build.command in the config',
      command: custom.command,
      output: [custom.output].flat(),
    }
  const has = (name: string) => existsSync(join(projectDir, name))
  const plan = (system: BuildSystem, evidence: string): BuildPlan => ({
    system,
    projectDir,
    evidence,
  })
  if (has('binding.gyp')) return plan('node-gyp', 'binding.gyp')
  if (has('CMakeLists.txt'))
    return usesCmakeJs(projectDir)
      ? plan('cmake-js', 'CMakeLists.txt and cmake-js in package.json')
      : plan('cmake', 'CMakeLists.txt')
  if (has('Cargo.toml') && isDynamicCrate(projectDir)) return plan('cargo', 'Cargo.toml')
  for (const name of ['Makefile', 'makefile', 'GNUmakefile'])
    if (has(name)) return plan('make', name)
  return undefined
}

function usesCmakeJs(projectDir: string): boolean {
  try {
    return readFileSync(join(projectDir, 'package.json'), 'utf8').includes('cmake-js')
  } catch {
    return false
  }
}

function isDynamicCrate(projectDir: string): boolean {
  return /crate-type\s*=\s*\[[^\]]*"cdylib"/.test(
    readFileSync(join(projectDir, 'Cargo.toml'), 'utf8'),
  )
}

/** The package that a file belongs to: the nearest folder above it with a package.json, or one that says how to build it. */
export function projectOf(path: string): string | undefined {
  const start = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : dirname(path)
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) || existsSync(join(folder, 'binding.gyp')))
      return folder
    if (folder === dirname(folder)) return undefined
  }
}
