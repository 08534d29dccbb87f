// The results as Markdown. Nothing is measured here; what is missing says so.
import { goalsOf } from './goals.mjs'

const number = (value, digits = 2) =>
  value === undefined || value === null || Number.isNaN(value) ? '-' : value.toFixed(digits)
const interval = (stat, digits = 2) =>
  `${number(stat.median, digits)} [${number(stat.low, digits)}, ${number(stat.high, digits)}]`
const table = (head, rows) =>
  [
    `| ${head.join(' | ')} |`,
    `|${head.map((_, index) => (index === 0 ? '---' : '--:')).join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ].join('\n')

function crossing(part) {
  const { n } = part.rows[0].ns
  return [
    '## Crossing cost',
    '',
    `ns of thread CPU time per operation, median [95 % interval], n = ${n} interleaved slices of 1 ms. Overhead: less making the arguments and less the same work looped in C, round by round.`,
    'The pure-JavaScript grid stands in the same table because it is faster than any crossing: native code pays when it does more than store a cell (parsing, diffing), never per cell.',
    '',
    table(
      ['operation', 'ns', 'best slice', 'overhead, ns'],
      part.rows.map(({ name, ns, overheadNs }) => [
        name,
        interval(ns),
        number(ns.min),
        overheadNs === null ? '' : interval(overheadNs),
      ]),
    ),
    `setCell by the command buffer over one call each, by batch size (below 1: the buffer is faster). One call over the pure-JavaScript grid: ${interval(part.callOverPlain)}; a batch of 4096 over it: ${interval(part.batchOverPlain)}.`,
    '',
    table(
      ['batch', 'time, ratio', 'overhead, ratio'],
      part.batchOverCall.map(({ size, time, overhead }) => [
        size,
        interval(time),
        interval(overhead),
      ]),
    ),
  ]
}

const flags = (part) => [
  '## Each flag, on and off',
  '',
  `Interleaved slices of 1 ms, thread CPU time, n = ${part.rows[0].ratio.n}. The ratio is on over off, round by round: below 1 the flag pays.`,
  '',
  table(
    ['flag', 'work', 'off, ns', 'on, ns', 'ratio [95 %]'],
    part.rows.map((row) => [
      row.flag,
      row.work,
      interval(row.offNs, 1),
      interval(row.onNs, 1),
      interval(row.ratio, 3),
    ]),
  ),
]

function kernels(part) {
  const labels = [...new Set(part.tables.flatMap((one) => Object.keys(one.nsPerCell)))]
  return [
    '## Kernels: SIMD against scalar',
    '',
    `ns of thread CPU time per cell of 16 bytes (times faster than scalar [95 %]), n = ${part.tables[0].nsPerCell.scalar.n} slices of 0.5 ms. libc: memset for fill and clear, memmove for scroll, memcmp for diff.`,
    '',
    table(
      ['kernel', 'grid', ...labels],
      part.tables.map((one) => [
        one.kernel,
        `${one.cols}x${one.rows} (${number(one.sizeKiB, 0)} KiB)`,
        ...labels.map((label) => {
          const stat = one.nsPerCell[label]
          if (stat === undefined) return '-'
          return label === 'scalar'
            ? number(stat.median, 3)
            : `${number(stat.median, 3)} (${interval(one.timesFaster[label])})`
        }),
      ]),
    ),
  ]
}

function router(part) {
  const names = Object.keys(part.nsPerEvent)
  return [
    '## Router against bare libuv',
    '',
    `One event: 64 bytes read from and written to a socket pair, the same handler. Thread CPU time, n = ${part.nsPerEvent[names[0]].n}. Instructions are user space only, counted by callgrind over 10,000 events.`,
    '',
    table(
      ['', 'ns per event', 'over bare libuv, ratio', 'instructions per event', 'over bare libuv'],
      names.map((name) => [
        name,
        interval(part.nsPerEvent[name], 0),
        part.timeRatio[name] === undefined ? '' : interval(part.timeRatio[name], 4),
        part.instructionsPerEvent === null
          ? 'not run: no valgrind'
          : number(part.instructionsPerEvent[name], 1),
        part.instructionsPerEvent === null
          ? ''
          : number(part.instructionsPerEvent[name] - part.instructionsPerEvent[names[0]], 1),
      ]),
    ),
    `The dispatch alone, in a loop, beside a plain indirect call (${interval(part.dispatchNs['a plain indirect call'])} ns): ` +
      Object.keys(part.addedNs)
        .map(
          (name) =>
            `${name} adds ${interval(part.addedNs[name])} ns, ${number(part.addedShare[name] * 100, 3)} % of an event`,
        )
        .join('; ') +
      '.',
    '',
  ]
}

const allocations = (part) => [
  '## Allocations per operation',
  '',
  `${part.operations} operations, 5 runs after 4. Native: malloc, calloc, realloc and aligned_alloc of this thread, counted by a preloaded library, the least of the runs (V8 allocates for itself now and then). JavaScript: median growth of the used heap with no collection in between; the harness itself shows as 0.01.`,
  '',
  table(
    ['operation', 'native allocations', 'JavaScript heap, bytes'],
    part.rows.map((row) => [
      row.name,
      number(row.nativeAllocationsPerOperation, 3),
      number(row.heapBytesPerOperation, 2),
    ]),
  ),
]

function latency(part) {
  const rows = []
  for (const scheduling of ['default', 'realTime'])
    for (const [index, pair] of (part[scheduling] ?? []).entries())
      for (const who of ['termcore', 'floor']) {
        const one = pair[who]
        const { p50, p90, p99, p999, max } = one.latencyUs
        rows.push([
          `${scheduling === 'default' ? 'default' : 'SCHED_FIFO'} ${index + 1}`,
          who === 'floor' ? 'plain C' : who,
          ...[p50, p90, p99, p999, max].map((us) => number(us, 0)),
          one.windows === undefined ? '' : number(one.windows.p99Median, 0),
          number(one.runQueueWaitMs, 0),
          one.cpuShare === undefined ? '' : `${number(one.cpuShare * 100, 0)} %`,
        ])
      }
  return [
    '## Latency at 200,000 operations a second, open loop',
    '',
    'us from when an operation was due. A timer of 100 us (timerfd) wakes the loop, which applies what is due through the command buffer; so up to 100 us are waiting for the period. Plain C does the same with the same timer and no Node: the floor of this machine at that time. Runs alternate. Window: P99 of the median quarter second. Run-queue wait: time the process could run and had no CPU.',
    part.realTime === null
      ? 'SCHED_FIFO: not run, it needs the right to `chrt -f`.'
      : 'SCHED_FIFO (`chrt -f 1`) takes the other processes out of the picture.',
    '',
    table(
      [
        'scheduling, run',
        '',
        'P50',
        'P90',
        'P99',
        'P99.9',
        'max',
        'window P99',
        'run-queue wait, ms',
        'CPU',
      ],
      rows,
    ),
  ]
}

function vt(part) {
  const names = Object.keys(part.results[0].mbPerSecond)
  return [
    '## VT throughput',
    '',
    `MB/s of thread CPU time, ${part.megabytes} MB streams in chunks of 64 KiB, scrollback ${part.scrollbackLines}, n = ${part.results[0].mbPerSecond.termcore.n} interleaved rounds.`,
    ...Object.entries(part.notRun).map(([name, reason]) => `${name}: not run (${reason}).`),
    '',
    table(
      ['stream', 'screen', ...names],
      part.results.map((one) => [
        one.stream,
        `${one.cols}x${one.rows}`,
        ...names.map((name) => interval(one.mbPerSecond[name], 1)),
      ]),
    ),
  ]
}

const kit = (part) => [
  '## What the kit costs by itself',
  '',
  `ns of thread CPU time in C, n = ${part.rows[0].ns.n} interleaved slices of 20,000 operations; one thread, so a shared pool's mutex is never waited for.`,
  '',
  table(
    ['', 'ns', 'best slice'],
    part.rows.map(({ name, ns }) => [name, interval(ns), number(ns.min)]),
  ),
]

