import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckCapture } from './check-capture.js'

/** Maps of what V8 compiled, by process. Node 20 writes them to /tmp, and nobody else would remove them. */
export function takePerfMaps(folder: string, pids: readonly number[]): CheckCapture['perfMaps'] {
  const maps: CheckCapture['perfMaps'] = []
  for (const pid of new Set(pids)) {
    const path = join(folder, `perf-${pid}.map`)
    const stray = `/tmp/perf-${pid}.map`
    if (!existsSync(path) && existsSync(stray)) {
      copyFileSync(stray, path)
      rmSync(stray, { force: true })
    }
    if (existsSync(path)) maps.push({ pid, path })
  }
  return maps
}
