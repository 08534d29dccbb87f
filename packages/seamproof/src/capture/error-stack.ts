import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'

const position = /(?:file:\/\/)?(\/[^\s():]+):(\d+):(\d+)/g

/** A stack as V8 printed it, with positions in a bundled workload replaced by those in the user's own files. */
export function mapErrorStack(stack: string, bundleFile: string | undefined): string {
  const map = bundleFile === undefined ? undefined : readMap(`${bundleFile}.map`)
  if (map === undefined || bundleFile === undefined) return stack
  return stack.replace(position, (text, path: string, line: string, column: string) => {
    if (decodeURI(path) !== bundleFile) return text
    const original = originalPositionFor(map, { line: Number(line), column: Number(column) - 1 })
    if (original.source === null) return text
    return `${resolve(dirname(bundleFile), withoutScheme(original.source))}:${original.line}:${original.column + 1}`
  })
}

/** The part of a stack that is the user's: from the top to the first frame of the runner, without Node's own. */
export function userStack(stack: string): string {
  const runner = new URL('./subject/', import.meta.url).href
  const lines = stack.split('\n')
  const end = lines.findIndex((line) => line.includes(runner))
  return (end === -1 ? lines : lines.slice(0, end)).join('\n')
}

function readMap(path: string): TraceMap | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined
  return new TraceMap(readFileSync(path, 'utf8'))
}

function withoutScheme(source: string): string {
  return source.startsWith('file:') ? fileURLToPath(source) : source
}
