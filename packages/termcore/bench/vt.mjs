// VT throughput in MB/s of CPU time, termcore beside its peers, on the same generated streams. Interleaved:
// every terminal in turn, a few rounds, median. A peer that is not installed is listed as not run.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Terminal } from '../dist/index.js'
import { loadBenchAddon } from './bench-native.mjs'
import { medianInterval } from './measure.mjs'
import { openOpenTui } from './vt-opentui.mjs'
import { makeStreams } from './vt-streams.mjs'

const require = createRequire(import.meta.url)
const bench = loadBenchAddon()
const chunkBytes = 64 * 1024
const megabytes = Number(process.env.BENCH_MB ?? 2)
const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const scrollbackLines = 1000

function openTermcore(cols, rows) {
  const terminal = new Terminal({ cols, rows, scrollbackLines })
  return { write: (chunk) => terminal.write(chunk), close: () => terminal[Symbol.dispose]?.() }
}

function openXterm(cols, rows) {
  const { Terminal: Peer } = require('@xterm/headless')
  const peer = new Peer({
    cols,
    rows,
    scrollback: scrollbackLines,
    allowProposedApi: true,
    logLevel: 'off',
  })
  return {
    write: (chunk) => new Promise((resolve) => peer.write(chunk, resolve)),
    close: () => peer.dispose(),
  }
}

let ghosttyModule
function openGhostty(cols, rows) {
  const file = require.resolve('ghostty-web').replace(/dist\/.*/, 'ghostty-vt.wasm')
  ghosttyModule ??= new WebAssembly.Module(readFileSync(file))
  const { Ghostty } = ghostty
  const core = new Ghostty(new WebAssembly.Instance(ghosttyModule, { env: { log() {} } }))
  const peer = core.createTerminal(cols, rows, { scrollbackLimit: scrollbackLines })
  return { write: (chunk) => peer.write(chunk), close: () => peer.free?.() }
}

let ghostty
const notRun = {}
const terminals = { termcore: openTermcore }
for (const [name, load] of [
  [
    '@xterm/headless',
    async () => {
      require('@xterm/headless')
      return openXterm
    },
  ],
  [
    'ghostty-web (WASM)',
    async () => {
      ghostty = await import('ghostty-web')
      openGhostty(80, 24)
      return openGhostty
    },
  ],
  ['libopentui (koffi)', openOpenTui],
])
  try {
    terminals[name] = await load()
  } catch (error) {
    notRun[name] = String(error.message).split('\n')[0]
  }

const streams = makeStreams(megabytes * 1e6)
const results = []
for (const [cols, rows] of [
  [80, 24],
  [200, 50],
])
  for (const [stream, bytes] of Object.entries(streams)) {
    const mbPerSecond = Object.fromEntries(Object.keys(terminals).map((name) => [name, []]))
    for (let round = 0; round < rounds; round++)
      for (const name of Object.keys(terminals)) {
        const terminal = terminals[name](cols, rows)
        const isFirst = round === 0
        // The first round of each warms the JIT on a part of the stream, and is not counted.
        const end = isFirst ? Math.min(bytes.length, 256 * 1024) : bytes.length
        const before = bench.cpuNs()
        for (let at = 0; at < end; at += chunkBytes)
          await terminal.write(bytes.subarray(at, Math.min(at + chunkBytes, end)))
        const elapsedNs = bench.cpuNs() - before
        if (!isFirst) mbPerSecond[name].push(end / 1e6 / (elapsedNs / 1e9))
        terminal.close()
      }
    results.push({
      cols,
      rows,
      stream,
      mbPerSecond: Object.fromEntries(
        Object.entries(mbPerSecond).map(([name, values]) => [name, medianInterval(values)]),
      ),
    })
  }
console.log(JSON.stringify({ megabytes, chunkBytes, scrollbackLines, results, notRun }))
process.exit(0)
