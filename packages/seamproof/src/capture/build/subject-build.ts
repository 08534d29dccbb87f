import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { execa } from 'execa'
import { globSync } from 'tinyglobby'
import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'
import { buildCacheFolder, readJson, tidyCache, withLock } from './build-cache.js'
import { type BuildCommand, buildCommand } from './build-command.js'
import { areUnchanged, type BuildInput, buildInputs } from './build-inputs.js'
import type { BuildPlan } from './build-plan.js'
import { copyProject, hashProject, projectFiles } from './project-files.js'
import { type Compiler, findCompiler, writeToolchain } from './toolchain.js'
import { type BuildVariant, variantFlags, variantSymbol } from './variant.js'

export interface BuildOptions {
  variant: BuildVariant
  plan: BuildPlan
  /** `gcc` (default), `clang`, or the path of one. */
  compiler?: string | undefined
  nodePath?: string | undefined
  env?: NodeJS.ProcessEnv | undefined
  timeoutMs?: number | undefined
  /** Folders in the project that are none of its sources. */
  ignored?: readonly string[] | undefined
  onStep?: ((text: string) => void) | undefined
}

export interface BuiltLibrary {
  /** Base name, which is how a run knows it again: `addon.node`. */
  name: string
  path: string
}

/** A build of the subject for one kind of instrument, in the cache: the user's own build is never touched. */
export interface SubjectBuild {
  variant: BuildVariant
  projectDir: string
  system: BuildPlan['system']
  compiler: Pick<Compiler, 'family' | 'cc' | 'version'>
  libraries: BuiltLibrary[]
  folder: string
  /** The copy of the project that was built: paths in it stand for those of the project. */
  copyDir: string
  command: string
  /** What it read from outside the project: a build is used again only while these are the same. */
  inputs: BuildInput[]
  isCached: boolean
  wallMs: number
}

/** Raised when the way builds are made changes, so that old ones are not taken for new ones. */
const builderVersion = 2
const buildTimeoutMs = 1_200_000
const recordFile = 'build.json'

/** Builds a project with the flags of an instrument, or finds that it was built before. Throws SeamproofError. */
export async function buildSubject(options: BuildOptions): Promise<SubjectBuild> {
  const { plan, variant } = options
  const compiler = findCompiler(options.compiler)
  const nodePath = options.nodePath ?? process.execPath
  const cacheFolder = buildCacheFolder(options.env ?? process.env)
  const files = projectFiles(plan.projectDir, [cacheFolder, ...(options.ignored ?? [])])
  const flags = variantFlags(variant, compiler.family)
  const key = createHash('sha256')
    .update(JSON.stringify([builderVersion, plan, compiler.version, compiler.cc, flags, nodePath]))
    .update(hashProject(plan.projectDir, files))
    .digest('hex')
    .slice(0, 20)
  const projectKey = createHash('sha256').update(plan.projectDir).digest('hex').slice(0, 8)
  const projectFolder = join(cacheFolder, `${basename(plan.projectDir)}-${projectKey}`)
  const folder = join(projectFolder, `${variant}-${key}`)
  mkdirSync(projectFolder, { recursive: true })
  return await withLock(folder, options.timeoutMs ?? buildTimeoutMs, async () => {
    const known = readJson<SubjectBuild>(join(folder, recordFile))
    const build =
      known === undefined || !areUnchanged(known.inputs)
        ? await makeBuild({ ...options, nodePath }, compiler, files, folder)
        : { ...known, isCached: true, wallMs: 0 }
    tidyCache(projectFolder, folder)
    return build
  })
}

async function makeBuild(
  options: BuildOptions & { nodePath: string },
  compiler: Compiler,
  files: readonly string[],
  folder: string,
): Promise<SubjectBuild> {
  const { plan, variant, nodePath } = options
  const startedMs = performance.now()
  options.onStep?.(`building ${basename(plan.projectDir)} for ${variant}`)
  rmSync(folder, { recursive: true, force: true })
  const copyDir = copyProject(plan.projectDir, files, join(folder, 'tree'))
  const toolchainDir = join(folder, 'toolchain')
  const flags = [
    ...variantFlags(variant, compiler.family),
    // Stacks name the user's files, not the copies.
    `-fdebug-prefix-map=${copyDir}=${plan.projectDir}`,
  ]
  const toolchain = writeToolchain(toolchainDir, compiler, flags)
  const jobs = availableParallelism()
  const command = buildCommand({ plan, variant, copyDir, nodePath, toolchain, jobs })
  await runBuild(command, { options, copyDir, toolchainDir, toolchain, folder })
  const build: SubjectBuild = {
    variant,
    projectDir: plan.projectDir,
    system: plan.system,
    compiler: { family: compiler.family, cc: compiler.cc, version: compiler.version },
    libraries: librariesOf(command, copyDir, variant, plan),
    folder,
    copyDir,
    command: command.line,
    inputs: buildInputs(folder, toolchainDir, copyDir),
    isCached: false,
    wallMs: Math.round(performance.now() - startedMs),
  }
  writeFileSync(join(folder, recordFile), `${JSON.stringify(build, null, 2)}\n`)
  return build
}

