import { basename, resolve } from 'node:path'
import type { Frame, FrameOrigin } from '../contract/frame.js'
import type { TraceSymbols } from '../contract/symbols.js'
import type { TraceLocation } from '../trace/trace-location.js'
import type { TraceMeta } from '../trace/trace-meta.js'
import { builtinFrame } from './code-name.js'
import { demangle, isMangled, trimLinkerName } from './demangler.js'
import { FrameTable } from './frame-table.js'
import { JsFrames, Scripts } from './js-frames.js'
import { moduleOrigin } from './module-origin.js'
import { nativeFrames, unknownFrame } from './native-frames.js'
import { type ModuleSymbols, type NativeModule, resolveModule } from './native-module.js'
import { findSymbolTools, type SymbolTools, symbolToolsHint, TaskLimit } from './symbol-tools.js'

/** The part of a trace that names are made from. */
export type SymbolizedTrace = Pick<
  TraceMeta,
  'traceFile' | 'process' | 'modules' | 'code' | 'locations'
> & { header: Pick<TraceMeta['header'], 'startWallMs' | 'startMonotonicNs' | 'endMonotonicNs'> }

export interface SymbolizeProgress {
  /** What was just finished: a module's base name, `names`, or a trace file. */
  step: string
  doneCount: number
  totalCount: number
}

export interface SymbolizeOptions {
  /** Base names or paths of modules that count as the subject wherever they lie. */
  subjectModules?: readonly string[]
  /** Found along PATH unless given. */
  tools?: SymbolTools
  /** Where separate debug files are installed; `/usr/lib/debug` unless given. */
  debugFolder?: string
  onProgress?: (progress: SymbolizeProgress) => void
}

/** A module and all its addresses that some trace asks for. */
interface ModuleTask {
  module: NativeModule
  addresses: Set<number>
  symbols?: ModuleSymbols
}

/** A module as one trace sees it. */
interface ModuleView {
  task: ModuleTask
  origin: FrameOrigin
}

const toolsAtATime = 2

export async function symbolizeTrace(
  meta: SymbolizedTrace,
  options: SymbolizeOptions = {},
): Promise<TraceSymbols> {
  const [symbols] = await symbolizeTraces([meta], options)
  return symbols!
}

/** Names every location of the traces. A module that several of them loaded is read once. Never throws for what it finds. */
export async function symbolizeTraces(
  metas: readonly SymbolizedTrace[],
  options: SymbolizeOptions = {},
): Promise<TraceSymbols[]> {
  const tools = options.tools ?? findSymbolTools()
  const tasks = new Map<string, ModuleTask>()
  const views = metas.map((meta) => viewModules(meta, tasks, options.subjectModules))
  for (const [index, meta] of metas.entries())
    for (const location of meta.locations)
      if (location.kind === 'native')
        views[index]![location.moduleIndex]?.task.addresses.add(location.offset)

  const used = [...tasks.values()].filter((task) => task.addresses.size > 0)
  const progress = progressCounter(used.length + 1 + metas.length, options.onProgress)
  const context = { tools, limit: new TaskLimit(toolsAtATime), debugFolder: options.debugFolder }
  await Promise.all(
    used.map(async (task) => {
      task.symbols = await resolveModule(task.module, sorted(task.addresses), context)
      progress(basename(task.module.path))
    }),
  )
  const names = await readableNames(used, tools)
  progress('names')

  const scripts = new Scripts()
  return metas.map((meta, index) => {
    const js = new JsFrames(scripts)
    js.learn(meta.code, usedCode(meta.locations))
    const symbols = assemble(meta, views[index]!, names.readable, js)
    if (names.note !== undefined) symbols.notes.push(names.note)
    progress(meta.traceFile)
    return symbols
  })
}

function viewModules(
  meta: SymbolizedTrace,
  tasks: Map<string, ModuleTask>,
  subjectModules: readonly string[] | undefined,
): ModuleView[] {
  const { header, process } = meta
  const isClosed = header.endMonotonicNs > header.startMonotonicNs
  const usedUntilMs = isClosed
    ? header.startWallMs + (header.endMonotonicNs - header.startMonotonicNs) / 1e6
    : 0
  const hasJavaScript = meta.code.length > 0
  return meta.modules.map((module, index) => {
    const path = modulePath(module.path, process)
    const key = `${path}\0${module.buildId}`
    const task = tasks.get(key) ?? {
      module: { path, buildId: module.buildId, usedUntilMs },
      addresses: new Set<number>(),
    }
    tasks.set(key, task)
    task.module.usedUntilMs = Math.max(task.module.usedUntilMs, usedUntilMs)
    const isExecutable = process === null ? index === 0 : path === process.executable
    const question = {
      path,
      isExecutable,
      hasJavaScript,
      ...(subjectModules && { subjectModules }),
    }
    return { task, origin: moduleOrigin(question) }
  })
}

