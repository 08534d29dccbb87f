import { kernelModule, type SampleState, type ThreadRole } from '../contract/cpu-profile.js'
import type { Frame } from '../contract/frame.js'

/** V8's collectors by the functions that their work runs under, on the main thread and on its helpers. */
const collector =
  /^v8::internal::(?:Heap::(?:CollectGarbage|CollectAllGarbage|CollectAllAvailableGarbage|PerformGarbageCollection|Scavenge|MarkCompact|FinalizeIncrementalMarking\w*)|(?:Scavenger|ScavengerCollector|MarkCompactCollector|MinorMarkSweepCollector|MinorMarkCompactCollector|IncrementalMarking|IncrementalMarkingJob|ConcurrentMarking|Sweeper|ConcurrentSweeper|ArrayBufferSweeper|PagedSpaceForNewSpace|ConcurrentUnmapper|MarkingVisitor\w*|PointersUpdatingJob|EvacuateVisitor\w*|CollectGarbage)\b|GCTracer)/

export const isCollectorFrame = (frame: Frame): boolean =>
  frame.kind !== 'js' && collector.test(frame.functionName)

/** What an on-CPU sample was doing, by its frames from the root inwards. */
export function stateOfFrames(frames: readonly Frame[]): SampleState {
  const leaf = frames.at(-1)
  if (leaf === undefined) return 'native'
  if (frames.some(isCollectorFrame)) return 'gc'
  if (leaf.moduleName === kernelModule) return 'kernel'
  if (leaf.kind === 'js' || leaf.kind === 'wasm') return 'js'
  return leaf.kind === 'builtin' ? 'builtin' : 'native'
}

/** What a thread is for, by what it was started as. */
export function roleOfThread(name: string, rootFrames: readonly Frame[]): ThreadRole {
  const starts = (pattern: RegExp) => rootFrames.some((frame) => pattern.test(frame.functionName))
  if (starts(/^(?:main|_start|__libc_start_main|__libc_start_call_main|node::Start)\b/))
    return 'main'
  if (/^libuv-worker/.test(name) || starts(/^(?:worker|uv__thread_start_worker)$/)) return 'pool'
  if (/^V8Worker|^V8 ?(?:Default)?Worker|DelayedTask/i.test(name)) return 'v8'
  if (starts(/PlatformWorkerThread|WorkerThreadsTaskRunner|DelayedTaskScheduler/)) return 'v8'
  if (starts(/node::worker::Worker/)) return 'worker'
  return rootFrames.some((frame) => frame.origin === 'subject') ? 'addon' : 'other'
}
