import { readFileSync } from 'node:fs'

export interface SchedulerTimes {
  runNs: number
  /** On the run queue: ready, while another had the processor. */
  waitNs: number
}

/** Of the thread that calls; zeroes where the kernel keeps no such account. */
export function schedulerTimes(path = '/proc/thread-self/schedstat'): SchedulerTimes {
  try {
    const [runNs = 0, waitNs = 0] = readFileSync(path, 'utf8').split(' ').map(Number)
    return { runNs, waitNs }
  } catch {
    return { runNs: 0, waitNs: 0 }
  }
}
