import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Frame, FrameOrigin } from '../contract/frame.js'
import type { CodeLines, TraceCode } from '../trace/trace-code.js'
import { builtinFrame, type CodeName, parseCodeName } from './code-name.js'
import { type SourceFile, SourceFiles, type SourcePlace } from './source-file.js'
import { SourceMaps } from './source-map.js'

/** Seamproof's own JavaScript in the subject (the round runner, marks) is the instrument, not the user's program. */
const ownFolders = [fileURLToPath(new URL('../', import.meta.url)), ...agentFolder()]
const installedAgent = '/node_modules/@seamproof/agent/'
const scriptNameLengthMax = 120

/** What was read from disk, for all traces of a capture: each script and each source map once. */
export class Scripts {
  readonly sources = new SourceFiles()
  readonly maps = new SourceMaps(this.sources)
}

/** Names places in V8's code for one trace. */
export class JsFrames {
  readonly #sources: SourceFiles
  readonly #maps: SourceMaps
  readonly #names = new Map<string, CodeName>()
  readonly #unmapped = new Set<string>()
  /** Functions checked against the script on disk: how many, and how many cannot start where V8 says. */
  readonly #checks = new Map<string, { checked: Set<number>; misfits: number }>()
  readonly #changed = new Set<string>()

  constructor(scripts: Scripts) {
    this.#sources = scripts.sources
    this.#maps = scripts.maps
  }

  /**
   * Learns where functions of scripts start, before frames are asked for: where many of them start at no function in the
   * file on disk, V8 was given another text (compiled in memory, or changed since), and no line of it may be shown.
   */
  learn(code: readonly TraceCode[], indexes: Iterable<number>): void {
    for (const index of indexes) {
      const name = this.#parse(code[index]!.name)
      const path = name.script === undefined ? undefined : scriptPath(name.script)
      if (path === undefined || name.line === undefined || name.column === undefined) continue
      const start = { line: name.line, column: name.column }
      const source = isFileStart(start) ? undefined : this.#sources.get(path)
      if (source !== undefined) this.#check(source, start)
    }
  }

  frame(code: TraceCode, offset: number, bytecodeOffset: number | undefined): Frame {
    return this.namedFrame(this.#parse(code.name), code.lines, bytecodeOffset ?? offset)
  }

  /** For names that did not come from a trace. Without lines the place is where the function starts. */
  namedFrame(name: CodeName, lines?: CodeLines, offset = 0): Frame {
    if (name.kind === 'builtin') return builtinFrame(name.functionName)
    const frame: Frame = {
      functionName: name.functionName,
      kind: name.kind,
      origin: originOf(name),
      isNamed: name.kind !== 'unknown',
      ...(name.tier !== undefined && { tier: name.tier }),
    }
    if (name.script === undefined) return frame
    const path = scriptPath(name.script)
    frame.file = path ?? shownScript(name.script)
    if (path !== undefined && this.#isChanged(path)) return frame
    if (name.line === undefined || name.column === undefined) return frame
    const start = { line: name.line, column: name.column }
    if (path === undefined) return Object.assign(frame, start)
    const call = this.#callPlace(path, start, lines, offset)
    return this.#mapped(frame, path, start, call ?? start)
  }

  get notes(): string[] {
    const notes: string[] = []
    const [unmapped] = this.#unmapped
    if (unmapped !== undefined)
      notes.push(
        `The source map of ${andMore(this.#unmapped)} could not be used (${this.#maps.failure(unmapped)}): positions there are those of the JavaScript.`,
      )
    if (this.#changed.size > 0)
      notes.push(
        `${andMore(this.#changed)} is not the text that ran (a loader compiled it in memory, or it was changed since): its functions have names but no lines. Files compiled to disk with source maps have both.`,
      )
    return notes
  }

  /** Exact place of a call, from the code's line table; undefined when there is none or it does not fit the file. */
  #callPlace(path: string, start: SourcePlace, lines: CodeLines | undefined, offset: number) {
    if (lines === undefined) return undefined
    const position = positionAt(lines, offset)
    const source = this.#sources.get(path)
    const startPosition = source?.positionOf(start)
    if (position === undefined || startPosition === undefined) return undefined
    // Code that was inlined from elsewhere has positions of another function.
    return position >= startPosition ? source!.placeOf(position) : undefined
  }

  #mapped(frame: Frame, path: string, start: SourcePlace, place: SourcePlace): Frame {
    Object.assign(frame, place)
    const original = this.#maps.original(path, place)
    if (original === undefined) {
      // Packages often name maps that they do not ship, and the user can do nothing about it.
      const isOthers = path.includes('/node_modules/')
      if (!isOthers && this.#maps.failure(path) !== undefined) this.#unmapped.add(path)
      const whole = isFileStart(place) ? this.#maps.onlySource(path) : undefined
      return whole === undefined ? frame : Object.assign(frame, { file: whole })
    }
    const name = this.#maps.originalName(path, start, frame.functionName)
    if (name !== undefined) frame.functionName = name
    return Object.assign(frame, original)
  }

  #check(source: SourceFile, place: SourcePlace): void {
    const check = this.#checks.get(source.path) ?? { checked: new Set<number>(), misfits: 0 }
    this.#checks.set(source.path, check)
    const key = place.line * 1_000_000 + place.column
    if (check.checked.has(key)) return
    check.checked.add(key)
    if (!source.canStartFunction(place)) check.misfits++
  }

  /** A third: a text that only moved still fits by chance in many places, the right one fits in all. */
  #isChanged(path: string): boolean {
    const check = this.#checks.get(path)
    const isChanged = check !== undefined && check.misfits * 3 > check.checked.size
    if (isChanged) this.#changed.add(path)
    return isChanged
  }

