import type { Frame, FrameKind, JsTier } from '../contract/frame.js'

/** What the name says that V8 gives to a piece of its code (`--perf-basic-prof`), Node 20 to 26. */
export interface CodeName {
  kind: FrameKind
  functionName: string
  tier?: JsTier
  /** As V8 has it: a path, a URL, `node:fs`, `[eval]`; empty for text given to eval(). Absent when the name has none. */
  script?: string
  /** 1-based: where the function starts (its parameter list; `class` for an implicit constructor). */
  line?: number
  column?: number
}

/**
 * Interpreted functions without an entry of their own share these builtins (those from Node's start-up snapshot, all of them
 * without --interpreted-frames-native-stack, and any whose optimised code was given up): JavaScript, and nobody knows whose.
 */
const sharedEntry =
  /^Builtin:(?:InterpreterEntryTrampoline|(?:BaselineOr)?InterpreterEnterAt(?:Next)?Bytecode)$/

const unnamedJavaScript: Frame = {
  functionName: '(unnamed JavaScript)',
  kind: 'js',
  origin: 'unknown',
  isNamed: false,
  tier: 'interpreted',
}

/** V8's builtins are compiled into the runtime's binary, under this prefix. */
export const builtinPrefix = 'Builtins_'

/** The frame of a builtin of V8 by the name that V8 prints, `Builtin:ArrayMap`. */
export function builtinFrame(functionName: string): Frame {
  if (sharedEntry.test(functionName)) return { ...unnamedJavaScript }
  return { functionName, kind: 'builtin', origin: 'runtime', isNamed: true }
}

const tiers: Record<string, JsTier> = {
  '~': 'interpreted',
  '^': 'baseline',
  '+': 'maglev',
  '*': 'optimized',
}

/** On Node 26 also `o` before the mark (entered in the middle of a loop) and `'` behind it (specialised to one closure). */
const markPattern = /^(?:[~^]|o?([+*])'?)/
const wasmPattern = /^(.*)-\d+-(liftoff|turbofan)$/s
const placePattern = /^(.*):(\d+):(\d+)$/s
/** How a script's name begins when it is a path or a URL. Function names hold spaces too (`GET /users`), so the last wins. */
const scriptStart =
  / (?=\/|file:\/\/|node:|data:|https?:\/\/|wasm:\/\/|blob:|evalmachine\.<anonymous>$)/g
const bracketScript = / (?=\[[^\][]*\](?:-wrapper)?$)/

export function parseCodeName(name: string): CodeName {
  const split = /^(\w+)[:.](.*)$/s.exec(name)
  const [tag, rest] = split === null ? ['', name] : [split[1]!, split[2]!]
  switch (tag) {
    case 'JS':
    case 'LazyCompile':
    case 'Function':
    case 'Script':
    case 'Eval':
      return parseScriptCode(tag, rest)
    case 'RegExp':
      return { kind: 'builtin', functionName: `RegExp:${regExpSource(rest)}` }
    case 'Builtin':
    case 'BytecodeHandler':
      return { kind: 'builtin', functionName: name }
    case 'Stub':
      if (/wasm/.test(rest)) return { kind: 'wasm', functionName: rest }
      return { kind: 'builtin', functionName: name }
    default:
      return { kind: 'unknown', functionName: name === '' ? '(unnamed code)' : name }
  }
}

function parseScriptCode(tag: string, rest: string): CodeName {
  const mark = markPattern.exec(rest)
  if (mark !== null) {
    const tier = tiers[mark[1] ?? mark[0]]!
    return { kind: 'js', tier, ...parseFunction(tag, rest.slice(mark[0].length)) }
  }
  const wasm = wasmPattern.exec(rest)
  if (wasm === null) return { kind: 'js', ...parseFunction(tag, rest) }
  const tier = wasm[2] === 'liftoff' ? 'baseline' : 'optimized'
  return { kind: 'wasm', functionName: wasm[1] || 'wasm-function', tier }
}

function parseFunction(tag: string, described: string): Omit<CodeName, 'kind' | 'tier'> {
  const place = placePattern.exec(described)
  // A line break in a property name ends V8's line early: there is no place behind it.
  if (place === null) return { functionName: described.trim() || '(anonymous)' }
  const [name, script] = splitScript(place[1]!)
  const line = Number(place[2])
  const column = Number(place[3])
  return { functionName: name || nameless(tag, script, line, column), script, line, column }
}

/** Separates `name script`, both of which may hold spaces. */
function splitScript(text: string): [name: string, script: string] {
  if (text.startsWith(' ')) return ['', text.slice(1)]
  if (text.endsWith(' ')) return [text.slice(0, -1), '']
  let start = -1
  for (const match of text.matchAll(scriptStart)) start = match.index
  if (start < 0) start = text.search(bracketScript)
  // A name given to vm or by a sourceURL comment: anything. Accessors are named in two words.
  if (start < 0) start = text.indexOf(' ', /^[gs]et /.test(text) ? 4 : 0)
  return start < 0 ? [text, ''] : [text.slice(0, start), text.slice(start + 1)]
}

/** Node's own modules begin with a directive, so what starts in their first line is the module itself. */
function nameless(tag: string, script: string, line: number, column: number): string {
  if (tag === 'Script' || (line === 1 && (column === 1 || script.startsWith('node:'))))
    return script === '' ? '(eval)' : '(top level)'
  return tag === 'Eval' ? '(eval)' : '(anonymous)'
}

/** Node 20 and 22 print the bare source, Node 24 and later `< src: '…' flags: 'g'` (`>` for two-byte subjects). */
function regExpSource(rest: string): string {
  const match = /^[<>] src: '(.*)' flags: '(\w*)'$/s.exec(rest)
  return match === null ? `/${rest}/` : `/${match[1]}/${match[2]}`
}
