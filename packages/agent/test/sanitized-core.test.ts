import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, test } from 'vitest'
import { openTrace } from '../../seamproof/src/trace/open-trace.js'
import { buildSubject, nativeFolder, scratchFolder } from './build-subject.js'
import { TraceView } from './trace-view.js'
import { newCapture } from './traced-run.js'

const folder = scratchFolder()
const core = ['recorder', 'tree', 'wire', 'meta', 'aggregate', 'mappings', 'thread']

const sanitizers = [
  ['AddressSanitizer and UBSan', ['-fsanitize=address,undefined', '-fno-sanitize-recover=all']],
  ['ThreadSanitizer', ['-fsanitize=thread']],
] as const

interface Books {
  /** `address size` of each block that is live at the end. */
  live: string[]
  /** By site: allocated count and bytes, freed count and bytes. */
  sites: number[][]
}

async function drive(driver: string, mode: string, seed: number): Promise<[Books, TraceView]> {
  const captureDir = newCapture(folder)
  const args = [captureDir, mode, '4', '25000', String(seed)]
  // ThreadSanitizer of gcc 12 does not know how far newer kernels spread a process.
  const result = await execa('setarch', ['-R', driver, ...args], { reject: false })
  expect([result.exitCode, result.stderr]).toEqual([0, ''])
  const lines = result.stdout.split('\n').map((line) => line.split(' '))
  const books: Books = { live: [], sites: [] }
  for (const [what, ...fields] of lines) {
    if (what === 'live') books.live.push(`${fields[0]} ${fields[1]}`)
    else books.sites.push(fields.slice(1).map(Number))
  }
  return [books, new TraceView(join(captureDir, readdirSync(captureDir)[0]!))]
}

describe.each(sanitizers)('the recorder under %s', (name, flags) => {
  let driver: string
  beforeAll(async () => {
    driver = await buildSubject(folder, 'core-driver.c', {
      as: `driver-${name.split(' ')[0]}`,
      flags: [
        ...flags,
        `-I${nativeFolder}`,
        ...core.map((part) => join(nativeFolder, `${part}.c`)),
      ],
    })
  })

  test.each([1, 2])(
    'full mode, seed %i: the blocks that live at the end are those of a plain table',
    async (seed) => {
      const [books, trace] = await drive(driver, 'full', seed)
      expect(trace.violations).toEqual([])
      const live = [...trace.liveBlocks().values()].map(
        (block) => `${block.address} ${block.sizeBytes}`,
      )
      expect(live.sort()).toEqual(books.live.sort())
      expect(live.length).toBeGreaterThan(1000)
      expect(trace.meta.header.eventsDropped).toBe(0)
      expect(trace.meta.header.nodeTableFull).toBe(0)
    },
  )

  test('aggregate mode: the totals are those of a plain table', async () => {
    const [books, trace] = await drive(driver, 'aggregate', 3)
    expect(trace.violations).toEqual([])
    const sums = [0, 0, 0, 0]
    const rows = new Map<string, number[]>()
    const open = openTrace(trace.path)
    open.visitSnapshots({
      begin: () => {},
      stack: (row) => {
        const numbers = [row.allocatedCount, row.allocatedBytes, row.freedCount, row.freedBytes]
        // Totals since the start: the last row of a stack counts. It keeps the kind of its first event.
        rows.set(`${row.stack} ${row.kind}`, numbers)
      },
      end: () => {},
    })
    open.close()
    for (const numbers of rows.values())
      for (const [index, number] of numbers.entries()) sums[index]! += number
    const truth = [0, 1, 2, 3].map((field) =>
      books.sites.reduce((sum, site) => sum + site[field]!, 0),
    )
    expect(sums).toEqual(truth)
    expect(rows.size).toBeGreaterThan(4000)
    const [allocated, , freed] = truth
    expect(trace.meta.snapshots.at(-1)?.liveCount).toBe(allocated! - freed!)
    expect(books.live).toHaveLength(allocated! - freed!)
  })
})
