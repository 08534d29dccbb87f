import type { SoakHead, SoakLine } from '../contract/soak.js'
import { formatBytes } from '../report/format-quantity.js'
import { formatNs, formatPerS, formatSpan } from '../report/soak-words.js'
import type { Terminal } from './terminal.js'

export interface SoakView {
  take(line: SoakLine): void
  stop(): void
}

const lineEveryMs = 60_000

/** What a person sees while a soak runs: one line a minute. */
export function startSoakView(
  _folder: string,
  head: SoakHead,
  options: { isQuiet: boolean; terminal: Terminal },
): SoakView {
  if (options.isQuiet) return { take() {}, stop() {} }
  let saidMs = Number.NEGATIVE_INFINITY
  return {
    take(line) {
      if (line.type === 'begin')
        options.terminal.remark(
          `${formatSpan(head.warmupMs)} of warm-up, then ${formatSpan(head.forMs)} at ${formatPerS(head.ratePerS)}; ${line.scheduling}`,
        )
      if (line.type !== 'interval' || line.elapsedMs - saidMs < lineEveryMs) return
      saidMs = line.elapsedMs
      const { memory, latency, completedCount, loadMs } = line
      options.terminal.remark(
        `${formatSpan(line.elapsedMs)}  ${line.isWarmup ? 'warm-up  ' : ''}${formatPerS((completedCount / loadMs) * 1000)}  p50 ${formatNs(latency.p50Ns)}  p99 ${formatNs(latency.p99Ns)}  live ${formatBytes(memory.nativeLiveBytes ?? 0)}  RSS ${formatBytes(memory.rssBytes)}`,
      )
    },
    stop() {},
  }
}
