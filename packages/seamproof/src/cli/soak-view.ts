import type { SoakHead, SoakLine } from '../contract/soak.js'
import { judgeSoakSoFar, soakFactsOf } from '../pipeline.js'
import { formatBytes } from '../report/format-quantity.js'
import { formatNs, formatPerS, formatSpan } from '../report/soak-words.js'
import { renderSoakLive } from '../report/text/render-soak-live.js'
import type { Terminal } from './terminal.js'

export interface SoakView {
  take(line: SoakLine): void
  stop(): void
}

export interface SoakViewOptions {
  isQuiet: boolean
  terminal: Terminal
}

/** What a person sees while a soak runs: a block that is drawn again in a terminal, one line a minute elsewhere. */
export function startSoakView(folder: string, head: SoakHead, options: SoakViewOptions): SoakView {
  if (options.isQuiet) return { take() {}, stop() {} }
  const isTerminal = process.stderr.isTTY === true && process.stderr.columns > 0
  return isTerminal && process.env.CI === undefined
    ? blockView(folder, head, options)
    : lineView(head, options)
}

const lineEveryMs = 60_000

function lineView(head: SoakHead, { terminal }: SoakViewOptions): SoakView {
  let saidMs = Number.NEGATIVE_INFINITY
  return {
    take(line) {
      if (line.type === 'begin') terminal.remark(beginText(head, line.scheduling))
      if (line.type !== 'interval' || line.elapsedMs - saidMs < lineEveryMs) return
      saidMs = line.elapsedMs
      const { memory, latency, completedCount, loadMs } = line
      terminal.remark(
        [
          formatSpan(line.elapsedMs),
          ...(line.isWarmup ? ['warm-up'] : []),
          formatPerS((completedCount / loadMs) * 1000),
          `p50 ${formatNs(latency.p50Ns)}`,
          `p99 ${formatNs(latency.p99Ns)}`,
          `live ${formatBytes(memory.nativeLiveBytes ?? 0)}`,
          `RSS ${formatBytes(memory.rssBytes)}`,
        ].join('  '),
      )
    },
    stop() {},
  }
}

const beginText = (head: SoakHead, scheduling: string): string =>
  `${formatSpan(head.warmupMs)} of warm-up, then ${formatSpan(head.forMs)} at ${formatPerS(head.ratePerS)}; ${scheduling}`

function blockView(folder: string, head: SoakHead, { terminal }: SoakViewOptions): SoakView {
  const startedMs = performance.now()
  let shownLines = 0
  const draw = () => {
    const facts = soakFactsOf(folder)
    const elapsedMs = performance.now() - startedMs
    const leftMs = Math.max(0, head.warmupMs + head.forMs - elapsedMs)
    const width = process.stderr.columns - 1
    const options = { ...terminal.textOptions, width }
    const lines = renderSoakLive(facts, judgeSoakSoFar(facts), { elapsedMs, leftMs }, options)
    erase()
    process.stderr.write(`${lines.join('\n')}\n`)
    shownLines = lines.length
  }
  const erase = () => {
    if (shownLines > 0) process.stderr.write(`\x1b[${shownLines}A\x1b[0J`)
    shownLines = 0
  }
  return {
    take(line) {
      if (line.type === 'begin') terminal.remark(beginText(head, line.scheduling))
      if (line.type === 'begin' || line.type === 'interval') draw()
    },
    stop: erase,
  }
}
