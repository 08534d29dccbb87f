import type { CheckEvent } from '../check-pipeline.js'
import type { CheckRun } from '../contract/finding.js'
import { formatCounted, formatDuration } from '../report/format-quantity.js'
import { fit } from '../report/text/text-style.js'
import { startProgress } from './progress.js'

export interface CheckProgress {
  onEvent(event: CheckEvent): void
  stop(): void
}

interface Running {
  name: string
  startedMs: number
  expectedMs?: number
  step: string
}

/**
 * On a terminal: what runs now, since when, and how long it took the last time. Anywhere else one line for each run that is
 * finished, so that the log of a CI tells where it stands.
 */
export async function startCheckProgress(isQuiet: boolean): Promise<CheckProgress> {
  const running = new Map<object, Running>()
  const whole = { jobCount: 0, doneCount: 0, startedMs: performance.now(), expectedMs: 0 }
  const spinner = await startProgress(!isQuiet)
  const refresh = () => {
    if (running.size > 0) spinner.step(statusText([...running.values()], whole))
  }
  const ticking = setInterval(refresh, 1000)
  ticking.unref()
  return {
    onEvent(event) {
      if (event.kind === 'planned') Object.assign(whole, event)
      else if (event.kind === 'preparing') spinner.step(event.text)
      else if (event.kind === 'started')
        running.set(event.job, {
          name: `${event.job.instrument}  ${event.job.target.shown}`,
          startedMs: performance.now(),
          ...(event.expectedMs === undefined ? {} : { expectedMs: event.expectedMs }),
          step: '',
        })
      else if (event.kind === 'step') {
        const one = running.get(event.job)
        if (one !== undefined) one.step = event.text
      } else {
        running.delete(event.job)
        whole.doneCount++
        spinner.stop()
        if (!isQuiet)
          process.stderr.write(`${doneLine(event.run, whole.doneCount, whole.jobCount)}\n`)
      }
      refresh()
    },
    stop() {
      clearInterval(ticking)
      spinner.stop()
    },
  }
}

interface Whole {
  jobCount: number
  doneCount: number
  startedMs: number
  /** By what runs took the last time, and what they usually take where they were not made before. */
  expectedMs: number
}

function statusText(
  running: readonly Running[],
  { jobCount, doneCount, startedMs, expectedMs }: Whole,
): string {
  const lines = running.map(({ name, startedMs, expectedMs, step }) => {
    const elapsed = seconds(performance.now() - startedMs)
    const expected = expectedMs === undefined ? '' : ` of about ${seconds(expectedMs)}`
    return `  ${name}  ${elapsed}${expected}${step === '' ? '' : `  ${step}`}`
  })
  const elapsed = `${seconds(performance.now() - startedMs)} of about ${seconds(expectedMs)}`
  return [`${doneCount} of ${formatCounted(jobCount, 'run')} done, ${elapsed}`, ...lines].join('\n')
}

const seconds = (durationMs: number) => `${Math.round(durationMs / 1000)} s`

/** `[3/8] memcheck  thumb.seam.ts  2 reports  31.2 s` */
function doneLine(run: CheckRun, doneCount: number, jobCount: number): string {
  const end =
    run.status === 'not-run'
      ? `not run: ${fit((run.reason ?? '').split('\n')[0]!, 100)}`
      : `${formatCounted(run.reports.length, 'report')}  ${formatDuration(run.wallMs)}`
  return `[${doneCount}/${jobCount}] ${run.instrument}  ${run.target}  ${end}`
}
