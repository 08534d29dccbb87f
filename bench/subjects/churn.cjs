'use strict'
// One process of the churn measurement: every case for a few slices, ns per malloc+free pair as JSON into a file.
//   node churn.cjs ADDON RESULT.json SLICE_MS SLICES
const { writeFileSync } = require('node:fs')
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')

const [addonPath, resultPath, sliceMs, sliceCount] = isMainThread
  ? [process.argv[2], process.argv[3], Number(process.argv[4]), Number(process.argv[5])]
  : [workerData.addonPath]
const addon = require(addonPath)

/** Runs `leaf` under `depth` more frames of JavaScript. */
function descend(depth, leaf) {
  return depth === 0 ? leaf() : descend(depth - 1, leaf)
}

/** One pair per crossing, from call sites that take turns and at depths that go up and down: each walk meets a new stack. */
const callers = [
  (depth) => descendAndPair(depth),
  (depth) => descendAndPair(depth + 1),
  (depth) => descendAndPair(depth + 3),
  (depth) => descendAndPair(depth + 2),
]

function descendAndPair(depth) {
  if (depth === 0) addon.pair()
  else descendAndPair(depth - 1)
}

function crossings(count) {
  const wall = process.hrtime.bigint()
  const cpu = process.cpuUsage()
  for (let index = 0; index < count; index++) callers[index & 3](2)
  const used = process.cpuUsage(cpu)
  return [Number(process.hrtime.bigint() - wall), (used.user + used.system) * 1000]
}

const cases = {
  'depth 10, 64 B': (pairs) => descend(10, () => addon.churn(pairs, false)),
  'depth 40, 64 B': (pairs) => descend(40, () => addon.churn(pairs, false)),
  'depth 10, mixed': (pairs) => descend(10, () => addon.churn(pairs, true)),
  'depth 40, mixed': (pairs) => descend(40, () => addon.churn(pairs, true)),
  'depth 10, changing stacks': (pairs) => descend(10, () => crossings(pairs)),
  'depth 40, changing stacks': (pairs) => descend(40, () => crossings(pairs)),
}

/** Pairs that take about `sliceMs`; finding that out is the warm-up. */
function calibrate(run) {
  for (let pairs = 500; ; pairs *= 2) {
    const [wall] = run(pairs)
    if (wall >= (sliceMs / 2) * 1e6) return Math.max(1, Math.round((pairs * sliceMs * 1e6) / wall))
  }
}

function measureOne(run) {
  const pairs = calibrate(run)
  const slices = Array.from({ length: sliceCount }, () => run(pairs))
  return {
    pairs,
    wallNs: slices.map(([wall]) => wall / pairs),
    cpuNs: slices.map(([, cpu]) => cpu / pairs),
  }
}

const threadCount = 4

/** All threads at once: wall is the time from the common start to the last end, by the pairs of all threads. */
async function measureThreads(depth) {
  const workers = Array.from(
    { length: threadCount },
    () => new Worker(__filename, { workerData: { addonPath } }),
  )
  const runAll = async (pairs) => {
    const start = process.hrtime.bigint()
    const results = await Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve, reject) => {
            worker.once('message', resolve)
            worker.once('error', reject)
            worker.postMessage({ depth, pairs })
          }),
      ),
    )
    const wall = Number(process.hrtime.bigint() - start)
    return [wall, results.reduce((sum, [, cpu]) => sum + cpu, 0)]
  }
  let pairs = 500
  for (; ; pairs *= 2) {
    const [wall] = await runAll(pairs)
    if (wall >= (sliceMs / 2) * 1e6) break
  }
  const slices = []
  for (let slice = 0; slice < sliceCount; slice++) slices.push(await runAll(pairs))
  await Promise.all(workers.map((worker) => worker.terminate()))
  const all = pairs * threadCount
  return {
    pairs: all,
    wallNs: slices.map(([wall]) => wall / all),
    cpuNs: slices.map(([, cpu]) => cpu / all),
  }
}

async function main() {
  const results = {}
  for (const [name, run] of Object.entries(cases)) results[name] = measureOne(run)
  for (const depth of [10, 40])
    results[`depth ${depth}, mixed, ${threadCount} threads`] = await measureThreads(depth)
  writeFileSync(resultPath, JSON.stringify(results))
}

if (isMainThread) main()
else
  parentPort.on('message', ({ depth, pairs }) => {
    parentPort.postMessage(descend(depth, () => addon.churn(pairs, true)))
  })
