import { defineConfig } from 'seamproof'

/** The kit's C headers, through the addon that its tests use. */
export default defineConfig({
  workloads: 'workloads/*.seam.ts',
  components: { kit: { workloads: ['*'] } },
  check: {
    build: {
      command: 'sh workloads/build-for-checks.sh',
      output: 'checked/*.node',
    },
  },
  soak: { workloads: ['hand a block over and back', 'apply a command buffer'], rate: '50k/s' },
  targets: {
    'leaked bytes': '0 B/op',
    races: '0',
    'memory growth': '< 10%',
    'native allocations': { limit: '0/op', workload: 'apply a command buffer' },
  },
})
