// Each flag on and off on work where it should show, interleaved: what it pays by itself.
import { createGridWriter } from '../dist/bridge.js'
import { termcoreFlags } from '../dist/bridge-flags.js'
import { EventLoop } from '../dist/event-loop.js'
import { Terminal } from '../dist/index.js'
import { loadNative } from '../dist/native.js'
import { loadBenchAddon } from './bench-native.mjs'
import { measure, medianInterval, medianRatio } from './measure.mjs'
import { makeStreams } from './vt-streams.mjs'

const native = loadNative()
const flags = termcoreFlags()
const bench = loadBenchAddon()
const rounds = Number(process.env.BENCH_ROUNDS ?? 61)
const stream = makeStreams(1 << 20).ascii.subarray(0, 8192)
const grid = native.gridCreate(200, 50, 0)
const small = native.gridCreate(80, 24, 0)
const terminal = new Terminal({ cols: 80, rows: 24, scrollbackLines: 1000 })

/** `make(isOn)` builds one arm under the flag; switching back and forth is outside the timed part. */
const experiments = [
  [
    'simd',
    'clear a 200x50 grid',
    () => (n) => {
      for (let i = 0; i < n; i++) native.gridClear(grid)
    },
  ],
  [
    'simd',
    'fill a 200x50 grid',
    () => (n) => {
      for (let i = 0; i < n; i++) native.gridFill(grid, 0, 0, 50, 200, 65)
    },
  ],
  [
    'simd',
    '8 KiB of plain text into a terminal',
    () => (n) => {
      for (let i = 0; i < n; i++) terminal.write(stream)
    },
  ],
  [
    'batch',
    'setCell, flushed after 64',
    () => {
      const writer = createGridWriter(small)
      return (n) => {
        for (let i = 0; i < n; i++) {
          writer.setCell((i >> 6) % 24, i & 63, 65)
          if ((i & 63) === 63) writer.flush()
        }
      }
    },
  ],
  [
    'batch',
    'putText of 11 characters, flushed after 64',
    () => {
      const writer = createGridWriter(small)
      return (n) => {
        for (let i = 0; i < n; i++) {
          writer.putText((i >> 6) % 24, i & 63, 'hello world')
          if ((i & 63) === 63) writer.flush()
        }
      }
    },
  ],
  [
    'pool',
    'a grid of 80x24 made and closed',
    () => (n) => {
      for (let i = 0; i < n; i++) native.gridDestroy(native.gridCreate(80, 24, 0))
    },
  ],
  [
    'pool',
    'a timer started and removed',
    () => {
      const loop = new EventLoop({ backend: 'epoll' })
      const callback = () => {}
      return (n) => {
        for (let i = 0; i < n; i++) loop.startTimer({ afterMs: 1e6 }, callback).remove()
      }
    },
  ],
  [
    'inline',
    'an event dispatched, empty handler',
    (isOn) => (n) => bench.dispatch(isOn ? 1 : 2, n),
  ],
  [
    'inline',
    'an event with read and write of 64 bytes',
    (isOn) => (n) => bench.loopRun(isOn ? 1 : 2, n),
  ],
]

const rows = []
for (const [flag, work, make] of experiments) {
  const arm = (isOn) => {
    const run = flags.with(flag, isOn, () => make(isOn))
    return {
      name: isOn ? 'on' : 'off',
      run(n) {
        // The flag is set for the arm's slice only; a native clock, where there is one, is kept.
        flags.set(flag, isOn)
        return run(n)
      },
    }
  }
  const results = measure([arm(false), arm(true)], bench.cpuNs, {
    rounds,
    sliceMs: 1,
    warmUpMs: 40,
  })
  flags.set(flag, true)
  rows.push({
    flag,
    work,
    offNs: medianInterval(results.off),
    onNs: medianInterval(results.on),
    ratio: medianRatio(results.on, results.off),
  })
}
console.log(JSON.stringify({ rows }))
process.exit(0)
