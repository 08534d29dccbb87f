'use strict'
// The sampler alone: one process does the same work in slices, by turns with the sampler on and off, so that neither V8's
// options nor the machine's other work count. Prints { on, off }: CPU time of each slice, in pairs.
//   node slices.cjs PAIRS WORK [ADDONS_FOLDER], under the agent with the sampler paused
const { createRequire } = require('node:module')
const { join } = require('node:path')
const { profile } = require('@seamproof/agent/control')

const [pairs, work, addons] = [Number(process.argv[2]), process.argv[3], process.argv[4]]

function sqliteRound() {
  const Database = createRequire(join(addons, 'package.json'))('better-sqlite3')
  const db = new Database(':memory:')
  db.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)')
  const insert = db.prepare('INSERT INTO item (name) VALUES (?)')
  const find = db.prepare('SELECT name FROM item WHERE id = ?')
  return () => {
    for (let row = 0; row < 1000; row++) find.get(Number(insert.run(`item ${row}`).lastInsertRowid))
    db.exec('DELETE FROM item')
  }
}
const round = work === 'sqlite' ? sqliteRound() : require('./compute.cjs').round

const cpuUs = () => {
  const { user, system } = process.cpuUsage()
  return user + system
}

function slice(count) {
  const before = cpuUs()
  for (let done = 0; done < count; done++) round()
  return cpuUs() - before
}

/** Until the code is compiled; and how many rounds take about 60 ms. */
let count = 1
for (let warm = 0; warm < 30; warm++)
  count = Math.max(1, Math.round(60_000 / (slice(count) / count)))

const spent = { on: [], off: [] }
for (let pair = 0; pair < pairs; pair++) {
  const order = pair % 2 === 0 ? ['on', 'off'] : ['off', 'on']
  for (const state of order) {
    if (state === 'on') profile.start()
    spent[state].push({ round: pair, value: slice(count) })
    profile.stop()
  }
}
process.stdout.write(JSON.stringify(spent))
