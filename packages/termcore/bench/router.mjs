// The router against bare libuv: thread CPU time per event, the dispatch by itself, and (as `--callgrind`
// child) nothing but the events, so that callgrind counts their instructions.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadBenchAddon } from './bench-native.mjs'
import { measure, medianInterval, medianRatio } from './measure.mjs'

const bench = loadBenchAddon()
const modes = ['bare libuv', 'router, inline', 'router, vtable', 'router, raw epoll']

if (process.argv[2] === '--callgrind') {
  const mode = Number(process.argv[3])
  bench.loopWarm(mode, 100)
  bench.loopRun(mode, Number(process.argv[4]))
  process.exit(0)
}

/** Instructions inside bench_run_*, which is only entered once the loop has been through its first events. */
function instructionsPerEvent(mode) {
  const functions = ['bench_run_bare', 'bench_run_inline', 'bench_run_vtable', 'bench_run_epoll']
  const folder = mkdtempSync(join(tmpdir(), 'termcore-callgrind-'))
  const output = join(folder, 'out')
  const events = 10_000
  execFileSync(
    'valgrind',
    [
      '--tool=callgrind',
      `--toggle-collect=${functions[mode]}`,
      '--collect-atstart=no',
      `--callgrind-out-file=${output}`,
      process.execPath,
      '--single-threaded',
      fileURLToPath(import.meta.url),
      '--callgrind',
      String(mode),
      String(events),
    ],
    { stdio: 'ignore' },
  )
  const instructions = Number(/^(?:summary|totals): (\d+)/m.exec(readFileSync(output, 'utf8'))?.[1])
  rmSync(folder, { recursive: true })
  return instructions / events
}

const rounds = Number(process.env.BENCH_ROUNDS ?? 401)
const events = measure(
  modes.map((name, mode) => ({ name, run: (count) => bench.loopRun(mode, count) })),
  bench.cpuNs,
  { rounds, sliceMs: 1 },
)
const dispatches = measure(
  ['a plain indirect call', 'router, inline', 'router, vtable'].map((name, mode) => ({
    name,
    run: (count) => bench.dispatch(mode, count),
  })),
  bench.cpuNs,
  { rounds, sliceMs: 1 },
)
const bare = medianInterval(events['bare libuv']).median
const added = (label) =>
  medianInterval(
    dispatches[label].map((value, round) => value - dispatches['a plain indirect call'][round]),
  )
const hasValgrind = spawnSync('valgrind', ['--version']).status === 0
console.log(
  JSON.stringify({
    nsPerEvent: Object.fromEntries(modes.map((name) => [name, medianInterval(events[name])])),
    timeRatio: Object.fromEntries(
      modes.slice(1).map((name) => [name, medianRatio(events[name], events['bare libuv'])]),
    ),
    dispatchNs: Object.fromEntries(
      Object.entries(dispatches).map(([name, values]) => [name, medianInterval(values)]),
    ),
    addedNs: Object.fromEntries(modes.slice(1, 3).map((name) => [name, added(name)])),
    addedShare: Object.fromEntries(
      modes.slice(1, 3).map((name) => [name, added(name).median / bare]),
    ),
    instructionsPerEvent: hasValgrind
      ? Object.fromEntries(modes.map((name, mode) => [name, instructionsPerEvent(mode)]))
      : null,
  }),
)
