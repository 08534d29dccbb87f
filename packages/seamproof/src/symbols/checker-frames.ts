import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { basename, isAbsolute, join, normalize } from 'node:path'
import type { Frame } from '../contract/frame.js'
import type { ToolFrame } from '../contract/tool-report.js'
import { PerfMap } from '../trace/perf-map.js'
import { tidyName } from './demangler.js'
import { JsFrames, Scripts } from './js-frames.js'
import { moduleOrigin } from './module-origin.js'

export interface CheckerFrameSources {
  nodePath: string
  perfMaps: readonly { pid: number; path: string }[]
  /** Copies of projects that were built: paths in them stand for the project's own. */
  copies: readonly { copyDir: string; projectDir: string }[]
  subjectModules?: readonly string[] | undefined
}

const builtinPrefix = 'Builtins_'
const ownProbe = /\/seamproof-probe-[0-9a-f]+\.so$/
/** Frames of the checkers themselves, in front of malloc and its kin. */
const interceptor = /\/vgpreload_|\/valgrind\//

/** Turns frames as checkers print them into frames that say whose they are, with V8's code named. */
export class CheckerFrames {
  readonly #sources: CheckerFrameSources
  readonly #scripts = new Scripts()
  readonly #maps = new Map<number, { map: PerfMap; frames: JsFrames }>()
  readonly #known = new Map<string, Frame>()
  readonly #nodePath: string

  constructor(sources: CheckerFrameSources) {
    this.#sources = sources
    this.#nodePath = realPath(sources.nodePath)
  }

  frame(tool: ToolFrame, pid: number | undefined): Frame {
    const key = `${tool.modulePath ?? pid}|${tool.pc}|${tool.functionName}|${tool.line}`
    let frame = this.#known.get(key)
    if (frame === undefined) {
      frame = tool.modulePath === undefined ? this.#unowned(tool, pid) : this.#native(tool)
      this.#known.set(key, frame)
    }
    return frame
  }

  #native(tool: ToolFrame): Frame {
    const path = tool.modulePath!
    const name = tool.functionName === undefined ? undefined : tidyName(bareName(tool.functionName))
    const isExecutable = path === this.#nodePath || path === this.#sources.nodePath
    if (name?.startsWith(builtinPrefix) && isExecutable)
      return {
        functionName: name.slice(builtinPrefix.length),
        kind: 'builtin',
        origin: 'runtime',
        isNamed: true,
      }
    const { subjectModules } = this.#sources
    const frame: Frame = {
      functionName: name ?? addressName(tool),
      kind: 'native',
      origin:
        ownProbe.test(path) || interceptor.test(path)
          ? 'system'
          : moduleOrigin({
              path,
              isExecutable,
              hasJavaScript: isExecutable,
              ...(subjectModules === undefined ? {} : { subjectModules }),
            }),
      isNamed: name !== undefined,
      moduleName: basename(path),
      modulePath: path,
    }
    if (tool.file !== undefined) {
      frame.file = this.#original(tool.file)
      if (tool.line !== undefined) frame.line = tool.line
      if (tool.column !== undefined) frame.column = tool.column
    }
    return frame
  }

  /** No module: what V8 compiled, unless the tool could not say. */
  #unowned(tool: ToolFrame, pid: number | undefined): Frame {
    const { map, frames } = this.#mapOf(pid) ?? {}
    const entry = tool.pc === 0 ? undefined : map?.at(tool.pc)
    if (entry !== undefined && frames !== undefined)
      return frames.frame(
        { start: entry.start, bytes: entry.bytes, name: entry.name },
        tool.pc - entry.start,
        undefined,
      )
    const frame: Frame = {
      functionName: tool.functionName ?? addressName(tool),
      kind: 'unknown',
      origin: 'unknown',
      isNamed: tool.functionName !== undefined,
    }
    // UBSan without a stack prints only a place, and only code built for it prints anything.
    if (tool.file !== undefined) {
      Object.assign(frame, { kind: 'native', origin: 'subject', file: this.#original(tool.file) })
      if (tool.line !== undefined) frame.line = tool.line
      if (tool.column !== undefined) frame.column = tool.column
    }
    return frame
  }

  #mapOf(pid: number | undefined) {
    const { perfMaps } = this.#sources
    const source =
      perfMaps.find((one) => one.pid === pid) ?? (perfMaps.length === 1 ? perfMaps[0] : undefined)
    if (source === undefined) return undefined
    let known = this.#maps.get(source.pid)
    if (known === undefined) {
      known = { map: PerfMap.parse(readText(source.path)), frames: new JsFrames(this.#scripts) }
      this.#maps.set(source.pid, known)
    }
    return known
  }

  #original(file: string): string {
    const path = isAbsolute(file) ? normalize(file) : this.#resolved(file)
    for (const { copyDir, projectDir } of this.#sources.copies)
      if (path.startsWith(`${copyDir}/`)) return projectDir + path.slice(copyDir.length)
    return path
  }

  /** A sanitizer names a file as the compiler was given it, which depends on where the build system ran it. */
  #resolved(file: string): string {
    for (const { copyDir } of this.#sources.copies)
      for (const folder of ['build', '.', 'build/Release']) {
        const path = join(copyDir, folder, file)
        if (existsSync(path)) return path
      }
    return file
  }
}

/** Valgrind gives C++ names with their parameters; stacks elsewhere have none. */
function bareName(name: string): string {
  if (!name.endsWith(')') && !name.endsWith(') const')) return name
  let depth = 0
  for (let at = name.lastIndexOf(')'); at > 0; at--) {
    if (name[at] === ')') depth++
    else if (name[at] === '(' && --depth === 0) {
      const bare = name.slice(0, at)
      // `operator()` ends in brackets that are its name; `(anonymous namespace)` is part of one.
      return bare.endsWith('operator') || bare === '' || bare.endsWith('::') ? name : bare
    }
  }
  return name
}

function addressName(tool: ToolFrame): string {
  if (tool.modulePath !== undefined && tool.moduleOffset !== undefined)
    return `${basename(tool.modulePath)}+0x${tool.moduleOffset.toString(16)}`
  return `0x${tool.pc.toString(16)}`
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
