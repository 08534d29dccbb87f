import { BufferPool, ObjectPool } from '@seamproof/kit'
import { describe, expect, test } from 'vitest'

const make = (atLimit: 'refuse' | 'block' | 'fall-back') =>
  new ObjectPool({
    create: () => ({ value: 0 }),
    reset: (o) => {
      o.value = 0
    },
    limit: 2,
    atLimit,
  })

describe('an object pool', () => {
  test('uses objects again, reset', () => {
    const pool = make('refuse')
    const first = pool.acquire()
    first.value = 9
    pool.release(first)
    expect(pool.acquire()).toBe(first)
    expect(first.value).toBe(0)
    expect(pool.counters).toMatchObject({ createdCount: 1, acquiredCount: 2, inUseCountMax: 1 })
  })

  test('refuses at its limit', () => {
    const pool = make('refuse')
    pool.acquire()
    pool.acquire()
    expect(() => pool.acquire()).toThrow(expect.objectContaining({ code: 'KIT_POOL_EXHAUSTED' }))
    expect(pool.counters.refusedCount).toBe(1)
  })

  test('falls back at its limit, and does not keep what it made then', () => {
    const pool = make('fall-back')
    const held = [pool.acquire(), pool.acquire(), pool.acquire()]
    expect(pool.counters).toMatchObject({ fallbackCount: 1, inUseCountMax: 3, createdCount: 2 })
    for (const object of held) pool.release(object)
    expect(pool.counters.inUseCount).toBe(0)
    expect([pool.acquire(), pool.acquire()]).not.toContain(held[2])
  })

  test('makes waiters wait, first come, first served', async () => {
    const pool = make('block')
    const [one, two] = [pool.acquire(), pool.acquire()]
    const order: string[] = []
    const third = pool.acquireAsync().then((object) => {
      order.push('third')
      return object
    })
    const fourth = pool.acquireAsync().then((object) => {
      order.push('fourth')
      return object
    })
    pool.release(two)
    pool.release(one)
    expect(await third).toBe(two)
    expect(await fourth).toBe(one)
    expect(order).toEqual(['third', 'fourth'])
    expect(pool.counters).toMatchObject({ waitedCount: 2, inUseCount: 2 })
  })

  test('refuses what is not out', () => {
    const pool = make('refuse')
    const object = pool.acquire()
    pool.release(object)
    expect(() => pool.release(object)).toThrow(expect.objectContaining({ code: 'KIT_POOL_MISUSE' }))
    expect(() => pool.release({ value: 1 })).toThrow('not of this pool')
  })
})

test('a buffer pool hands out the smallest class that fits and refuses what fits none', () => {
  const pool = new BufferPool({
    smallestSizeBytes: 64,
    largestSizeBytes: 256,
    buffersPerClass: 1,
    atLimit: 'refuse',
  })
  const buffer = pool.acquire(65)
  expect(buffer.byteLength).toBe(128)
  pool.release(buffer)
  expect(pool.acquire(128)).toBe(buffer)
  expect(() => pool.acquire(257)).toThrow(expect.objectContaining({ code: 'KIT_POOL_EXHAUSTED' }))
  expect(
    () => new BufferPool({ smallestSizeBytes: 100, buffersPerClass: 1, atLimit: 'refuse' }),
  ).toThrow('a class of 100 bytes')
})
