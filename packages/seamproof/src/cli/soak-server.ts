import type { SoakHead, SoakLine } from '../contract/soak.js'
import { judgeSoakSoFar, soakFactsOf } from '../pipeline.js'
import { renderLiveSoakHtml } from '../report/soak/render-soak-html.js'
import { type SoakDocument, soakDocument } from '../report/soak/soak-document.js'
import { formatSpan } from '../report/soak-words.js'
import { startLocalServer } from './serve/local-server.js'
import type { SoakMetrics } from './soak-metrics.js'

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
  metrics: SoakMetrics,
): Promise<SoakServer> {
  const startedMs = performance.now()
  let latest: SoakDocument | undefined
  const server = await startLocalServer({
    port,
    page: () => renderLiveSoakHtml(latest, 'Soak'),
    texts: { metrics: () => metrics.text() },
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
      if (line.type === 'interval') publish()
      if (line.type === 'end') server.publish('end', { reason: line.reason })
    },
    close: () => server.close(),
  }
}
