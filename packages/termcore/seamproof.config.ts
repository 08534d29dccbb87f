import { defineConfig } from 'seamproof'

/** What termcore claims. `seamproof bench`, `experiment` and `validate` hold it against what they measure. */
export default defineConfig({
  workloads: 'workloads/*.seam.ts',
  components: {
    'event loop': { workloads: ['dispatch*', 'start and remove timers'] },
    'FFI bridge': { workloads: ['set a cell*', 'draw by*'] },
    grid: { workloads: ['clear a grid', 'fill a grid', 'make, view, resize and close a grid'] },
    integration: {
      workloads: [
        'write*',
        'parse a frame',
        'make, fill, resize*',
        'run a program*',
        'terminal under load',
      ],
    },
  },
  flags: {
    simd: {
      variable: 'TERMCORE_SIMD',
      workloads: ['clear a grid', 'fill a grid', 'write 8 KiB of text'],
    },
    batch: { variable: 'TERMCORE_BATCH', workloads: ['set a cell'], opportunity: 'batching' },
    pool: {
      variable: 'TERMCORE_POOL',
      workloads: ['make, view, resize and close a grid', 'start and remove timers'],
      opportunity: 'pooling',
    },
    inline: { variable: 'TERMCORE_INLINE', workloads: ['dispatch 100 events'] },
  },
  check: {
    // Both addons are built on first use, by the compiler that CC names: the core, and the loops in C that it is measured against.
    build: {
      command: 'TERMCORE_BUILD_DIR=checked node scripts/build-for-checks.mjs',
      output: 'checked/*.node',
    },
  },
  soak: { file: 'workloads/soak.seam.ts', rate: '200k/s' },
  targets: {
    throughput: { limit: '>= 200k ops/s', component: 'FFI bridge' },
    'latency p99': { limit: '< 0.5ms', component: 'FFI bridge' },
    'memory growth': '< 10%',
    'ffi overhead': '< 50ns',
    'event-loop overhead': '< 0.5%',
    'leaked bytes': '0 B/op',
    races: '0',
    'native allocations': [
      { limit: '0/op', component: 'FFI bridge' },
      { limit: '0/op', workload: 'parse a frame' },
      { limit: '0/op', workload: 'clear a grid' },
      { limit: '0/op', workload: 'fill a grid' },
    ],
    speedup: { limit: '>= 2x', detail: 'simd', component: 'grid' },
    'overhead reduction': { limit: '>= 30%', detail: 'batch' },
    'allocation reduction': { limit: '>= 20%', detail: 'pool' },
  },
})
