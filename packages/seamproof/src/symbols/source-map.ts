import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { AnyMap, originalPositionFor, type TraceMap, traceSegment } from '@jridgewell/trace-mapping'
import type { SourceFile, SourceFiles, SourcePlace } from './source-file.js'

export interface OriginalPlace extends SourcePlace {
  /** Absolute path, or the URL that the map has (`webpack://…`). */
  file: string
}

/** A comment line near the end of a file; in the middle of code (a bundler's own source) it would be text. */
const referencePattern =
  /^[ \t]*(?:\/\/[#@]|\/\*#)[ \t]+sourceMappingURL=(\S+?)[ \t]*(?:\*\/)?[ \t]*(?=$|[\r\n])/gm
const trailerPattern = /^(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*$/
/** What may stand between a function's own name and where V8 says that it starts. */
const nameGapPattern = /^\s*(?:[=:]\s*(?:async\b\s*)?(?:function\b\s*)?\*?\s*)?$/

/** Maps places in JavaScript to what it was made from. Each file's map is looked for once; failures are kept for a note. */
export class SourceMaps {
  readonly #sources: SourceFiles
  readonly #maps = new Map<string, TraceMap | undefined>()
  readonly #failures = new Map<string, string>()

  constructor(sources: SourceFiles) {
    this.#sources = sources
  }

  original(path: string, place: SourcePlace): OriginalPlace | undefined {
    const map = this.#map(path)
    if (map === undefined) return undefined
    const found = originalPositionFor(map, { line: place.line, column: place.column - 1 })
    if (found.source === null) return undefined
    return { file: sourcePath(found.source), line: found.line, column: found.column + 1 }
  }

  /** The file as a whole, where it was made from one: what precedes its first statement is not mapped. */
  onlySource(path: string): string | undefined {
    const sources = this.#map(path)?.resolvedSources ?? []
    const [source] = sources
    return sources.length === 1 && source != null ? sourcePath(source) : undefined
  }

  /** The function's name before it was minified, when the map gives a name to the very identifier that V8 names it by. */
  originalName(path: string, place: SourcePlace, name: string): string | undefined {
    const map = this.#map(path)
    const source = this.#sources.get(path)
    const end = source?.positionOf(place)
    if (map === undefined || source === undefined || end === undefined || !/^[\w$]+$/.test(name))
      return undefined
    const lineStart = end - (place.column - 1)
    const start = source.text.lastIndexOf(name, end - name.length)
    if (start < lineStart || end - start - name.length > 40) return undefined
    if (!nameGapPattern.test(source.text.slice(start + name.length, end))) return undefined
    const segment = traceSegment(map, place.line - 1, start - lineStart)
    if (segment === null || segment.length !== 5 || segment[0] !== start - lineStart)
      return undefined
    return map.names[segment[4]]
  }

  /** Why the map of a script could not be used; undefined when it has none, or it could. */
  failure(path: string): string | undefined {
    return this.#failures.get(path)
  }

  #map(path: string): TraceMap | undefined {
    if (!this.#maps.has(path)) this.#maps.set(path, this.#load(path))
    return this.#maps.get(path)
  }

  #load(path: string): TraceMap | undefined {
    const source = this.#sources.get(path)
    const reference = source && findReference(source)
    if (reference === undefined) return undefined
    try {
      return loadMap(path, reference)
    } catch (error) {
      this.#failures.set(path, (error as Error).message.split('\n')[0]!)
      return undefined
    }
  }
}

function findReference(source: SourceFile): string | undefined {
  // The comment is last: a data: URL may be most of the file, so look for where it begins.
  const tailStart = source.text.lastIndexOf('sourceMappingURL=')
  if (tailStart < 0) return undefined
  const lineStart = Math.max(
    source.text.lastIndexOf('\n', tailStart),
    source.text.lastIndexOf('\r', tailStart),
  )
  const tail = source.text.slice(lineStart + 1)
  const match = tail.matchAll(referencePattern).next().value
  if (match === undefined) return undefined
  return trailerPattern.test(tail.slice(match.index + match[0].length)) ? match[1] : undefined
}

function loadMap(path: string, reference: string): TraceMap {
  const scriptUrl = pathToFileURL(path)
  if (reference.startsWith('data:')) return makeMap(dataText(reference), scriptUrl.href)
  const url = new URL(reference, scriptUrl)
  if (url.protocol !== 'file:')
    throw new Error(`it is at ${url.origin}, and maps are only read from disk`)
  return makeMap(readFileSync(fileURLToPath(url), 'utf8'), url.href)
}

function dataText(url: string): string {
  const comma = url.indexOf(',')
  if (comma < 0) throw new Error('its data: URL has no comma')
  const body = url.slice(comma + 1)
  return /;base64$/i.test(url.slice(0, comma))
    ? Buffer.from(body, 'base64').toString('utf8')
    : decodeURIComponent(body)
}

function makeMap(text: string, url: string): TraceMap {
  // Some servers' guard line against being loaded as a script.
  const json: unknown = JSON.parse(text.replace(/^\)\]\}'[^\n]*\n/, ''))
  if (typeof json !== 'object' || json === null) throw new Error('it is not a source map')
  if (!('mappings' in json) && !('sections' in json)) throw new Error('it has no mappings')
  return new AnyMap(json as ConstructorParameters<typeof AnyMap>[0], url)
}

/** Turns what trace-mapping resolved against the map's URL back into a path. */
function sourcePath(source: string): string {
  if (!source.startsWith('file://')) return source
  // Sources are names rather than URLs to most compilers: `[id]#1.ts` is a file.
  const url = source.replace(/[#?]/g, encodeURIComponent)
  try {
    return fileURLToPath(url)
  } catch {
    return source
  }
}