const sections = { crossing, flags, kernels, router, allocations, latency, kit, vt }

export function renderBench({ parts }) {
  const [first] = Object.values(parts)
  const { machine } = first
  const missing = Object.keys(sections).filter((name) => parts[name] === undefined)
  return [
    '# Termcore: benchmarks',
    '',
    `${machine.cpu}, ${machine.cpuCount} CPUs (${machine.arch}), Linux ${machine.kernel}, Node ${machine.node}, ${machine.compiler}. ` +
      `Shared with other work; load averages when the parts began: ${Object.entries(parts)
        .map(([name, part]) => `${name} ${part.machine.load[0]}`)
        .join(', ')}. ` +
      `Measured ${Object.values(parts)
        .map((part) => part.at)
        .sort()[0]
        .slice(0, 10)}. Again: \`npm run bench -w @seamproof/termcore\`.`,
    '',
    ...(Object.values(parts).some((part) => part.isQuick)
      ? ['Some parts are from a `--quick` run: fewer rounds, wider intervals.', '']
      : []),
    '## Goals',
    '',
    table(
      ['goal', 'measured', ''],
      goalsOf(parts).map((goal) => [goal.goal, goal.measured, goal.verdict]),
    ),
    ...Object.entries(sections).flatMap(([name, render]) =>
      parts[name] === undefined ? [] : render(parts[name]),
    ),
    ...(missing.length > 0 ? [`Not run: ${missing.join(', ')}.`, ''] : []),
  ].join('\n')
}