/** The loader calls the executable by an empty name; a deleted file keeps its own with a remark. */
function modulePath(path: string, process: SymbolizedTrace['process']): string {
  if (path === '') return process?.executable ?? '(executable)'
  const known = path.replace(/ \(deleted\)$/, '')
  const isFile = known.includes('/') && !known.startsWith('/')
  return isFile && process !== null ? resolve(process.cwd, known) : known
}

function usedCode(locations: readonly TraceLocation[]): Set<number> {
  const indexes = new Set<number>()
  for (const location of locations) if (location.kind === 'js') indexes.add(location.codeIndex)
  return indexes
}

function sorted(addresses: Set<number>): Float64Array {
  return Float64Array.from(addresses).sort()
}

/** Undoes the mangling of all modules' names in one run of the demangler. */
async function readableNames(tasks: ModuleTask[], tools: SymbolTools) {
  const linkerNames = new Set<string>()
  for (const task of tasks)
    for (const functions of task.symbols!.functions.values())
      for (const { linkerName } of functions) linkerNames.add(linkerName)
  const isNeeded = [...linkerNames].some((name) => isMangled(trimLinkerName(name)))
  const missing = isNeeded && tools.demangler === undefined
  try {
    const readable = await demangle(linkerNames, tools.demangler)
    return missing
      ? {
          readable,
          note: `C++ and Rust names are shown as the linker has them: no c++filt in PATH (${symbolToolsHint}).`,
        }
      : { readable, note: undefined }
  } catch (error) {
    const note = `C++ and Rust names are shown as the linker has them: ${(error as Error).message}.`
    return { readable: await demangle(linkerNames, undefined), note }
  }
}

function assemble(
  meta: SymbolizedTrace,
  views: ModuleView[],
  readable: Map<string, string>,
  js: JsFrames,
): TraceSymbols {
  const table = new FrameTable()
  const builtinAt = builtinStarts(meta.code)
  const locationFrames = meta.locations.map((location): number[] => {
    if (location.kind === 'native')
      return framesAt(location.offset, views[location.moduleIndex], readable).map((frame) =>
        table.index(frame),
      )
    if (location.kind === 'unknown') {
      const builtin = builtinAt.get(location.pc)
      return [
        table.index(builtin === undefined ? unknownFrame(location.pc) : builtinFrame(builtin)),
      ]
    }
    const code = meta.code[location.codeIndex]
    if (code === undefined) return [table.index(unknownFrame(0))]
    return [table.index(js.frame(code, location.offset, location.bytecodeOffset))]
  })
  return {
    traceFile: meta.traceFile,
    frames: table.frames,
    locationFrames,
    notes: [...moduleNotes(meta, views), ...js.notes],
  }
}

/** Where V8 makes a frame go on at the start of a builtin, the byte before its pc belongs to nobody. */
function builtinStarts(code: SymbolizedTrace['code']): Map<number, string> {
  const starts = new Map<number, string>()
  for (const { start, name } of code) if (name.startsWith('Builtin:')) starts.set(start, name)
  return starts
}

function framesAt(
  address: number,
  view: ModuleView | undefined,
  readable: Map<string, string>,
): Frame[] {
  if (view === undefined) return [unknownFrame(0)]
  const { task, origin } = view
  const functions = task.symbols?.functions.get(address)
  return nativeFrames({ path: task.module.path, origin, address, functions, readable })
}

/** What this trace's own modules lacked, each sentence once. */
function moduleNotes(meta: SymbolizedTrace, views: ModuleView[]): string[] {
  const asked = new Set<ModuleTask>()
  for (const location of meta.locations)
    if (location.kind === 'native') {
      const view = views[location.moduleIndex]
      if (view !== undefined) asked.add(view.task)
    }
  const notes = new Set<string>()
  const withoutLines: string[] = []
  for (const { module, symbols } of asked) {
    for (const note of symbols?.notes ?? []) notes.add(note)
    if (symbols?.lacksLineTool) withoutLines.push(basename(module.path))
  }
  if (withoutLines.length > 0)
    notes.add(
      `No source lines for ${withoutLines.join(', ')}: neither llvm-symbolizer nor addr2line is in PATH (${symbolToolsHint}).`,
    )
  return [...notes]
}

function progressCounter(totalCount: number, report: SymbolizeOptions['onProgress']) {
  let doneCount = 0
  return (step: string) => report?.({ step, doneCount: ++doneCount, totalCount })
}
