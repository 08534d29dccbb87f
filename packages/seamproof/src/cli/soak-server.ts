import { Gauge, Registry } from 'prom-client'
import type { SoakHead, SoakLine } from '../contract/soak.js'
import { judgeSoakSoFar, soakFactsOf } from '../pipeline.js'
import { renderLiveSoakHtml } from '../report/soak/render-soak-html.js'
import { type SoakDocument, soakDocument } from '../report/soak/soak-document.js'
import { formatSpan } from '../report/soak-words.js'
import { startLocalServer } from './serve/local-server.js'

export interface SoakServer {
  url: string
  take(line: SoakLine): void
  close(): Promise<void>
}

/** The soak as a live page, and its figures for Prometheus at `metrics`: on loopback, behind a random token. */
export async function startSoakServer(
  folder: string,
  head: SoakHead,
  port: number,
): Promise<SoakServer> {
  const startedMs = performance.now()
  const metrics = soakMetrics()
  let latest: SoakDocument | undefined
  const server = await startLocalServer({
    port,
    page: () => renderLiveSoakHtml(latest, 'Soak'),
    texts: {
      metrics: async () => ({
        type: metrics.registry.contentType,
        text: await metrics.registry.metrics(),
      }),
    },
  })
  const publish = () => {
    const facts = soakFactsOf(folder)
    const elapsedMs = performance.now() - startedMs
    const totalMs = head.warmupMs + head.forMs
    latest = soakDocument(
      { facts, verdicts: judgeSoakSoFar(facts), folder },
      {
        elapsedText: `${formatSpan(elapsedMs)} of ${formatSpan(totalMs)}`,
        leftText: `${formatSpan(Math.max(0, totalMs - elapsedMs))} left`,
        share: Math.min(1, elapsedMs / totalMs),
      },
    )
    server.publish('soak', latest)
  }
  return {
    url: server.url,
    take(line) {
      metrics.take(line)
      if (line.type === 'interval') publish()
      if (line.type === 'end') server.publish('end', { reason: line.reason })
    },
    close: () => server.close(),
  }
}

function soakMetrics() {
  const registry = new Registry()
  const gauge = (name: string, help: string) => {
    const made = new Gauge({ name: `seamproof_soak_${name}`, help, registers: [registry] })
    // It would begin as a zero that nobody measured.
    made.remove()
    return made
  }
  const quantile = new Gauge({
    name: 'seamproof_soak_latency_seconds',
    help: 'Latency from the scheduled start, of the last interval',
    labelNames: ['quantile'],
    registers: [registry],
  })
  const floor = gauge('floor_p99_seconds', 'The same for an empty operation beside the subject')
  const operations = gauge('operations_total', 'Operations done, warm-up included')
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
  const crossings = gauge('crossings_total', 'Calls of native exports, warm-up included')
  const napiCalls = gauge('napi_calls_total', 'Node-API calls that those exports made')
  const cpu = gauge('cpu_share', 'Processors used, of one')
  const wait = gauge('run_queue_wait_share', 'Share of the time ready to run without a processor')
  return {
    registry,
    take(line: SoakLine) {
      if (line.type === 'floor') floor.set(line.latency.p99Ns / 1e9)
      if (line.type === 'rest') uss.set(line.memory.ussBytes)
      if (line.type !== 'interval') return
      const { latency, memory } = line
      for (const [name, ns] of [
        ['0.5', latency.p50Ns],
        ['0.99', latency.p99Ns],
        ['0.999', latency.p999Ns],
        ['1', latency.maxNs],
      ] as const)
        quantile.set({ quantile: name }, ns / 1e9)
      operations.inc(line.completedCount)
      rate.set((line.completedCount / line.loadMs) * 1000)
      backlog.set(line.backlogCount)
      if (memory.nativeLiveBytes !== undefined) live.set(memory.nativeLiveBytes)
      rss.set(memory.rssBytes)
      heap.set(memory.heapUsedBytes)
      external.set(memory.externalBytes)
      descriptors.set(memory.fdCount)
      threads.set(memory.threadCount)
      handles.set(memory.handleCount)
      if (line.crossingCount !== undefined) crossings.inc(line.crossingCount)
      if (line.napiCallCount !== undefined) napiCalls.inc(line.napiCallCount)
      cpu.set(line.cpuShare)
      wait.set(line.runQueueWaitShare)
    },
  }
}
