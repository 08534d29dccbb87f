import type { Unit } from './measurement.js'

/** What a target can be set for: every number that Seamproof measures, with its unit and what it means. */
export interface Metric {
  unit: Unit
  /** Which way is better. */
  direction: 'higher' | 'lower'
  part: 'memory safety' | 'performance'
  /** The command that measures it. */
  source: 'bench' | 'soak' | 'track' | 'check' | 'experiment'
  meaning: string
}

const latency = (share: string): Metric => ({
  unit: 'ns',
  direction: 'lower',
  part: 'performance',
  source: 'bench',
  meaning: `${share} at the set rate, from when it was scheduled to start to when it was done`,
})

export const metrics = {
  throughput: {
    unit: 'ops/s',
    direction: 'higher',
    part: 'performance',
    source: 'bench',
    meaning: 'operations completed per second, one after another (closed loop: capacity)',
  },
  'operation time': {
    unit: 'ns/op',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning: 'time of one operation in a closed loop: 1 ÷ throughput',
  },
  'rate held': {
    unit: 'ratio',
    direction: 'higher',
    part: 'performance',
    source: 'bench',
    meaning: 'share of the scheduled operations that were done in the time of an open-loop run',
  },
  'latency p50': latency('half of the operations take no longer'),
  'latency p90': latency('90 % of the operations take no longer'),
  'latency p99': latency('99 % of the operations take no longer'),
  'latency p99.9': latency('99.9 % of the operations take no longer'),
  'latency p99.99': latency('99.99 % of the operations take no longer'),
  'latency max': latency('the slowest operation'),
  'latency floor p99': {
    ...latency('99 % of empty operations take no longer: what the machine itself does'),
    meaning: 'the same as latency p99 with an empty operation, in the same run: the machine’s own',
  },
  'run-queue wait': {
    unit: 'ratio',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning: 'share of the time that the subject was ready to run and other processes had the CPU',
  },
  'ffi overhead': {
    unit: 'ns/op',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning:
      'time of an operation through the seam minus that of the same operation looped natively (the workload’s `native`)',
  },
  'seam overhead': {
    unit: 'ns/op',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning:
      'crossings and Node-API calls of an operation, counted, times what an empty one costs in the same run: an estimate',
  },
  crossings: {
    unit: 'calls/op',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning: 'calls from JavaScript into native functions, per operation',
  },
  'crossing cost': {
    unit: 'ns/call',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning:
      'one call of an exported function: an empty crossing plus the time inside, without what the layer adds',
  },
  'instructions per operation': {
    unit: 'instructions/op',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning: 'machine instructions of one operation, counted by callgrind, JavaScript interpreted',
  },
  'instructions per crossing': {
    unit: 'instructions/call',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning: 'machine instructions of the subject’s own code per crossing, counted by callgrind',
  },
  'event-loop overhead': {
    unit: 'ratio',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning:
      'what a router adds to an event: its time ÷ that of the same handler straight on the loop − 1',
  },
  'event-loop utilization': {
    unit: 'ratio',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning: 'share of the time that the event loop was busy at the set rate',
  },
  'native allocations': {
    unit: 'allocations/op',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning:
      'allocations by the subject’s native code, and by Node and V8 on its behalf, per operation',
  },
  'native bytes allocated': {
    unit: 'B/op',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning: 'bytes of those allocations',
  },
  'allocations by function': {
    unit: 'allocations/op',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning: 'those that one function of the subject itself asks for, per operation',
  },
  'allocation cost': {
    unit: 'ns/op',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning:
      'what one function’s allocations take of an operation: their number times a malloc and free of their size, timed in the same run: an estimate, from below',
  },
  'JavaScript heap': {
    unit: 'B/op',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning: 'bytes of V8’s heap that one operation takes, garbage included',
  },
  'bytes copied': {
    unit: 'B/op',
    direction: 'lower',
    part: 'performance',
    source: 'bench',
    meaning: 'text and bytes that Node-API copied across the seam, both ways',
  },
  'sustained throughput': {
    unit: 'ops/s',
    direction: 'higher',
    part: 'performance',
    source: 'soak',
    meaning: 'operations completed per second at the set rate, for as long as the soak was',
  },
  'memory growth': {
    unit: 'ratio',
    direction: 'lower',
    part: 'memory safety',
    source: 'soak',
    meaning: 'slope of memory after warm-up × duration ÷ what it was at first',
  },
  'leaked bytes': {
    unit: 'B/op',
    direction: 'lower',
    part: 'memory safety',
    source: 'track',
    meaning: 'native bytes that each operation leaves behind',
  },
  'leaked blocks': {
    unit: 'allocations/op',
    direction: 'lower',
    part: 'memory safety',
    source: 'track',
    meaning: 'native blocks that each operation leaves behind',
  },
  findings: {
    unit: 'count',
    direction: 'lower',
    part: 'memory safety',
    source: 'check',
    meaning: 'defects that the checkers and the seam layer found, each counted once',
  },
  races: {
    unit: 'count',
    direction: 'lower',
    part: 'memory safety',
    source: 'check',
    meaning: 'data races and breaches of thread rules, each counted once',
  },
  speedup: {
    unit: 'ratio',
    direction: 'higher',
    part: 'performance',
    source: 'experiment',
    meaning: 'throughput with a flag on ÷ with it off, measured in turns',
  },
  'overhead reduction': {
    unit: 'ratio',
    direction: 'higher',
    part: 'performance',
    source: 'experiment',
    meaning: 'share of the FFI overhead that a flag takes away: 1 − on ÷ off',
  },
  'allocation reduction': {
    unit: 'ratio',
    direction: 'higher',
    part: 'performance',
    source: 'experiment',
    meaning: 'share of the native allocations that a flag takes away: 1 − on ÷ off',
  },
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof metrics

export const metricNames = Object.keys(metrics) as MetricName[]

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(metrics, name)
}
