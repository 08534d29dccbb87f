import { basename, normalize } from 'node:path'
import type { Frame, FrameOrigin } from '../contract/frame.js'
import { builtinFrame, builtinPrefix } from './code-name.js'
import type { NativeFunction } from './native-module.js'

export interface NativeLocation {
  /** The module's. */
  path: string
  origin: FrameOrigin
  /** In the module's own numbering. */
  address: number
  functions: readonly NativeFunction[] | undefined
  /** Linker names → what people read. */
  readable: ReadonlyMap<string, string>
}

/** The frames at a native address, innermost first; `module+0x1234` where nothing names it. */
export function nativeFrames(location: NativeLocation): Frame[] {
  const { path, origin, address, functions, readable } = location
  const place = { moduleName: basename(path), modulePath: path }
  const unnamed: Frame = {
    functionName: `${place.moduleName}+0x${address.toString(16)}`,
    kind: 'native',
    origin,
    isNamed: false,
    ...place,
  }
  if (functions === undefined) return [unnamed]
  return functions.map((fn) => {
    const functionName = readable.get(fn.linkerName) || fn.linkerName
    if (functionName === '') return { ...unnamed, ...linesOf(fn) }
    if (origin === 'runtime' && functionName.startsWith(builtinPrefix))
      return builtinFrame(`Builtin:${functionName.slice(builtinPrefix.length)}`)
    return { ...unnamed, functionName, isNamed: true, ...linesOf(fn) }
  })
}

export function unknownFrame(pc: number): Frame {
  const functionName = pc === 0 ? '(unknown)' : `0x${pc.toString(16)}`
  return { functionName, kind: 'unknown', origin: 'unknown', isNamed: false }
}

function linesOf(fn: NativeFunction): Partial<Frame> {
  return {
    // Compilers join what build systems give them: /app/build/../addon.cc.
    ...(fn.file !== undefined && { file: normalize(fn.file) }),
    ...(fn.line !== undefined && { line: fn.line }),
    ...(fn.column !== undefined && { column: fn.column }),
    ...(fn.isInlined === true && { isInlined: true }),
  }
}
