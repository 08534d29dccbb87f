// What is measured, printed as JSON.
//   node subject.cjs time calls COST        ns per Node-API call and per crossing
//   node subject.cjs time ADDON COST PATH   ms of CPU per operation of crc32, bcrypt or sharp
//   node subject.cjs count calls COST       the same work, counted by callgrind: prints what each count is of
//   node subject.cjs count ADDON COST PATH
const [mode, what, costPath, path] = process.argv.slice(2)
const cost = require(costPath)

const cpuMs = (begun) => {
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / 1000
}

const crossing = 'a crossing into an empty function'

function cross(calls) {
  const { empty } = cost
  for (let i = 0; i < calls; i++) empty()
}

function crossingNs() {
  const calls = 1_000_000
  cross(calls)
  const batches = Array.from({ length: 7 }, () => {
    const begun = process.cpuUsage()
    cross(calls)
    return (cpuMs(begun) * 1e6) / calls
  })
  return Math.min(...batches)
}

const pixels = Buffer.alloc(120 * 80 * 3, 127)
const operations = {
  crc32: { timed: 200_000, counted: 20_000, run: (addon) => addon.crc32('a short text') },
  bcrypt: { timed: 300, counted: 4, run: (addon) => addon.hashSync('correct horse', 4) },
  sharp: {
    timed: 100,
    counted: 40,
    run: (addon) =>
      addon(pixels, { raw: { width: 120, height: 80, channels: 3 } })
        .resize(32, 24)
        .png()
        .toBuffer(),
  },
}

async function repeat(run, addon, count) {
  for (let i = 0; i < count; i++) await run(addon)
}

async function timeAddon() {
  const { timed, run } = operations[what]
  const addon = require(path)
  let least = Number.POSITIVE_INFINITY
  for (let batch = 0; batch < 5; batch++) {
    const begun = process.cpuUsage()
    await repeat(run, addon, timed)
    least = Math.min(least, cpuMs(begun) / timed)
  }
  return { msPerOperation: least }
}

/** Names in the order of callgrind's dumps, with how often each was done. */
function countCalls() {
  const calls = 40_000 // enough that what other threads do meanwhile is little
  const names = cost.count(calls)
  cross(60_000)
  cost.beginCounting()
  cross(20_000)
  cost.endCounting()
  return [...names.map((name) => ({ name, calls })), { name: crossing, calls: 20_000 }]
}

async function countAddon() {
  const { counted, run } = operations[what]
  const addon = require(path)
  await repeat(run, addon, counted * 2)
  cost.beginCounting()
  await repeat(run, addon, counted)
  cost.endCounting()
  return [{ name: what, calls: counted }]
}

async function main() {
  if (mode === 'count') return what === 'calls' ? countCalls() : await countAddon()
  return what === 'calls' ? { ...cost.run(), [crossing]: crossingNs() } : await timeAddon()
}

main().then((measured) => console.log(JSON.stringify(measured)))
