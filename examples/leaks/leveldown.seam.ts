import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import leveldown from 'leveldown'
import { workload } from 'seamproof'

const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`)
type Done = (error?: Error | null) => void
const called = (call: (done: Done) => void) =>
  new Promise<void>((resolve, reject) => call((error) => (error ? reject(error) : resolve())))

// leveldown 6.1.0 frees the array of keys of getMany, but not the keys (Level/leveldown#804); 6.1.1 frees both.
workload('read 20 keys at once', {
  operationsPerRound: 500,
  setup: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seamproof-leveldown-'))
    const db = leveldown(folder)
    await called((done) => db.open(done))
    for (const key of keys) await called((done) => db.put(key, 'v'.repeat(200), done))
    return { folder, db }
  },
  run: ({ db }) => called((done) => db.getMany(keys, done)),
  teardown: async ({ folder, db }) => {
    await called((done) => db.close(done))
    rmSync(folder, { recursive: true })
  },
})
