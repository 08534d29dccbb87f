import Database from 'better-sqlite3'
import { workload } from 'seamproof'

workload('insert and select', {
  setup: () => {
    const db = new Database(':memory:')
    db.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, body BLOB)')
    return {
      db,
      insert: db.prepare('INSERT OR REPLACE INTO item VALUES (?, ?, ?)'),
      select: db.prepare('SELECT * FROM item WHERE id < ?'),
      count: 0,
    }
  },
  run: (state) => {
    state.count = (state.count + 1) % 100
    state.insert.run(state.count, `item ${state.count}`, Buffer.alloc(64))
    state.select.all(20)
  },
  teardown: (state) => state.db.close(),
})

workload('open, prepare, close', {
  run: () => {
    const db = new Database(':memory:')
    db.prepare('SELECT 1 AS one').get()
    db.close()
  },
})
