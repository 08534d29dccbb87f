import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type ErrorCode, ExitCode, SeamproofError } from '../../base/seamproof-error.js'
import { findInPath } from '../find-in-path.js'
import type { BuildPlan } from './build-plan.js'
import { shellQuote } from './toolchain.js'
import type { BuildVariant } from './variant.js'

export interface CommandQuestion {
  plan: BuildPlan
  variant: BuildVariant
  /** Where the copy of the project is. */
  copyDir: string
  /** The Node that will load the addon: its headers count. */
  nodePath: string
  toolchain: { cc: string; cxx: string }
  jobs: number
}

export interface BuildCommand {
  /** For /bin/sh, run in the copy. */
  line: string
  env: Record<string, string>
  /** Glob patterns, relative to the copy, of what it makes. */
  output: string[]
}

const anyAddon = ['build/**/*.node', '**/*.node']
const anyLibrary = [...anyAddon, '**/*.so', '**/*.so.*']

/** What to type in the copy to have it built. */
export function buildCommand(question: CommandQuestion): BuildCommand {
  const { plan, copyDir, toolchain, jobs, nodePath } = question
  const node = shellQuote(nodePath)
  switch (plan.system) {
    case 'node-gyp': {
      const nodeDir = nodeDirectory(nodePath)
      const headers = nodeDir === undefined ? '' : ` --nodedir=${shellQuote(nodeDir)}`
      const gyp = shellQuote(findNodeGyp(plan.projectDir, nodePath))
      return {
        line: `${node} ${gyp} rebuild --release --jobs=${jobs}${headers}`,
        env: {},
        output: anyAddon,
      }
    }
    case 'cmake-js':
      return {
        line: `${node} ${shellQuote(findCmakeJs(plan.projectDir))} compile --out build --parallel ${jobs}`,
        env: {},
        output: anyAddon,
      }
    case 'cmake':
      return {
        line: `${requireTool('cmake')} -S . -B build -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=${shellQuote(toolchain.cc)} -DCMAKE_CXX_COMPILER=${shellQuote(toolchain.cxx)} && cmake --build build --parallel ${jobs}`,
        env: {},
        output: anyLibrary,
      }
    case 'make':
      return {
        line: `${requireTool('make')} -j${jobs} CC=${shellQuote(toolchain.cc)} CXX=${shellQuote(toolchain.cxx)}`,
        env: {},
        output: anyLibrary,
      }
    case 'cargo':
      return cargoCommand(question, copyDir)
    case 'command':
      return { line: plan.command!, env: {}, output: plan.output! }
  }
}

/**
 * Rust has its sanitizers behind an unstable option, which a stable compiler takes as well when it is told to. No run-time library
 * is linked into a cdylib: gcc's, which is preloaded, serves. A race is told only where the standard library's own atomics are
 * seen, so that must be built, too.
 */
function cargoCommand({ variant, plan }: CommandQuestion, copyDir: string): BuildCommand {
  const cargo = requireTool('cargo')
  const flags = ['-Cforce-frame-pointers=yes', `--remap-path-prefix=${copyDir}=${plan.projectDir}`]
  const env = (more: readonly string[]) => ({
    CARGO_TARGET_DIR: join(copyDir, 'target-seamproof'),
    CARGO_PROFILE_RELEASE_DEBUG: '2',
    CARGO_PROFILE_RELEASE_STRIP: 'none',
    // Not RUSTFLAGS, which would end at a blank in a path.
    CARGO_ENCODED_RUSTFLAGS: [...flags, ...more].join('\x1f'),
  })
  const output = ['target-seamproof/**/release/*.so']
  if (variant === 'debug') return { line: `${cargo} build --release`, env: env([]), output }
  if (variant === 'undefined')
    throw cannotBuild(
      'SANITIZER_UNAVAILABLE',
      'Rust has no undefined-behaviour sanitizer for code that is linked into Node',
      'memcheck and the seam layer see this addon as it is: seamproof check --with memcheck',
    )
  if (variant === 'thread' && !hasRustSource(copyDir))
    throw cannotBuild(
      'RUST_SOURCE_MISSING',
      'races in Rust are told only when its standard library is built for the thread sanitizer, too, and its source is not here',
      'rustup component add rust-src; without it: seamproof check --with helgrind',
    )
  const target = '--target x86_64-unknown-linux-gnu'
  const sanitizerFlags = [
    `-Zsanitizer=${variant}`,
    // One run shows all that is wrong, not only what is met first.
    ...(variant === 'address' ? ['-Zsanitizer-recover=address'] : []),
  ]
  const buildStd = variant === 'thread' ? ' -Zbuild-std' : ''
  return {
    // With a target named, what the build runs itself (build scripts, macros) stays as it is.
    line: `${cargo} build --release ${target}${buildStd}`,
    env: { ...env(sanitizerFlags), RUSTC_BOOTSTRAP: '1' },
    output,
  }
}

function hasRustSource(copyDir: string): boolean {
  try {
    // In the project, which may name a toolchain of its own.
    const asked = { cwd: copyDir, encoding: 'utf8' } as const
    const sysroot = execFileSync('rustc', ['--print', 'sysroot'], asked).trim()
    return existsSync(join(sysroot, 'lib/rustlib/src/rust/library/std/Cargo.toml'))
  } catch {
    return false
  }
}

/** `/usr` for `/usr/bin/node` when Node's headers are installed with it: nothing has to be downloaded then. */
function nodeDirectory(nodePath: string): string | undefined {
  const folder = dirname(dirname(nodePath))
  return existsSync(join(folder, 'include/node/node_api.h')) ? folder : undefined
}

function findNodeGyp(projectDir: string, nodePath: string): string {
  const candidates = [
    tryResolve(projectDir, 'node-gyp/bin/node-gyp.js'),
    ...[nodePath, process.execPath].map((node) =>
      join(dirname(dirname(node)), 'lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js'),
    ),
    findInPath('node-gyp'),
  ]
  const found = candidates.find((path) => path !== undefined && existsSync(path))
  if (found === undefined)
    throw cannotBuild(
      'NODE_GYP_MISSING',
      'node-gyp was not found',
      'npm install --save-dev node-gyp',
    )
  return found
}

function findCmakeJs(projectDir: string): string {
  const found = tryResolve(projectDir, 'cmake-js/bin/cmake-js') ?? findInPath('cmake-js')
  if (found === undefined)
    throw cannotBuild(
      'CMAKE_JS_MISSING',
      'cmake-js was not found',
      'npm install --save-dev cmake-js',
    )
  return found
}

function tryResolve(projectDir: string, module: string): string | undefined {
  try {
    return createRequire(join(projectDir, 'package.json')).resolve(module)
  } catch {
    return undefined
  }
}

function requireTool(name: string): string {
  if (findInPath(name) !== undefined) return name
  throw cannotBuild(
    'BUILD_TOOL_MISSING',
    `"${name}" was not found`,
    `apt-get install --yes ${name}`,
  )
}

function cannotBuild(code: ErrorCode, message: string, hint: string): SeamproofError {
  return new SeamproofError(code, message, { exitCode: ExitCode.machineLacks, hint })
}
