export interface SideBySideTask {
  /** The longest start first, so that none is left over at the end. */
  expectedMs: number
  memoryBytes: number
  run(): Promise<void>
}

export interface SideBySideLimits {
  jobs: number
  memoryBytes: number
  /** Once it is aborted, nothing more is started. */
  signal?: AbortSignal | undefined
}

/**
 * Runs tasks at once within cores and memory. One always runs, also where memory is short: it may do with less than was
 * thought. Gives those that were not started.
 */
export async function runSideBySide<T extends SideBySideTask>(
  tasks: readonly T[],
  { jobs, memoryBytes, signal }: SideBySideLimits,
): Promise<T[]> {
  const waiting = [...tasks].sort((a, b) => b.expectedMs - a.expectedMs)
  const running = new Set<Promise<void>>()
  let freeBytes = memoryBytes
  while (waiting.length > 0 || running.size > 0) {
    while (running.size < jobs && signal?.aborted !== true) {
      const next = waiting.findIndex((task) => running.size === 0 || task.memoryBytes <= freeBytes)
      if (next === -1) break
      const [task] = waiting.splice(next, 1)
      freeBytes -= task!.memoryBytes
      const run = task!.run().finally(() => {
        freeBytes += task!.memoryBytes
        running.delete(run)
      })
      running.add(run)
    }
    if (running.size === 0) break
    await Promise.race(running)
  }
  return waiting
}
