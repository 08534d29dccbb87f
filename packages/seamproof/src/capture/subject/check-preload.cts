// Preloaded into every Node process of a check. It must be quick, must never throw, and leaves nothing behind that a checker
// would report.
import fs = require('node:fs')
import nodeModule = require('node:module')
import path = require('node:path')
import v8 = require('node:v8')
import worker = require('node:worker_threads')

import type { CheckPlan, LoadedAddon } from './check-plan.js'

type Dlopen = (module: object, filename: string, flags?: number) => void
interface Probe {
  checkLeaksAtEnd(): string
}

/** An addon that a worker unloads takes the names of its stacks with it. */
const rtldLazy = 1
const rtldNoDelete = 0x1000

function start(): void {
  const planPath = process.env.SEAMPROOF_CHECK
  if (planPath === undefined) return
  let plan: CheckPlan
  try {
    plan = JSON.parse(fs.readFileSync(planPath, 'utf8')) as CheckPlan
  } catch {
    return
  }
  // Small Buffers out of one pool hide writes past their end, and uses after they were collected.
  Buffer.poolSize = 0
  for (const flag of plan.v8Flags) v8.setFlagsFromString(flag)
  const open = process.dlopen as Dlopen
  process.dlopen = redirected(open, plan) as typeof process.dlopen
  resolveUnbuilt(plan)
  if (plan.mustCheckBeforeExit && plan.probePath !== undefined && worker.isMainThread)
    checkBeforeExit(open, plan.probePath)
}

function redirected(open: Dlopen, plan: CheckPlan): Dlopen {
  return (module, filename, flags = rtldLazy) => {
    if (filename === plan.probePath)
      return open.call(process, module, filename, flags | rtldNoDelete)
    // What is not there may have a build all the same: the resolver let its name pass.
    const asked = realPath(filename) ?? path.resolve(filename)
    const target = buildOf(asked, plan)
    if (target === undefined) {
      open.call(process, module, filename, flags | rtldNoDelete)
      note(plan, { pid: process.pid, asked, loaded: asked, isBuild: isBuild(asked, plan) })
      return
    }
    try {
      open.call(process, module, target, flags | rtldNoDelete)
      note(plan, { pid: process.pid, asked, loaded: target, isBuild: true })
    } catch (error) {
      note(plan, {
        pid: process.pid,
        asked,
        loaded: asked,
        isBuild: false,
        error: (error as Error).message,
      })
      open.call(process, module, filename, flags | rtldNoDelete)
    }
  }
}

/** The build of an addon: that of its project, of the same name; or the only one, since prebuilt files have names of their own. */
function buildOf(asked: string, plan: CheckPlan): string | undefined {
  const redirect = plan.redirects
    .filter(({ projectDir }) => asked.startsWith(`${projectDir}/`))
    .sort((a, b) => b.projectDir.length - a.projectDir.length)[0]
  if (redirect === undefined) return undefined
  const below = asked.slice(redirect.projectDir.length)
  if (below.includes('/node_modules/')) return undefined
  const name = path.basename(asked)
  const { libraries } = redirect
  const exact = libraries.filter((library) => library.name === name)
  const same =
    exact.length > 0
      ? exact
      : libraries.filter((library) => withoutHash(library.name) === withoutHash(name))
  if (same.length > 0) return (same.find(({ path }) => path.endsWith(below)) ?? same[0]!).path
  const addons = libraries.filter((library) => library.name.endsWith('.node'))
  const [only, ...others] = addons.length === 0 ? libraries : addons
  return only === undefined || others.length > 0 || isBeside(only.name, asked)
    ? undefined
    : only.path
}

/** Where the addon itself lies in the same folder, this is another one. */
function isBeside(library: string, asked: string): boolean {
  try {
    const names = fs.readdirSync(path.dirname(asked))
    return names.some((name) => withoutHash(name) === withoutHash(library))
  } catch {
    return false
  }
}

/** `grid-1f3a5b7c9d2e4f60.node`: a hash of the sources and flags, which the build for a checker has otherwise. */
const withoutHash = (name: string): string => name.replace(/-[0-9a-f]{12,}(?=\.node$)/, '')

function isBuild(loaded: string, plan: CheckPlan): boolean {
  return plan.redirects.some(({ libraries }) => libraries.some(({ path }) => path === loaded))
}

interface Resolver {
  _resolveFilename(
    request: string,
    parent: { filename?: string } | undefined,
    ...rest: unknown[]
  ): string
}

/** An addon that the user has not built himself: its build in the cache is found by its name. */
function resolveUnbuilt(plan: CheckPlan): void {
  const resolver = nodeModule as unknown as Resolver
  const resolve = resolver._resolveFilename
  resolver._resolveFilename = (request, parent, ...rest) => {
    try {
      return resolve.call(resolver, request, parent, ...rest)
    } catch (error) {
      if (!/\.node$/.test(request)) throw error
      const folder = path.dirname(parent?.filename ?? process.cwd())
      const asked = path.resolve(folder, request)
      const target = buildOf(asked, plan)
      if (target === undefined) throw error
      // cargo's is named .so, which Node would read as JavaScript.
      return target.endsWith('.node') ? target : asked
    }
  }
}

function realPath(filename: string): string | undefined {
  try {
    return fs.realpathSync(filename)
  } catch {
    return undefined
  }
}

function note(plan: CheckPlan, addon: LoadedAddon): void {
  try {
    fs.appendFileSync(path.join(plan.folder, 'loaded.jsonl'), `${JSON.stringify(addon)}\n`)
  } catch {
    // The subject may have given up its rights; what it loads is then not known.
  }
}

/**
 * `process.exit` and uncaught errors end the process with everything still in it: finalizers do not run, and what V8 held would
 * count as lost. Leaks are looked for while it is still held.
 */
function checkBeforeExit(open: Dlopen, probePath: string): void {
  let isChecked = false
  let isUncaught = false
  const check = () => {
    if (isChecked) return
    isChecked = true
    try {
      const probe = { exports: {} as Probe }
      open.call(process, probe, probePath, rtldLazy | rtldNoDelete)
      probe.exports.checkLeaksAtEnd()
    } catch {
      // Without the probe the check at the end of the process stands.
    }
  }
  const target = process as unknown as { reallyExit(code: number): never }
  const reallyExit = target.reallyExit
  target.reallyExit = (code) => {
    check()
    return reallyExit.call(process, code)
  }
  process.on('uncaughtExceptionMonitor', () => {
    isUncaught = true
  })
  process.on('exit', () => {
    if (isUncaught) check()
  })
}

start()
