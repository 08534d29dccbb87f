import type { Timeline } from '../contract/facts.js'
import type { TraceSample } from '../trace/trace-meta.js'

export const timelinePointsMax = 1000

/** Live bytes over the life: for each equal stretch of time, the highest value in it. */
export class TimelineRecorder {
  /** Until then, there is nothing to `advance`. */
  stretchEndUs: number
  highestBytes = 0
  readonly #widthUs: number
  #stretch = 0
  readonly #ms: number[] = []
  readonly #bytes: number[] = []

  constructor(lifeUs: number) {
    this.#widthUs = Math.max(1, lifeUs / timelinePointsMax)
    this.stretchEndUs = this.#widthUs
  }

  /** Goes on to the stretch of `timeUs`, which begins with `liveBytes`. */
  advance(timeUs: number, liveBytes: number): void {
    this.#push()
    this.#stretch = Math.min(timelinePointsMax - 1, Math.floor(timeUs / this.#widthUs))
    const isLast = this.#stretch === timelinePointsMax - 1
    this.stretchEndUs = isLast ? Number.POSITIVE_INFINITY : (this.#stretch + 1) * this.#widthUs
    this.highestBytes = liveBytes
  }

  #push(): void {
    this.#ms.push(((this.#stretch + 1) * this.#widthUs) / 1000)
    this.#bytes.push(this.highestBytes)
  }

  finish(samples: readonly TraceSample[]): Timeline {
    this.#push()
    return timelineOf(this.#ms, this.#bytes, samples)
  }
}

/** Samples, thinned to what a chart can show. Counts that a sample did not read are those read last, or first; none when no sample did. */
export function timelineOf(
  liveMs: number[],
  liveBytes: number[],
  samples: readonly TraceSample[],
): Timeline {
  const step = Math.max(1, Math.ceil(samples.length / timelinePointsMax))
  let known = samples.find((sample) => sample.threadCount > 0)
  const shown: { sample: TraceSample; counts: TraceSample | undefined }[] = []
  samples.forEach((sample, index) => {
    if (sample.threadCount > 0) known = sample
    if (index % step === 0) shown.push({ sample, counts: known })
  })
  return {
    liveMs,
    liveBytes,
    rssMs: shown.map(({ sample }) => sample.timeUs / 1000),
    rssBytes: shown.map(({ sample }) => sample.rssBytes),
    fdCount: shown.flatMap(({ counts }) => counts?.fdCount ?? []),
    threadCount: shown.flatMap(({ counts }) => counts?.threadCount ?? []),
  }
}
