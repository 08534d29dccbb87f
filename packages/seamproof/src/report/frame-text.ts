import type { Frame } from '../contract/frame.js'

const afterLastSlash = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Where a reader looks first: `thumb.ts:12`, `node:fs:340`, the module when there is no file, or nothing. */
export function frameLocation(frame: Frame): string {
  if (frame.file === undefined) return frame.moduleName ?? ''
  const file = frame.file.startsWith('node:') ? frame.file : afterLastSlash(frame.file)
  return frame.line === undefined ? file : `${file}:${frame.line}`
}

/** With the whole path and column, for tooltips and JSON readers. */
export function frameFullLocation(frame: Frame): string {
  if (frame.file === undefined) return frame.modulePath ?? frame.moduleName ?? ''
  const line = frame.line === undefined ? '' : `:${frame.line}`
  const column = frame.line === undefined || frame.column === undefined ? '' : `:${frame.column}`
  return frame.file + line + column
}

/** V8 leaves functions without a name; an empty cell would look like a fault of ours. */
export const frameName = (frame: Frame): string =>
  frame.functionName === '' ? '(anonymous)' : frame.functionName

/** One line for charts and exports: `encode (addon.cc:88)`. */
export function frameLabel(frame: Frame): string {
  const location = frameLocation(frame)
  // An unresolved name is `module+0x1234` already.
  return location === '' || !frame.isNamed ? frameName(frame) : `${frameName(frame)} (${location})`
}

/** JavaScript and C++ that the reader of a leak cannot change; folded to a count in text. */
export const isPlumbing = (frame: Frame): boolean =>
  frame.origin === 'runtime' || frame.origin === 'node-internal' || frame.origin === 'system'
