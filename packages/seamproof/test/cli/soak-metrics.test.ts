import { expect, test } from 'vitest'
import { soakMetrics } from '../../src/cli/soak-metrics.js'
import type { SoakInterval } from '../../src/contract/soak.js'

const none = { count: 0, meanNs: 0, p50Ns: 0, p90Ns: 0, p99Ns: 0, p999Ns: 0, p9999Ns: 0, maxNs: 0 }

test('an interval in which debt was forgiven does not end the soak that it is told of', async () => {
  const metrics = soakMetrics()
  const interval = {
    type: 'interval',
    scheduledCount: -30,
    completedCount: -1,
    loadMs: 5,
    gcCount: 0,
    gcMs: 0,
    backlogCount: 0,
    cpuShare: 0,
    runQueueWaitShare: 0,
    latency: none,
    memory: {
      rssBytes: 1,
      heapUsedBytes: 1,
      externalBytes: 1,
      fdCount: 1,
      threadCount: 1,
      handleCount: 1,
    },
  } as unknown as SoakInterval
  expect(() => metrics.take(interval)).not.toThrow()
  expect((await metrics.text()).text).toMatch(/^seamproof_soak_operations_total 0$/m)
})
