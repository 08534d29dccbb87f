import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LiveBlocks } from '../../src/trace/live-blocks.js'
import { LiveMappings } from '../../src/trace/live-mappings.js'

const address = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 300 }).map((n) => n * 16) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 300 }).map((n) => 0x7f12_3456_0000 + n) },
  // One low word, many high ones: equal as 32-bit numbers.
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 ** 21 - 1 }).map((n) => n * 2 ** 32 + 64) },
)
const size = fc.oneof(fc.nat(100), fc.constantFrom(2 ** 32 - 1, 2 ** 32, 2 ** 47, 2 ** 32 - 2))

describe('live blocks', () => {
  test('are those that a plain Map would hold, whatever the order of insertions and removals', () => {
    const step = fc.record({
      isInsert: fc.boolean(),
      address,
      site: fc.nat(2 ** 31),
      size,
      birth: fc.nat(2047),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 2000 }), (steps) => {
        const fast = new LiveBlocks(2)
        const plain = new Map<number, { site: number; size: number; birth: number }>()
        for (const { isInsert, address, site, size, birth } of steps) {
          const old = plain.get(address)
          const [low, high] = [address | 0, (address / 2 ** 32) | 0]
          const found = isInsert
            ? fast.insert(low, high, site, size, birth)
            : fast.remove(low, high)
          expect(found).toBe(old !== undefined)
          if (old !== undefined)
            expect([fast.foundSite, fast.foundBytes, fast.foundBirth]).toEqual([
              old.site,
              old.size,
              old.birth,
            ])
          if (isInsert) plain.set(address, { site, size, birth })
          else plain.delete(address)
          expect(fast.size).toBe(plain.size)
        }
        const left: unknown[] = []
        fast.forEach((site, bytes, birth) => {
          left.push(`${site} ${bytes} ${birth}`)
        })
        const expected = [...plain.values()].map((b) => `${b.site} ${b.size} ${b.birth}`)
        expect(left.sort()).toEqual(expected.sort())
      }),
      { numRuns: 100 },
    )
  })
})

describe('live mappings', () => {
  test('are what is left page by page, and the pieces given back add up', () => {
    const step = fc.record({
      isInsert: fc.boolean(),
      start: fc.nat(60),
      pages: fc.integer({ min: 1, max: 20 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const mappings = new LiveMappings()
        const pages = new Map<number, number>()
        const liveCount = new Map<number, number>()
        const liveBytes = new Map<number, number>()
        const add = (map: Map<number, number>, key: number, by: number) =>
          map.set(key, (map.get(key) ?? 0) + by)
        const released = (site: number, bytes: number, isLast: boolean) => {
          add(liveBytes, site, -bytes)
          if (isLast) add(liveCount, site, -1)
        }
        steps.forEach(({ isInsert, start, pages: count }, site) => {
          const had = Array.from({ length: count }, (_, i) => pages.has(start + i)).includes(true)
          if (isInsert) {
            mappings.insert(start * 4096, count * 4096, site, 0, released)
            add(liveBytes, site, count * 4096)
            add(liveCount, site, 1)
          } else expect(mappings.remove(start * 4096, count * 4096, released)).toBe(had)
          for (let i = 0; i < count; i++)
            if (isInsert) pages.set(start + i, site)
            else pages.delete(start + i)
          for (const [other, bytes] of liveBytes) {
            const left = [...pages.values()].filter((owner) => owner === other).length
            expect(bytes).toBe(left * 4096)
            expect(liveCount.get(other)).toBe(left > 0 ? 1 : 0)
          }
        })
      }),
      { numRuns: 200 },
    )
  })
})
