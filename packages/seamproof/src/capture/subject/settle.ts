const collectionsDefault = 3
const idleMs = 15

/**
 * Brings the process to rest before a mark: what is garbage is collected, finalizers and FinalizationRegistry callbacks have
 * run, V8's sweepers and libuv's pool threads are idle. One collection is not enough: a finalizer may drop the last hold on
 * the next object, and the memory of array buffers is swept on another thread after the collection that found them dead.
 */
export async function settle(collections = collectionsDefault): Promise<void> {
  const collect = (globalThis as { gc?: () => void }).gc
  for (let round = 0; round < collections; round++) {
    collect?.()
    await turn()
    await turn()
    await pause(idleMs)
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
