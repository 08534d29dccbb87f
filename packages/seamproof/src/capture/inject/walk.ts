/** When to stop before all is done, and why. */
export interface WalkLimit {
  /** `performance.now()` at which no further item is begun. */
  untilMs: number
  /** Set by a signal. */
  isStopped: () => boolean
}

export interface WalkProgress {
  doneCount: number
  totalCount: number
  elapsedMs: number
}

/** Works through the items in their order, several at a time, until they or the time are used up. */
export async function walk<T>(
  items: readonly T[],
  jobs: number,
  limit: WalkLimit,
  work: (item: T, job: number) => Promise<void>,
  onProgress: (progress: WalkProgress) => void,
): Promise<'done' | 'out of time' | 'stopped'> {
  const startedMs = performance.now()
  let next = 0
  let doneCount = 0
  const take = () =>
    limit.isStopped() || performance.now() >= limit.untilMs ? undefined : items[next++]
  const worker = async (job: number) => {
    for (let item = take(); item !== undefined; item = take()) {
      await work(item, job)
      doneCount++
      onProgress({
        doneCount,
        totalCount: items.length,
        elapsedMs: performance.now() - startedMs,
      })
    }
  }
  await Promise.all(Array.from({ length: jobs }, (_, job) => worker(job)))
  if (limit.isStopped()) return 'stopped'
  return doneCount < items.length ? 'out of time' : 'done'
}
