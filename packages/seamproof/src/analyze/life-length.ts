import type { TraceSource } from './trace-source.js'

/** Microseconds from the start to the end; for a trace without an end, to the last thing it tells of. */
export function lifeLengthUs(source: TraceSource): number {
  const { header, marks, samples, threads, gcs, snapshots } = source.meta
  if (header.endMonotonicNs > header.startMonotonicNs)
    return (header.endMonotonicNs - header.startMonotonicNs) / 1000
  let lastUs = 1
  for (const { timeUs } of [...marks, ...samples, ...snapshots]) lastUs = Math.max(lastUs, timeUs)
  for (const { startUs } of [...threads, ...gcs]) lastUs = Math.max(lastUs, startUs)
  // Events carry the only clock when the trace broke off between samples.
  for (const batch of source.batches())
    for (let i = 0; i < batch.length; i++) lastUs = Math.max(lastUs, batch.timeUs[i]!)
  return lastUs
}
