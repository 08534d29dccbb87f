import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { workload } from 'seamproof'

workload('put and get', {
  setup: () => {
    const folder = mkdtempSync(join(tmpdir(), 'seamproof-lmdb-'))
    return { folder, store: open({ path: folder }), count: 0 }
  },
  run: async (state) => {
    state.count = (state.count + 1) % 100
    await state.store.put(`key ${state.count}`, { count: state.count, text: 'value' })
    if (state.store.get(`key ${state.count}`).count !== state.count)
      throw new Error('not what was put')
  },
  teardown: async (state) => {
    await state.store.close()
    rmSync(state.folder, { recursive: true })
  },
})
