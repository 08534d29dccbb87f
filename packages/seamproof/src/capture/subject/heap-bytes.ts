import { getHeapStatistics } from 'node:v8'
import type { HeapResult, HeapWorkload } from '../../contract/bench-samples.js'
import { type BenchCase, nextTurn } from './bench-slices.js'
import { createBurst } from './burst.js'
import type { LoadedWorkload } from './loaded-workload.js'

const repetitions = 9
const operationsMax = 20_000
/** Well below the young generation that the process is started with: no collection may come in between. */
const bytesMax = 8 * 1024 * 1024
const warmUpMs = 200

/** How far V8's heap grows over operations, when nothing is collected meanwhile: what they took, garbage included. */
export async function measureHeapBytes(workloads: readonly LoadedWorkload[]): Promise<HeapResult> {
  const emptyBurst = createBurst('an empty function', () => undefined)
  const empty = await measureOne('', { burst: (count) => emptyBurst(undefined, count) })
  const results: HeapWorkload[] = []
  for (const { name, burst } of workloads) results.push(await measureOne(name, { burst }))
  return { mode: 'heap', empty, workloads: results }
}

async function measureOne(name: string, { burst }: BenchCase): Promise<HeapWorkload> {
  const endMs = performance.now() + warmUpMs
  let warmed = 0
  let bytesPerOperation = 0
  let count = 1
  while (performance.now() < endMs || warmed < 3) {
    const bytes = await grownBytes(burst, count)
    bytesPerOperation = Math.max(0, bytes / count)
    warmed++
    if (performance.now() > endMs * 10) break
    count = Math.min(operationsMax, count * 2, affordable(bytesPerOperation))
  }
  // Code that is compiled meanwhile lies on the heap as well: the first repetitions are not counted.
  const bytes: number[] = []
  for (let repetition = 0; repetition < repetitions + 2; repetition++) {
    const grown = await grownBytes(burst, count)
    if (repetition >= 2) bytes.push(grown)
  }
  return { name, operations: count, bytes }
}

const affordable = (bytesPerOperation: number): number =>
  bytesPerOperation <= 0 ? operationsMax : Math.max(1, Math.floor(bytesMax / bytesPerOperation))

async function grownBytes(burst: BenchCase['burst'], count: number): Promise<number> {
  const collect = (globalThis as { gc?: () => void }).gc
  collect?.()
  await nextTurn()
  const before = getHeapStatistics().used_heap_size
  await burst(count)
  const grown = getHeapStatistics().used_heap_size - before
  await nextTurn()
  return grown
}
