/** Time in which a thread could not go on: locks, blocking calls, no core. Needs off-CPU samples. */
import { timeShare } from '../base/wilson-interval.js'
import type { CpuCost, CpuProfile, CpuThread } from '../contract/cpu-profile.js'
import type { Estimate } from '../contract/facts.js'
import type { Frame } from '../contract/frame.js'
import type { Opportunity, UnansweredQuestion } from '../contract/opportunity.js'
import { type NextCommands, percent, shellWord } from './opportunities-from-samples.js'
import { isOwnFrame, stackOf } from './sample-blame.js'
import { isEnough, secondsNeeded } from './sample-need.js'

const locking =
  /^(?:_*pthread_(?:mutex_(?:lock|timedlock)|rwlock_(?:rd|wr|timedrd|timedwr)lock|spin_lock)|_*lll_lock_wait\w*|uv_(?:mutex_lock|rwlock_(?:rd|wr)lock)|std::(?:recursive_|timed_|shared_)?mutex::lock|std::sys::\S*Mutex::lock\w*|parking_lot::\S*lock_slow|v8::base::(?:Recursive)?Mutex::Lock)$/
const signalling =
  /^(?:_*pthread_cond_(?:timed|clock)?wait|_*sem_(?:timed|clock)?wait|uv_(?:cond|sem|barrier)_(?:timed)?wait|_*pthread_join|_*pthread_clockjoin\w*|uv_thread_join|std::condition_variable::wait\w*|std::thread::join)$/
const loopWait = /^(?:uv__io_poll|epoll_p?wait2?|poll|ppoll|select|uv__epoll\w*|io_uring_\w+)$/

/** A thread that hardly ran waits for nobody's work. */
const enoughSamples = 30

/** Shares of a thread's time below this are not worth a person's time. */
const shareMin = 0.01

type WaitKind = 'lock' | 'blocking call'

interface Wait {
  kind: WaitKind
  thread: number
  on: string
  owner: Frame
  hitCount: number
  ns: number
  treeIndex: number
  treeHits: number
}

export function opportunitiesFromWaiting(
  profile: CpuProfile,
  next: NextCommands,
): { opportunities: Opportunity[]; unanswered: UnansweredQuestion[]; disturbances: string[] } {
  const queues = runQueues(profile, next)
  if (!profile.costs.some(({ state }) => state === 'idle' || state === 'runnable'))
    return { ...queues, unanswered: waitingUnseen(profile) }
  const threadNs = sampledNs(profile)
  const opportunities: Opportunity[] = []
  const unanswered: UnansweredQuestion[] = []
  for (const wait of waitsOf(profile)) {
    const thread = profile.threads[wait.thread]!
    const share = timeShare(wait.ns, threadNs[wait.thread]!, thread.sampleCount)
    if (share.high < shareMin) continue
    const title = titleOf(wait, thread)
    if (isEnough(wait.hitCount, share) && share.value >= shareMin)
      opportunities.push({
        kind: wait.kind,
        title,
        evidence: `${wait.hitCount} of ${thread.sampleCount} samples of thread ${threadName(thread)} (${percent(share)}) waited in ${wait.on}.`,
        whole: 'run',
        shareEstimate: share,
        hitCount: wait.hitCount,
        sampleCount: thread.sampleCount,
        predictedGain: share,
        assumption:
          wait.kind === 'lock'
            ? 'if nobody else held the lock, for work that this thread bounds'
            : 'if the call were made on another thread, for work that this thread bounds',
        stack: stackOf(profile, wait.treeIndex),
        nextCommand:
          wait.kind === 'lock'
            ? `seamproof flamegraph ${shellWord(next.input)}`
            : `seamproof profile -- ${next.command.map(shellWord).join(' ') || 'PROGRAM'}`,
      })
    else if (wait.hitCount >= 3) {
      const seconds = secondsNeeded(share.value, thread.sampleCount, profile.durationNs)
      unanswered.push({
        question: title,
        reason: `${wait.hitCount} of ${thread.sampleCount} samples of the thread (${percent(share)}) are not enough to say how much`,
        ...(seconds !== undefined && { secondsNeeded: seconds }),
      })
    }
  }
  return {
    opportunities: [...opportunities, ...queues.opportunities],
    unanswered,
    disturbances: queues.disturbances,
  }
}

