import { addon, seed } from './addon.js'

/** In a turn of its own, so that nothing on the stack holds what was made there. */
async function collect(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  ;(globalThis as { gc?: () => void }).gc?.()
}

seed('writePastABuffer', 'writes the byte after a Buffer that JavaScript passed', (call) =>
  call(Buffer.from(new ArrayBuffer(32))),
)
seed('fillAfterGc', 'a pool thread fills an ArrayBuffer that nothing keeps alive', async (call) => {
  const filled = call(new ArrayBuffer(4096))
  await collect()
  await filled
})
seed(
  'writeToDetached',
  'writes to the bytes of an ArrayBuffer that was detached and collected',
  async (call) => {
    let bytes: ArrayBuffer | undefined = new ArrayBuffer(4096)
    addon.keepStore!(bytes)
    let moved: ArrayBuffer | undefined = structuredClone(bytes, { transfer: [bytes] })
    bytes = undefined
    const length = moved.byteLength
    moved = undefined
    await collect()
    call()
    return length
  },
)
seed(
  'freeUnderJavaScript',
  'frees the memory of an external Buffer while JavaScript reads it',
  (call) => (call() as Buffer).readUInt8(40),
)
