// leveldown 5.0.1 closes its database while pool threads still work on it (Level/leveldown#612); 5.0.2 waits for them.
//   node leveldown-close.cjs [TIMES]
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const leveldown = require('leveldown')

const value = 'v'.repeat(2000)

async function closeWhileItWorks() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'seamproof-leveldown-'))
  const store = leveldown(folder)
  const call = (name, ...rest) => new Promise((resolve) => store[name](...rest, resolve))
  await call('open')
  const calls = []
  for (let i = 0; i < 50; i++) calls.push(call('put', `key${i}`, value), call('get', `key${i}`))
  calls.push(call('approximateSize', 'a', 'z'), call('compactRange', 'a', 'z'), call('close'))
  // What was in the database's queue as it went is never called back.
  await Promise.race([Promise.all(calls), new Promise((resolve) => setTimeout(resolve, 500))])
  fs.rmSync(folder, { recursive: true, force: true })
}

async function main() {
  for (let time = 0; time < Number(process.argv[2] ?? 30); time++) await closeWhileItWorks()
}

main()