/** Of each thread, running or not. */
function sampledNs({ threads, costs }: CpuProfile): number[] {
  const sums = threads.map(() => 0)
  for (const { thread, ns } of costs) sums[thread]! += ns
  return sums
}

function waitingUnseen(profile: CpuProfile): UnansweredQuestion[] {
  if (profile.source === 'cpuprofile') return []
  return [
    {
      question: 'Do threads wait for locks, or for each other?',
      reason: 'the profile holds only samples of threads that were running',
      nextCommand: `seamproof profile --wall -- ${profile.command.map(shellWord).join(' ') || 'PROGRAM'}`,
    },
  ]
}

function waitsOf(profile: CpuProfile): Wait[] {
  const waits = new Map<string, Wait>()
  for (const cost of profile.costs) {
    if (cost.state !== 'idle') continue
    const found = waitOf(profile, cost)
    if (found === undefined) continue
    const { kind, on, owner } = found
    const key = `${kind}\n${cost.thread}\n${on}\n${owner.functionName}\n${owner.file ?? owner.moduleName}`
    let wait = waits.get(key)
    if (wait === undefined) {
      wait = {
        ...found,
        thread: cost.thread,
        hitCount: 0,
        ns: 0,
        treeIndex: cost.treeIndex,
        treeHits: 0,
      }
      waits.set(key, wait)
    }
    wait.hitCount += cost.sampleCount
    wait.ns += cost.ns
    if (cost.sampleCount > wait.treeHits) {
      wait.treeHits = cost.sampleCount
      wait.treeIndex = cost.treeIndex
    }
  }
  return [...waits.values()]
}

/** A pool's thread without work waits too, under nobody's frame: that is no cost. */
function waitOf(
  profile: CpuProfile,
  cost: CpuCost,
): Pick<Wait, 'kind' | 'on' | 'owner'> | undefined {
  const stack = stackOf(profile, cost.treeIndex)
  const ownerAt = stack.findIndex(isOwnFrame)
  const owner = stack[ownerAt]
  if (owner === undefined) return undefined
  const inside = stack.slice(0, ownerAt)
  const lock = inside.find((frame) => locking.test(frame.functionName))
  if (lock !== undefined) return { kind: 'lock', on: lock.functionName, owner }
  const { role } = profile.threads[cost.thread]!
  // Elsewhere waiting for a signal is what a thread is for.
  if (role !== 'main' && role !== 'worker') return undefined
  if (inside.some((frame) => loopWait.test(frame.functionName))) return undefined
  if (!stack.some((frame) => frame.kind === 'js')) return undefined
  const call = inside.findLast((frame) => signalling.test(frame.functionName)) ?? inside[0]
  return { kind: 'blocking call', on: call?.functionName ?? owner.functionName, owner }
}

const threadName = ({ name, tid }: CpuThread): string => (tid === 0 ? name : `${name} (${tid})`)

const titleOf = ({ kind, owner, on }: Wait, thread: CpuThread): string =>
  kind === 'lock'
    ? `${owner.functionName} waits for a lock on thread ${threadName(thread)}`
    : `${owner.functionName} blocks the ${thread.role} thread in ${on}`

/** Below this a thread's wait for a core is what every thread has now and then. */
const queuedMin = 0.05

interface Queued {
  thread: CpuThread
  share: Estimate
  hitCount: number
  evidence: string
  treeIndex: number
}

/**
 * The thread that waited longest, when the program itself keeps the cores busy. Where other programs had them it is no cost
 * of this one, but it disturbed what was measured.
 */
