/** A defect that was published, and the release that fixed it. Rates are those of the defect itself, not measured by us. */
export interface LeakyPackage {
  name: string
  leaky: string
  fixed: string
  /** What one operation leaves behind. */
  blocksPerOperation: number
  bytesPerBlock: number
  /** Module that the finding must name. */
  moduleName: RegExp
  /** The workload, as a user would write it. */
  workload: string
  /** Line of the workload that a finding must lead to. */
  line: number
}

export const leakyPackages: LeakyPackage[] = [
  {
    // A reference is made for each call and never deleted.
    name: '@node-rs/crc32',
    leaky: '1.5.1',
    fixed: '1.10.8',
    blocksPerOperation: 1,
    bytesPerBlock: 40,
    moduleName: /^crc32\..*\.node$/,
    line: 7,
    workload: `import { crc32c } from '@node-rs/crc32'
import { workload } from 'seamproof'

const bytes = Buffer.alloc(1000)
workload('crc32', {
  run: () => {
    crc32c(bytes)
  },
  operationsPerRound: 5000,
})
`,
  },
  {
    // A reference to the input is never released: the reference, and with it the input, stays.
    name: 'snappy',
    leaky: '7.2.0',
    fixed: '7.2.2',
    blocksPerOperation: 1,
    bytesPerBlock: 40,
    moduleName: /^snappy\..*\.node$/,
    line: 7,
    workload: `import { createRequire } from 'node:module'
import { workload } from 'seamproof'

const snappy = createRequire(import.meta.url)('snappy') as { compressSync(input: Buffer): Buffer }
workload('snappy', {
  run: () => {
    snappy.compressSync(Buffer.alloc(512, 1))
  },
  operationsPerRound: 1000,
})
`,
  },
  {
    // The C string made of a string argument is never freed.
    name: 'ffi-rs',
    leaky: '1.2.8',
    fixed: '1.3.7',
    blocksPerOperation: 1,
    bytesPerBlock: 8,
    moduleName: /^ffi-rs\..*\.node$/,
    line: 11,
    workload: `import { createRequire } from 'node:module'
import { workload } from 'seamproof'

type FfiRs = { open(library: object): void; load(call: object): unknown; DataType: Record<string, number> }
const { DataType, load, open } = createRequire(import.meta.url)('ffi-rs') as FfiRs
workload('ffi-rs', {
  setup: () => {
    open({ library: 'libc', path: 'libc.so.6' })
  },
  run: () => {
    load({
      library: 'libc',
      funcName: 'strlen',
      retType: DataType.I32,
      paramsType: [DataType.String],
      paramsValue: ['a string of some length'],
    })
  },
  operationsPerRound: 5000,
})
`,
  },
  {
    // A copy of each of the ten keys is made with new[] and never deleted: two characters and their end.
    name: 'leveldown',
    leaky: '6.1.0',
    fixed: '6.1.1',
    blocksPerOperation: 10,
    bytesPerBlock: 3,
    moduleName: /^(node\.napi|leveldown)\.(glibc\.)?node$/,
    line: 21,
    workload: `import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { workload } from 'seamproof'

// eslint-disable-next-line
const leveldown = createRequire(import.meta.url)('leveldown')
const keys = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8', 'k9']
workload('leveldown', {
  setup: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seamproof-leveldown-'))
    const db = leveldown(folder)
    await promisify(db.open.bind(db))()
    for (const key of keys) await promisify(db.put.bind(db))(key, 'value')
    return { db, folder }
  },
  run: ({ db }) =>
    new Promise((resolve, reject) => {
      db.getMany(keys, (error: Error | null) => (error ? reject(error) : resolve(undefined)))
    }),
  teardown: async ({ db, folder }) => {
    await promisify(db.close.bind(db))()
    rmSync(folder, { recursive: true })
  },
  operationsPerRound: 500,
})
`,
  },
  {
    // encode() keeps a hold on the surface that createCanvas() made: 100 × 100 pixels of 4 bytes.
    name: '@napi-rs/canvas',
    leaky: '0.1.45',
    fixed: '0.1.54',
    blocksPerOperation: 1,
    bytesPerBlock: 40_000,
    moduleName: /^skia\..*\.node$/,
    line: 6,
    workload: `import { createCanvas } from '@napi-rs/canvas'
import { workload } from 'seamproof'

workload('canvas', {
  run: async () => {
    const canvas = createCanvas(100, 100)
    canvas.getContext('2d').fillRect(10, 10, 50, 50)
    await canvas.encode('webp', 100)
  },
  operationsPerRound: 40,
  warmupOperations: 200,
})
`,
  },
]
