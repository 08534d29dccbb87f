// How fast and in how much memory the analyser reads a capture. Makes a synthetic one, then analyses it in a process of its own.
//   node bench/analyser.mjs [--events 10000000] [--threads 8] [--live 200000] [--runs 3] [--keep]
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000000' },
    threads: { type: 'string', default: '8' },
    live: { type: 'string', default: '200000' },
    runs: { type: 'string', default: '3' },
    keep: { type: 'boolean', default: false },
  },
})
const eventCount = Number(values.events)
const threadCount = Number(values.threads)
const liveTarget = Number(values.live)
const runCount = Number(values.runs)
for (const [name, value] of Object.entries({ eventCount, threadCount, liveTarget, runCount }))
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${name} must be a positive integer, got ${value}`)

/** A generator with a seed: every run reads the same capture. */
function randomFrom(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const stackCount = 20_000
const mainBase = 0x40_0000

function writePreamble(encoder) {
  encoder.process('/usr/bin/node', '/app', ['node', 'app.js'])
  encoder.module(0, 0, '/usr/bin/node', 'aa01', [[mainBase, 0x100_0000, 5, 0]])
  encoder.module(1, 0, '/app/addon.node', 'bb02', [[0x7f00_0000_0000, 0x10_0000, 5, 0]])
  for (let thread = 0; thread < threadCount; thread++)
    encoder.threadStart(thread, 100 + thread, 'worker')
  // A tree some twenty frames deep whose innermost frames lie in the addon.
  for (let id = 1; id <= stackCount; id++) {
    const parent = id < 20 ? id - 1 : id - 1 - (id % 19)
    const base = id % 3 === 0 ? 0x7f00_0000_0000 : mainBase
    encoder.node(parent, base + ((id * 7919) % 0xf000) * 16 + 1)
  }
}

/** The mix of a busy program: small blocks, most freed soon after, some kept; reallocs; bursts per thread; ten rounds. */
function writeEvents(encoder) {
  const random = randomFrom(20260923)
  const sizes = [16, 24, 32, 40, 48, 64, 96, 128, 256, 1024, 4096]
  const live = new Float64Array(liveTarget + 16)
  const freeBlocks = []
  let liveCount = 0
  let top = 0x5500_0000_0000
  let thread = 0
  const roundEvents = Math.floor(eventCount / 11)
  let nextMark = roundEvents
  let round = 0
  while (encoder.eventCount < eventCount) {
    if (encoder.eventCount >= nextMark) {
      encoder.mark(round === 0 ? 3 : 2, 'synthetic')
      round++
      nextMark += roundEvents
    }
    const draw = random()
    if (draw < 0.01) thread = Math.floor(random() * threadCount)
    if (draw < 0.002) encoder.timeUs += 40
    const wantsBlock = liveCount < liveTarget * 0.9 ? 0.52 : 0.48
    if (liveCount < 64 || (draw < wantsBlock && liveCount < liveTarget)) {
      const stack = 1 + Math.floor(random() ** 3 * (stackCount - 1))
      top += 64
      const address = freeBlocks.pop() ?? top
      encoder.alloc(thread, 1, stack, sizes[stack % sizes.length], address)
      live[liveCount++] = address
    } else if (draw > 0.99) {
      const at = liveCount - 1 - Math.floor(random() * 8)
      encoder.realloc(thread, live[at], live[at], 512 + Math.floor(random() * 64), 7)
    } else {
      const isRecent = random() < 0.8
      const at = isRecent
        ? liveCount - 1 - Math.floor(random() * 8)
        : Math.floor(random() * liveCount)
      encoder.free(thread, live[at])
      freeBlocks.push(live[at])
      live[at] = live[--liveCount]
    }
  }
}

const child = `
import { openTrace } from '${root}/packages/seamproof/dist/trace/open-trace.js'
import { EventOp } from '${root}/packages/seamproof/dist/trace/event-batch.js'
import { LiveBlocks } from '${root}/packages/seamproof/dist/trace/live-blocks.js'
import { analyzeTrace } from '${root}/packages/seamproof/dist/analyze/analyze-trace.js'
const [path, what] = process.argv.slice(1)
const started = performance.now()
const trace = openTrace(path)
let events = 0
if (what === 'decode') for (const batch of trace.batches()) events += batch.length
else if (what === 'live') {
  const live = new LiveBlocks()
  for (const batch of trace.batches()) {
    events += batch.length
    for (let i = 0; i < batch.length; i++) {
      const address = batch.address[i]
      const [low, high] = [address | 0, (address / 2 ** 32) | 0]
      if (batch.op[i] === EventOp.allocate) live.insert(low, high, batch.stack[i], batch.sizeBytes[i], 0)
      else live.remove(low, high)
    }
  }
} else {
  const { locations, traceFile, modules } = trace.meta
  const frames = locations.map((location, index) => ({
    functionName: 'f' + index, kind: 'native', isNamed: true, moduleName: 'm',
    origin: location.kind === 'native' && modules[location.moduleIndex].path.endsWith('.node') ? 'subject' : 'runtime',
  }))
  const symbols = { traceFile, frames, locationFrames: locations.map((_, index) => [index]), notes: [] }
  const workloads = [{ name: 'synthetic', operationsPerRound: 1000, roundCount: 9, warmupOperations: 1000 }]
  const facts = analyzeTrace(trace, symbols, workloads)
  events = facts.totals.eventCount
  if (facts.groups.length === 0 || facts.losses.damagedChunks > 0) throw new Error('the capture was not analysed')
}
const seconds = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage()
console.log(JSON.stringify({ events, seconds, cpuSeconds: (user + system) / 1e6, maxRssMiB: process.resourceUsage().maxRSS / 1024 }))
`

const folder = mkdtempSync(join(tmpdir(), 'seamproof-bench-'))
try {
  const bundle = join(folder, 'encoder.mjs')
  await build({
    entryPoints: [join(root, 'packages/seamproof/test/trace/trace-encoder.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  const { TraceEncoder } = await import(bundle)
  const path = join(folder, 'process-4242-1.trace')
  const descriptor = openSync(path, 'w')
  const sink = { write: (offset, bytes) => writeSync(descriptor, bytes, 0, bytes.length, offset) }
  const encoder = new TraceEncoder(sink, {
    eventChunkBytes: 256 * 1024,
    metaChunkBytes: 256 * 1024,
  })
  writePreamble(encoder)
  writeEvents(encoder)
  encoder.finish()
  closeSync(descriptor)
  const fileBytes = statSync(path).size
  console.log(`machine  ${cpus()[0].model}, Node ${process.version}`)
  console.log(
    `capture  ${encoder.eventCount} events of ${threadCount} threads, ${(fileBytes / 2 ** 20).toFixed(0)} MiB, ${(fileBytes / encoder.eventCount).toFixed(2)} bytes per event`,
  )
  // Decoding and merging alone; with the map of live blocks; everything that facts are made of.
  for (const what of ['decode', 'live', 'analyze']) {
    const results = []
    for (let run = 0; run < runCount; run++)
      results.push(
        JSON.parse(
          execFileSync(process.execPath, ['--input-type=module', '-e', child, path, what], {
            encoding: 'utf8',
          }),
        ),
      )
    const rss = Math.max(...results.map(({ maxRssMiB }) => maxRssMiB))
    // On a machine that does other things too, time on the clock says less than time on the processor.
    const text = ['seconds', 'cpuSeconds'].map((clock) => {
      const rates = results
        .map((result) => result.events / result[clock] / 1e6)
        .sort((a, b) => a - b)
      const [low, median, high] = [rates[0], rates[rates.length >> 1], rates.at(-1)]
      return `${median.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`
    })
    console.log(
      `${what.padEnd(8)} ${text[0]} million events per second, ${text[1]} per CPU second, median and range of ${runCount}; peak RSS ${rss.toFixed(0)} MiB`,
    )
  }
  if (values.keep) console.log(`kept     ${path}`)
} finally {
  if (!values.keep) rmSync(folder, { recursive: true, force: true })
}
