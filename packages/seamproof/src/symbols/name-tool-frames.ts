import type { ToolFrame, ToolLog } from '../contract/tool-report.js'
import { demangle } from './demangler.js'
import { resolveModule } from './native-module.js'
import { findSymbolTools, type SymbolTools, TaskLimit } from './symbol-tools.js'

/**
 * Names frames that the checker itself could not name, in modules of these paths. gcc's sanitizers read the list of modules with
 * their first report: an addon that is loaded after it stays without names, and on a busy start of Node there is one.
 */
export async function nameToolFrames(
  logs: readonly ToolLog[],
  paths: ReadonlySet<string>,
  tools: SymbolTools = findSymbolTools(),
): Promise<void> {
  const limit = new TaskLimit(1)
  for (const [path, stacks] of unnamedByModule(logs, paths)) {
    const offsets = stacks.flatMap(({ frames }) =>
      frames.flatMap((one) => offsetIn(one, path) ?? []),
    )
    const addresses = Float64Array.from(new Set(offsets)).sort()
    const module = { path, buildId: '', usedUntilMs: 0 }
    const { functions } = await resolveModule(module, addresses, { tools, limit })
    const linkerNames = [...functions.values()].flat().map(({ linkerName }) => linkerName)
    const readable = await readableNames(linkerNames, tools)
    for (const stack of stacks)
      stack.frames = stack.frames.flatMap((frame) => {
        const offset = offsetIn(frame, path)
        const known = offset === undefined ? undefined : functions.get(offset)
        if (known === undefined) return [frame]
        return known.map(({ linkerName, file, line, column }) => ({
          ...frame,
          ...(linkerName === '' ? {} : { functionName: readable.get(linkerName) ?? linkerName }),
          ...(file === undefined ? {} : { file }),
          ...(line === undefined ? {} : { line }),
          ...(column === undefined ? {} : { column }),
        }))
      })
  }
}

/** Names as they are linked are names as well. */
async function readableNames(names: readonly string[], { demangler }: SymbolTools) {
  try {
    return await demangle(new Set(names), demangler)
  } catch {
    return new Map<string, string>()
  }
}

function unnamedByModule(logs: readonly ToolLog[], paths: ReadonlySet<string>) {
  const byModule = new Map<string, ToolLog['reports'][number]['stacks']>()
  for (const stack of logs.flatMap(({ reports }) => reports.flatMap(({ stacks }) => stacks)))
    for (const path of new Set(stack.frames.map(({ modulePath }) => modulePath))) {
      if (path === undefined || !paths.has(path)) continue
      if (!stack.frames.some((frame) => offsetIn(frame, path) !== undefined)) continue
      byModule.set(path, [...(byModule.get(path) ?? []), stack])
    }
  return byModule
}

/** Where in that module a frame stands that has no name yet. */
function offsetIn(frame: ToolFrame, path: string): number | undefined {
  return frame.modulePath === path && frame.functionName === undefined
    ? frame.moduleOffset
    : undefined
}
