import type { SoakHead, SoakLine } from '../contract/soak.js'
import { shownPath } from './capture-options.js'
import { reportFailure } from './report-failure.js'
import { type MetricsServer, serveSoakMetrics, soakMetrics } from './soak-metrics.js'
import { type SoakServer, startSoakServer } from './soak-server.js'
import { type SoakView, startSoakView } from './soak-view.js'
import type { Terminal } from './terminal.js'

/** All that a person or a program can look at while a soak runs. */
export interface SoakWatch {
  onStart(folder: string, head: SoakHead): void
  onLine(line: SoakLine): void
  close(): Promise<void>
}

export interface SoakWatchOptions {
  serve?: number | true | undefined
  metricsPort?: number | undefined
  isQuiet: boolean
  terminal: Terminal
}

/** Before the load begins: a port that is taken must not be noticed an hour later. */
export async function startSoakWatch(options: SoakWatchOptions): Promise<SoakWatch> {
  const { terminal, serve, metricsPort, isQuiet } = options
  const metrics = soakMetrics()
  let view: SoakView | undefined
  let server: SoakServer | undefined
  let scraped: MetricsServer | undefined
  if (metricsPort !== undefined) {
    scraped = await serveSoakMetrics(metrics, metricsPort)
    terminal.remark(`seamproof: figures for Prometheus at ${scraped.url}`)
  }
  return {
    onStart(folder, head) {
      terminal.remark(`seamproof: recording into ${shownPath(folder)}`)
      if (serve !== undefined)
        void startSoakServer(folder, head, serve === true ? 0 : serve, metrics).then((started) => {
          server = started
          terminal.remark(`seamproof: live at ${started.url}, figures at ${started.url}metrics`)
        }, reportFailure)
      view = startSoakView(folder, head, { isQuiet, terminal })
    },
    onLine(line) {
      metrics.take(line)
      view?.take(line)
      server?.take(line)
      if (line.type === 'end') view?.stop()
    },
    async close() {
      view?.stop()
      await server?.close()
      await scraped?.close()
    },
  }
}
