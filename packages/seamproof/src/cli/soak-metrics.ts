import { Counter, Gauge, Registry } from 'prom-client'
import type { SoakInterval, SoakLine } from '../contract/soak.js'
import { startTextServer } from './serve/local-server.js'

/** A soak's figures in Prometheus's text format. */
export interface SoakMetrics {
  take(line: SoakLine): void
  text(): Promise<{ type: string; text: string }>
}

export interface MetricsServer {
  url: string
  close(): Promise<void>
}

/** At an address that a Prometheus can be told beforehand: the port is the user's, and there is no token. On loopback. */
export async function serveSoakMetrics(metrics: SoakMetrics, port: number): Promise<MetricsServer> {
  const server = await startTextServer({
    port,
    portOption: '--metrics-port',
    texts: { metrics: () => metrics.text() },
  })
  return { url: `${server.url}metrics`, close: () => server.close() }
}

const prefix = 'seamproof_soak_'

export function soakMetrics(): SoakMetrics {
  const registry = new Registry()
  const counts = soakCounters(registry)
  const gauges = soakGauges(registry)
  return {
    take(line) {
      gauges.take(line)
      if (line.type === 'interval') counts.take(line)
    },
    text: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  }
}

/** They only rise, also over a subject that was started again. */
function soakCounters(registry: Registry) {
  const counter = (name: string, help: string) => {
    const made = new Counter({ name: `${prefix}${name}`, help, registers: [registry] })
    // It throws where it is told to fall, and the load must not end for what is only looked at.
    return { inc: (count: number) => made.inc(Math.max(0, count)) }
  }
  const operations = counter('operations_total', 'Operations done, warm-up included')
  const load = counter('load_seconds_total', 'Time under load, rests left out')
  const crossings = counter('crossings_total', 'Calls of native exports, warm-up included')
  const napiCalls = counter('napi_calls_total', 'Node-API calls that those exports made')
  const gcs = counter('gc_total', 'Garbage collections under load')
  const gcSeconds = counter('gc_seconds_total', 'Time in them')
  return {
    take(line: SoakInterval) {
      operations.inc(line.completedCount)
      load.inc(line.loadMs / 1000)
      crossings.inc(line.crossingCount ?? 0)
      napiCalls.inc(line.napiCallCount ?? 0)
      gcs.inc(line.gcCount)
      gcSeconds.inc(line.gcMs / 1000)
    },
  }
}

function soakGauges(registry: Registry) {
  const gauge = (name: string, help: string) => {
    const made = new Gauge({ name: `${prefix}${name}`, help, registers: [registry] })
    // It would begin as a zero that nobody measured.
    made.remove()
    return made
  }
  const quantile = new Gauge({
    name: `${prefix}latency_seconds`,
    help: 'Latency from the scheduled start, of the last interval',
    labelNames: ['quantile'],
    registers: [registry],
  })
  const up = gauge('up', '1 while the subject runs, 0 after it ended or crashed')
  const part = gauge('part', 'How often the subject was started')
  const floor = gauge('floor_p99_seconds', 'The same for an empty operation beside the subject')
  const rate = gauge('operations_per_second', 'Operations done per second of the last interval')
  const backlog = gauge('backlog_operations', 'Due and not done at the end of the last interval')
  const live = gauge('native_live_bytes', 'Allocated natively and not freed')
  const rss = gauge('rss_bytes', 'Resident set of the subject')
  const uss = gauge('uss_bytes', 'Private pages of the subject, at the last rest')
  const heap = gauge('v8_heap_used_bytes', 'Heap of V8, the least of the last interval')
  const external = gauge('v8_external_bytes', 'Memory that V8 accounts for outside of its heap')
  const descriptors = gauge('open_fds', 'Open file descriptors')
  const threads = gauge('threads', 'Threads')
  const handles = gauge('handles', 'Handles and requests of the event loop')
  const cpu = gauge('cpu_share', 'Processors used, of one')
  const wait = gauge('run_queue_wait_share', 'Share of the time ready to run without a processor')
  const takeInterval = ({ latency, memory, ...line }: SoakInterval) => {
    for (const [name, ns] of [
      ['0.5', latency.p50Ns],
      ['0.9', latency.p90Ns],
      ['0.99', latency.p99Ns],
      ['0.999', latency.p999Ns],
      ['1', latency.maxNs],
    ] as const)
      quantile.set({ quantile: name }, ns / 1e9)
    rate.set((line.completedCount / line.loadMs) * 1000)
    backlog.set(line.backlogCount)
    if (memory.nativeLiveBytes !== undefined) live.set(memory.nativeLiveBytes)
    rss.set(memory.rssBytes)
    heap.set(memory.heapUsedBytes)
    external.set(memory.externalBytes)
    descriptors.set(memory.fdCount)
    threads.set(memory.threadCount)
    handles.set(memory.handleCount)
    cpu.set(line.cpuShare)
    wait.set(line.runQueueWaitShare)
  }
  return {
    take(line: SoakLine) {
      if (line.type === 'begin') part.set(line.part)
      if (line.type === 'begin') up.set(1)
      if (line.type === 'end') up.set(0)
      if (line.type === 'floor') floor.set(line.latency.p99Ns / 1e9)
      if (line.type === 'rest') uss.set(line.memory.ussBytes)
      if (line.type === 'interval') takeInterval(line)
    },
  }
}
