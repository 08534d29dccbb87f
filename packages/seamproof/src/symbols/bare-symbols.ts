import { basename } from 'node:path'
import type { Frame } from '../contract/frame.js'
import type { TraceSymbols } from '../contract/symbols.js'
import type { TraceMeta } from '../trace/trace-meta.js'
import { moduleOrigin } from './module-origin.js'
import { unknownFrame } from './native-frames.js'

/** Whose code each frame is and no more, which takes no tool and no time: enough to see whether anything grows. */
export function bareSymbols(meta: TraceMeta, subjectModules: readonly string[] = []): TraceSymbols {
  const frames: Frame[] = []
  const locationFrames = meta.locations.map((location) => {
    if (location.kind !== 'native') return [frames.push(unknownFrame(0)) - 1]
    const module = meta.modules[location.moduleIndex]!
    const path = module.path === '' ? (meta.process?.executable ?? '') : module.path
    const origin = moduleOrigin({
      path,
      isExecutable: path === meta.process?.executable,
      hasJavaScript: true,
      subjectModules,
    })
    const moduleName = basename(path)
    const functionName = `${moduleName}+0x${location.offset.toString(16)}`
    return [
      frames.push({
        functionName,
        kind: 'native',
        origin,
        isNamed: false,
        moduleName,
        modulePath: path,
      }) - 1,
    ]
  })
  return { traceFile: meta.traceFile, frames, locationFrames, notes: [] }
}
