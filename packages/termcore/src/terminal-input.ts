import { writeSync } from 'node:fs'

/** Input that a program has not read yet; beyond this more is refused. */
export const pendingInputBytesMax = 16 * 1024 * 1024

const retryMsMax = 32

/**
 * Writes to a pseudo-terminal without ever blocking. The binding's own write waits in the kernel until
 * the program reads, and with it the whole process; here what does not fit waits in a queue.
 */
export class TerminalInput {
  readonly #fd: number
  readonly #isClosed: () => boolean
  #queue: Buffer[] = []
  #pendingBytes = 0
  #retryMs = 1
  #timer: NodeJS.Timeout | undefined

  /** The descriptor must not block. `isClosed` is asked before each use of it. */
  constructor(fd: number, isClosed: () => boolean) {
    this.#fd = fd
    this.#isClosed = isClosed
  }

  /** False: too much is waiting already, nothing was taken. */
  write(data: string | Buffer): boolean {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    if (this.#pendingBytes + bytes.length > pendingInputBytesMax) return false
    if (bytes.length === 0 || this.#isClosed()) return true
    // A caller may use its buffer again; a string's was made here.
    this.#queue.push(typeof data === 'string' ? bytes : Buffer.from(bytes))
    this.#pendingBytes += bytes.length
    if (this.#timer === undefined) this.#drain()
    return true
  }

  #drain(): void {
    this.#timer = undefined
    while (this.#queue.length > 0) {
      const written = this.#writeSome(this.#queue[0]!)
      if (written < 0) {
        this.#timer = setTimeout(() => this.#drain(), this.#retryMs)
        this.#retryMs = Math.min(this.#retryMs * 2, retryMsMax)
        return
      }
      this.#retryMs = 1
      this.#pendingBytes -= written
      const rest = this.#queue[0]!.subarray(written)
      if (rest.length > 0) this.#queue[0] = rest
      else this.#queue.shift()
    }
  }

  /** Bytes written; -1: none fit now. All of them when nobody is there to read any more. */
  #writeSome(bytes: Buffer): number {
    if (this.#isClosed()) return bytes.length
    try {
      return writeSync(this.#fd, bytes)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return code === 'EAGAIN' || code === 'EINTR' ? -1 : bytes.length
    }
  }

  /** The program is gone: what waits is dropped. */
  close(): void {
    clearTimeout(this.#timer)
    this.#queue = []
    this.#pendingBytes = 0
  }
}
