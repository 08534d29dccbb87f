'use strict'
// Inserts in transactions of 1000, an index, and a lookup for every tenth row.   node sqlite.cjs ADDONS_FOLDER ROWS
const { createRequire } = require('node:module')
const { join } = require('node:path')

const [folder, rows] = [process.argv[2], Number(process.argv[3])]
const Database = createRequire(join(folder, 'package.json'))('better-sqlite3')
const db = new Database(':memory:')
db.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, body BLOB)')
db.exec('CREATE INDEX item_name ON item (name)')
const insert = db.prepare('INSERT INTO item (name, body) VALUES (?, ?)')
const select = db.prepare('SELECT id, body FROM item WHERE name = ?')
const insertMany = db.transaction((from, to) => {
  for (let row = from; row < to; row++)
    insert.run(`item ${(row * 7919) % rows}`, Buffer.alloc(64, row))
})
for (let row = 0; row < rows; row += 1000) insertMany(row, Math.min(row + 1000, rows))
let found = 0
for (let row = 0; row < rows; row += 10) found += select.all(`item ${row}`).length
if (found === 0) throw new Error('no row was found')
db.close()