function runQueues(
  profile: CpuProfile,
  { command }: NextCommands,
): { opportunities: Opportunity[]; disturbances: string[] } {
  const [worst, ...others] = queuedThreads(profile)
  if (worst === undefined) return { opportunities: [], disturbances: [] }
  const busyCores =
    profile.threads.reduce((sum, { cpuNs }) => sum + cpuNs, 0) / Math.max(1, profile.durationNs)
  if (busyCores <= 1) {
    const percentOf = (worst.share.value * 100).toFixed(0)
    return {
      opportunities: [],
      disturbances: [
        `Other programs had the cores: thread ${threadName(worst.thread)} was ready to run and had none for ${percentOf} % of its time, and this program keeps only ${busyCores.toFixed(1)} cores busy. Shares of CPU time hold; elapsed times would be shorter on a quiet machine.`,
      ],
    }
  }
  const more = others.length === 0 ? '' : ` So did ${others.length} more.`
  return {
    opportunities: [
      {
        kind: 'run queue',
        title: `Thread ${threadName(worst.thread)} waits for a core`,
        evidence: `${worst.evidence}${more}`,
        whole: 'run',
        shareEstimate: worst.share,
        hitCount: worst.hitCount,
        sampleCount: worst.thread.sampleCount,
        predictedGain: worst.share,
        assumption: `if it always had a core: the program alone keeps ${busyCores.toFixed(1)} busy; fewer threads, or more cores`,
        stack: stackOf(profile, worst.treeIndex),
        nextCommand: `UV_THREADPOOL_SIZE=2 seamproof profile -- ${command.map(shellWord).join(' ') || 'PROGRAM'}`,
      },
    ],
    disturbances: [],
  }
}

/** Counted by the kernel where it does, which needs no sample of the queue; by samples elsewhere. */
function queuedThreads(profile: CpuProfile): Queued[] {
  const threadNs = sampledNs(profile)
  const queued = profile.threads.flatMap((thread, index): Queued[] => {
    const all = profile.costs.filter((cost) => cost.thread === index)
    const found = queueShare(thread, all, threadNs[index]!)
    if (found === undefined || found.share.value < queuedMin) return []
    const seen = all.filter(({ state }) => state === 'runnable')
    const busiest = (seen.length > 0 ? seen : all).reduce((most, cost) =>
      cost.sampleCount > most.sampleCount ? cost : most,
    )
    return [{ thread, ...found, treeIndex: busiest.treeIndex }]
  })
  return queued.sort((a, b) => b.share.value - a.share.value)
}

function queueShare(
  thread: CpuThread,
  costs: readonly CpuCost[],
  threadNs: number,
): { share: Estimate; hitCount: number; evidence: string } | undefined {
  const { runQueueNs, wallNs, sampleCount } = thread
  if (sampleCount < enoughSamples) return undefined
  if (runQueueNs !== undefined && wallNs > 0) {
    const ratio = Math.min(1, runQueueNs / wallNs)
    const evidence = `The kernel counted ${(runQueueNs / 1e6).toFixed(0)} ms in the queue of ${(wallNs / 1e6).toFixed(0)} ms that the thread lived, with ${sampleCount} samples of it taken: a count, not an estimate.`
    return { share: { value: ratio, low: ratio, high: ratio }, hitCount: sampleCount, evidence }
  }
  const seen = costs.filter(({ state }) => state === 'runnable')
  const hitCount = seen.reduce((sum, cost) => sum + cost.sampleCount, 0)
  const queuedNs = seen.reduce((sum, cost) => sum + cost.ns, 0)
  const share = timeShare(queuedNs, threadNs, sampleCount)
  if (!isEnough(hitCount, share)) return undefined
  const evidence = `${hitCount} of ${sampleCount} samples of the thread (${percent(share)}) were ready to run and had no core.`
  return { share, hitCount, evidence }
}
