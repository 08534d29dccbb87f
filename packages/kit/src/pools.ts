import { KitError } from './kit-error.js'

/** refuse: throw. block: `acquire` throws, `acquireAsync` waits its turn. fall-back: make one that is not pooled. */
export type AtLimit = 'refuse' | 'block' | 'fall-back'

export interface PoolCounters {
  readonly acquiredCount: number
  readonly releasedCount: number
  readonly refusedCount: number
  readonly fallbackCount: number
  readonly waitedCount: number
  readonly inUseCount: number
  /** The high-water mark, fallbacks included. */
  readonly inUseCountMax: number
  readonly createdCount: number
}

export interface ObjectPoolOptions<T> {
  readonly create: () => T
  /** Makes a released object ready for its next user. */
  readonly reset?: (object: T) => void
  /** Most objects that exist at once, fallbacks not counted. */
  readonly limit: number
  readonly atLimit: AtLimit
}

interface Waiter<T> {
  readonly resolve: (object: T) => void
}

/** Objects that are made once and used many times. */
export class ObjectPool<T extends object> {
  readonly #options: ObjectPoolOptions<T>
  readonly #free: T[] = []
  readonly #inUse = new Set<T>()
  readonly #fallbacks = new Set<T>()
  readonly #waiters: Waiter<T>[] = []
  #created = 0
  #acquired = 0
  #released = 0
  #refused = 0
  #fallbackCount = 0
  #waited = 0
  #inUseMax = 0

  constructor(options: ObjectPoolOptions<T>) {
    if (!Number.isInteger(options.limit) || options.limit < 1)
      throw new KitError(
        'KIT_POOL_MISUSE',
        `a limit of ${options.limit}`,
        'use an integer from 1 on',
      )
    this.#options = options
  }

  #take(object: T, pooled: boolean): T {
    ;(pooled ? this.#inUse : this.#fallbacks).add(object)
    this.#acquired += 1
    this.#inUseMax = Math.max(this.#inUseMax, this.#inUse.size + this.#fallbacks.size)
    return object
  }

  #tryAcquire(): T | undefined {
    const free = this.#free.pop()
    if (free !== undefined) return this.#take(free, true)
    if (this.#created < this.#options.limit) {
      const object = this.#options.create()
      this.#created += 1
      return this.#take(object, true)
    }
    if (this.#options.atLimit !== 'fall-back') return undefined
    this.#fallbackCount += 1
    return this.#take(this.#options.create(), false)
  }

  acquire(): T {
    const object = this.#tryAcquire()
    if (object !== undefined) return object
    this.#refused += 1
    throw new KitError(
      'KIT_POOL_EXHAUSTED',
      `all ${this.#options.limit} objects of the pool are in use`,
      this.#options.atLimit === 'block'
        ? 'use acquireAsync to wait for one'
        : 'release some, raise the limit, or choose atLimit: "fall-back"',
    )
  }

  /** With atLimit "block": first come, first served. Otherwise as acquire. */
  acquireAsync(): Promise<T> {
    if (this.#options.atLimit === 'block' && (this.#waiters.length > 0 || this.#isExhausted())) {
      this.#waited += 1
      return new Promise((resolve) => this.#waiters.push({ resolve }))
    }
    return new Promise((resolve) => resolve(this.acquire()))
  }

  #isExhausted(): boolean {
    return this.#free.length === 0 && this.#created >= this.#options.limit
  }

  /** Throws for an object that is not out: released twice, or of another pool. */
  release(object: T): void {
    if (this.#fallbacks.delete(object)) {
      this.#released += 1
      return
    }
    if (!this.#inUse.delete(object))
      throw new KitError(
        'KIT_POOL_MISUSE',
        'the object is not in use: released twice, or not of this pool',
        'release each acquired object once',
      )
    this.#released += 1
    this.#options.reset?.(object)
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#free.push(object)
    else waiter.resolve(this.#take(object, true))
  }

  get counters(): PoolCounters {
    return {
      acquiredCount: this.#acquired,
      releasedCount: this.#released,
      refusedCount: this.#refused,
      fallbackCount: this.#fallbackCount,
      waitedCount: this.#waited,
      inUseCount: this.#inUse.size + this.#fallbacks.size,
      inUseCountMax: this.#inUseMax,
      createdCount: this.#created,
    }
  }
}

export interface BufferPoolOptions {
  /** Smallest class; a power of two. Default 1024. */
  readonly smallestSizeBytes?: number
  /** Largest class; a power of two. A larger request is refused whatever the policy. Default 1 MiB. */
  readonly largestSizeBytes?: number
  readonly buffersPerClass: number
  readonly atLimit: AtLimit
}

/** Buffers in power-of-two classes. Contents are not cleared between users. */
export class BufferPool {
  readonly #classes = new Map<number, ObjectPool<Uint8Array<ArrayBuffer>>>()
  readonly #smallest: number
  readonly #largest: number

  constructor(options: BufferPoolOptions) {
    const {
      smallestSizeBytes = 1024,
      largestSizeBytes = 1 << 20,
      buffersPerClass,
      atLimit,
    } = options
    for (const size of [smallestSizeBytes, largestSizeBytes])
      if (!Number.isInteger(Math.log2(size)))
        throw new KitError('KIT_POOL_MISUSE', `a class of ${size} bytes`, 'use powers of two')
    this.#smallest = smallestSizeBytes
    this.#largest = largestSizeBytes
    for (let size = smallestSizeBytes; size <= largestSizeBytes; size *= 2)
      this.#classes.set(
        size,
        new ObjectPool({ create: () => new Uint8Array(size), limit: buffersPerClass, atLimit }),
      )
  }

  #poolFor(sizeBytes: number): ObjectPool<Uint8Array<ArrayBuffer>> {
    let size = this.#smallest
    while (size < sizeBytes) size *= 2
    const pool = this.#classes.get(size)
    if (pool === undefined)
      throw new KitError(
        'KIT_POOL_EXHAUSTED',
        `${sizeBytes} bytes are more than the pool's largest buffer (${this.#largest})`,
        'allocate it directly, or raise largestSizeBytes',
      )
    return pool
  }

  /** At least `sizeBytes` long. */
  acquire(sizeBytes: number): Uint8Array<ArrayBuffer> {
    return this.#poolFor(sizeBytes).acquire()
  }

  acquireAsync(sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#poolFor(sizeBytes).acquireAsync()
  }

  release(buffer: Uint8Array<ArrayBuffer>): void {
    this.#poolFor(buffer.byteLength).release(buffer)
  }

  /** By size of the class. */
  get counters(): ReadonlyMap<number, PoolCounters> {
    return new Map([...this.#classes].map(([size, pool]) => [size, pool.counters]))
  }
}
