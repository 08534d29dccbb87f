import { constants } from 'node:os'
import type { Ticker } from '@seamproof/agent/ticker'

/** Puts this thread before all that is not real-time, where that is permitted; says how it is scheduled in the end. */
export function takeRealtime(ticker: Ticker, priority: number): string {
  if (priority === 0) return 'SCHED_OTHER (not asked for real-time)'
  const errno = ticker.realtime(priority)
  if (errno === 0) return `SCHED_FIFO ${priority}`
  if (errno === constants.errno.EPERM) return 'SCHED_OTHER (real-time scheduling is not permitted)'
  return `SCHED_OTHER (real-time scheduling failed: errno ${errno})`
}