  #parse(name: string): CodeName {
    let parsed = this.#names.get(name)
    if (parsed === undefined) {
      parsed = parseCodeName(name)
      this.#names.set(name, parsed)
    }
    return parsed
  }
}

function isFileStart(place: SourcePlace): boolean {
  return place.line === 1 && place.column === 1
}

function andMore(paths: ReadonlySet<string>): string {
  const [first] = paths
  const others = paths.size - 1
  return others === 0 ? first! : `${first} and ${others} more ${others === 1 ? 'file' : 'files'}`
}

/** The position of the last entry at or before the offset. */
export function positionAt(lines: CodeLines, offset: number): number | undefined {
  let low = 0
  let high = lines.offsets.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (lines.offsets[middle]! <= offset) low = middle + 1
    else high = middle
  }
  return lines.positions[low - 1]
}

/** Where a script lies on disk; undefined for Node's own and for text that was never a file. */
export function scriptPath(script: string): string | undefined {
  if (script.startsWith('/')) return script
  if (!script.startsWith('file://')) return undefined
  try {
    return fileURLToPath(script)
  } catch {
    return undefined
  }
}

/** V8's own stack traces call text without a name `<anonymous>`. */
function shownScript(script: string): string {
  if (script === '') return '<anonymous>'
  return script.length > scriptNameLengthMax ? `${script.slice(0, scriptNameLengthMax)}…` : script
}

function originOf(name: CodeName): FrameOrigin {
  if (name.kind === 'unknown') return 'unknown'
  const script = name.script ?? ''
  if (script.startsWith('node:') || /^\[[^\][]*\]-wrapper$/.test(script)) return 'node-internal'
  const path = scriptPath(script)
  return path !== undefined && isOwn(path) ? 'system' : 'user'
}

function isOwn(path: string): boolean {
  return path.includes(installedAgent) || ownFolders.some((folder) => path.startsWith(folder))
}

function agentFolder(): string[] {
  try {
    const control = createRequire(import.meta.url).resolve('@seamproof/agent/control')
    return [`${dirname(control)}/`]
  } catch {
    return []
  }
}
