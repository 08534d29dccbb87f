// JavaScript whose time split is known: CPU time of the process around each call. Usage: node splits.mjs KIND SECONDS
import { createRequire } from 'node:module'
import { isMainThread, Worker, workerData } from 'node:worker_threads'

const [kind, seconds] = isMainThread ? process.argv.slice(2) : workerData
const spent = {}

const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function spin(start, count) {
  let x = start
  for (let i = 0; i < count; i++) x = (Math.imul(x, 1664525) + 1013904223 + i) | 0
  return x
}
// Each with a loop of its own, so that none is inlined away into another.
function workSeventy(count) {
  let x = 1
  for (let i = 0; i < count; i++) x = (Math.imul(x, 1664525) + 1013904223 + i) | 0
  return x
}
function workTwenty(count) {
  let x = 2
  for (let i = 0; i < count; i++) x = (Math.imul(x, 22695477) + 1 + i) | 0
  return x
}
function workTen(count) {
  let x = 3
  for (let i = 0; i < count; i++) x = (Math.imul(x, 134775813) + 1 + i) | 0
  return x
}

let seed = 1
function random() {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
  return seed / 2 ** 32
}
let sink = 0

function run(works, count) {
  const endMs = cpuMs() + seconds * 1000
  while (cpuMs() < endMs) {
    const at = random()
    const [name, work] = works.find(([, , upTo]) => at < upTo)
    const before = cpuMs()
    sink += work(count)
    spent[name] = (spent[name] ?? 0) + cpuMs() - before
  }
}

const split = [
  ['workSeventy', workSeventy, 0.7],
  ['workTwenty', workTwenty, 0.9],
  ['workTen', workTen, 1],
]

if (kind === 'worker' && isMainThread) {
  new Worker(new URL(import.meta.url), { workerData: ['compute', seconds] })
} else if (kind === 'pool') {
  const { pbkdf2 } = await import('node:crypto')
  const { promisify } = await import('node:util')
  const endMs = Date.now() + seconds * 1000
  while (Date.now() < endMs) await promisify(pbkdf2)('password', 'salt', 20_000, 64, 'sha512')
  console.log('{}')
} else if (kind === 'addon') {
  const { work_seventy, work_twenty, work_ten } = createRequire(import.meta.url)(process.argv[4])
  const named = { work_seventy, work_twenty, work_ten }
  run(
    Object.entries(named).map(([name, work], index) => [name, work, split[index][2]]),
    200_000,
  )
  console.log(JSON.stringify(spent))
} else {
  sink += spin(1, 10)
  run(split, kind === 'interpreted' ? 20_000 : 300_000)
  console.log(JSON.stringify(spent))
}
if (sink === 0.5) console.log(sink)