interface BuildSurroundings {
  options: BuildOptions
  copyDir: string
  toolchainDir: string
  toolchain: { cc: string; cxx: string }
  folder: string
}

async function runBuild(
  command: BuildCommand,
  { options, copyDir, toolchainDir, toolchain, folder }: BuildSurroundings,
): Promise<void> {
  const outside = { ...(options.env ?? process.env) }
  for (const name of ['LD_PRELOAD', 'NODE_OPTIONS', 'SEAMPROOF_CAPTURE']) delete outside[name]
  // Rust's own compiler plugins must not get a sanitizer linked in.
  const isOurToolchain = options.plan.system !== 'cargo'
  const result = await execa('/bin/sh', ['-c', command.line], {
    cwd: copyDir,
    extendEnv: false,
    env: {
      ...(outside as Record<string, string>),
      ...(isOurToolchain
        ? {
            CC: toolchain.cc,
            CXX: toolchain.cxx,
            PATH: `${toolchainDir}${delimiter}${outside.PATH ?? ''}`,
          }
        : {}),
      // Programs that the build itself runs are instrumented too, and nobody asked about them.
      ASAN_OPTIONS: 'detect_leaks=0:verify_asan_link_order=0',
      ...command.env,
    },
    stdin: 'ignore',
    all: true,
    reject: false,
    timeout: options.timeoutMs ?? buildTimeoutMs,
  })
  const log = join(folder, 'build.log')
  writeFileSync(log, `$ ${command.line}\n${result.all}\n`)
  if (result.failed) throw buildFailed(options.plan, result, log)
}

function librariesOf(
  command: BuildCommand,
  copyDir: string,
  variant: BuildVariant,
  plan: BuildPlan,
): BuiltLibrary[] {
  const found = globSync(command.output, {
    cwd: copyDir,
    ignore: ['**/node_modules/**', '**/obj.target/**', '**/CMakeFiles/**', '**/deps/*.so'],
    followSymbolicLinks: false,
    dot: true,
    absolute: true,
  })
  if (found.length === 0)
    throw new SeamproofError(
      'BUILD_MADE_NOTHING',
      `\`${command.line}\` made no ${command.output.join(', ')} in a copy of ${plan.projectDir}`,
      {
        exitCode: ExitCode.subjectNotDriven,
        hint: 'say how it is built in seamproof.config.ts: build: { command, output }',
      },
    )
  const symbol = variantSymbol[variant]
  if (symbol !== undefined && !found.some((path) => readFileSync(path).includes(symbol)))
    throw new SeamproofError(
      'BUILD_NOT_INSTRUMENTED',
      `\`${command.line}\` made ${found.map((path) => basename(path)).join(', ')} without the compiler that it was given`,
      {
        exitCode: ExitCode.subjectNotDriven,
        hint: 'let the build use $CC and $CXX, or the first gcc and g++ in PATH',
      },
    )
  return found.map((path) => ({ name: basename(path), path }))
}

const shownLines = 15

interface Ending {
  all?: string
  exitCode?: number
  signal?: string
  timedOut: boolean
}

function buildFailed(plan: BuildPlan, ending: Ending, log: string): SeamproofError {
  const { all: output = '', exitCode, signal, timedOut } = ending
  const how = timedOut ? 'its time was up' : (signal ?? `exit code ${exitCode}`)
  const lines = output.trim().split('\n')
  const firstError = lines.findIndex((line) =>
    /\berror\b|not found|undefined reference/i.test(line),
  )
  const from = firstError === -1 ? Math.max(0, lines.length - shownLines) : firstError
  const shown = lines.slice(from, from + shownLines).join('\n  ')
  return new SeamproofError(
    'SUBJECT_BUILD_FAILED',
    `${plan.projectDir} (${plan.evidence}) could not be built (${how}):\n  ${shown}`,
    { exitCode: ExitCode.subjectNotDriven, hint: `see the whole output: less ${log}` },
  )
}
