// Open loop: operations are due at a fixed rate whatever happens, and latency counts from when each was due.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createGridWriter } from '../dist/bridge.js'
import { EventLoop } from '../dist/event-loop.js'
import { loadNative } from '../dist/native.js'
import { floorPath } from './bench-native.mjs'

const seconds = Number(process.env.BENCH_SECONDS ?? 4)
const rate = 200_000
const periodNs = 100_000
const total = rate * seconds
const intervalUs = 1e6 / rate
const ratios = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999, max: 1 }

/** ns that this process waited for a CPU although it could run. */
function runQueueWaitMs() {
  const [, waitNs] = readFileSync('/proc/self/schedstat', 'utf8').split(' ')
  return Number(waitNs) / 1e6
}

function percentiles(latencies) {
  const sorted = latencies.slice().sort()
  return Object.fromEntries(
    Object.entries(ratios).map(([name, ratio]) => [
      name,
      sorted[Math.min(sorted.length - 1, Math.floor(ratio * sorted.length))],
    ]),
  )
}

/** P99 of each quarter second: what the machine allowed when it was quiet. */
function windows(latencies) {
  const size = rate / 4
  const p99 = []
  for (let at = 0; at + size <= latencies.length; at += size)
    p99.push(percentiles(latencies.subarray(at, at + size)).p99)
  p99.sort((a, b) => a - b)
  return {
    p99Median: p99[p99.length >> 1],
    p99Best: p99[0],
    below500UsShare: p99.filter((us) => us < 500).length / p99.length,
    n: p99.length,
  }
}

async function openLoop(batch) {
  const native = loadNative()
  const grid = native.gridCreate(80, 24, 0)
  const writer = createGridWriter(grid, { batch })
  const latencies = new Float32Array(total)
  for (let i = 0; i < 200_000; i++) {
    writer.setCell(i % 24, i & 63, 65)
    if ((i & 31) === 0) writer.flush()
  }
  const loop = new EventLoop()
  let done = 0
  const cpuBefore = process.cpuUsage()
  const waitBefore = runQueueWaitMs()
  const start = performance.now()
  await new Promise((resolve) => {
    const timer = loop.startTimer(
      { afterMs: periodNs / 1e6, everyMs: periodNs / 1e6, precise: true },
      () => {
        const due = Math.min(total, Math.floor(((performance.now() - start) * 1000) / intervalUs))
        const first = done
        for (; done < due; done++) writer.setCell(done % 24, done & 63, 65)
        writer.flush()
        const endUs = (performance.now() - start) * 1000
        for (let i = first; i < done; i++) latencies[i] = endUs - i * intervalUs
        if (done < total) return
        timer.remove()
        resolve()
      },
    )
  })
  const elapsedMs = performance.now() - start
  const cpu = process.cpuUsage(cpuBefore)
  loop.close()
  writer.close()
  native.gridDestroy(grid)
  return {
    latencyUs: percentiles(latencies),
    windows: windows(latencies),
    doneCount: done,
    rateReached: (done / elapsedMs) * 1000,
    cpuShare: (cpu.user + cpu.system) / 1000 / elapsedMs,
    runQueueWaitMs: runQueueWaitMs() - waitBefore,
  }
}

function floor(launcher = []) {
  const [file, ...args] = [
    ...launcher,
    floorPath(),
    String(periodNs),
    String(rate),
    String(seconds),
  ]
  const [p50, p90, p99, p999, max, done, wait] = execFileSync(file, args, { encoding: 'utf8' })
    .trim()
    .split(' ')
    .map(Number)
  return { latencyUs: { p50, p90, p99, p999, max }, doneCount: done, runQueueWaitMs: wait }
}

if (process.argv[2] === 'floor') console.log(JSON.stringify(floor()))
else
  console.log(
    JSON.stringify({ rate, periodNs, seconds, ...(await openLoop(process.argv[2] !== 'call')) }),
  )
process.exit(0)
