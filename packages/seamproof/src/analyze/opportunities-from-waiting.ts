/** Time in which a thread could not go on: locks, blocking calls, no core. Needs off-CPU samples. */
import { wilsonInterval } from '../base/wilson-interval.js'
import type { CpuCost, CpuProfile, CpuThread } from '../contract/cpu-profile.js'
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

/** Shares of a thread's time below this are not worth a person's time. */
const shareMin = 0.01

type WaitKind = 'lock' | 'blocking call'

interface Wait {
  kind: WaitKind
  thread: number
  on: string
  owner: Frame
  hitCount: number
  treeIndex: number
  treeHits: number
}

export function opportunitiesFromWaiting(
  profile: CpuProfile,
  next: NextCommands,
): { opportunities: Opportunity[]; unanswered: UnansweredQuestion[] } {
  if (!profile.costs.some(({ state }) => state === 'idle' || state === 'runnable'))
    return { opportunities: [], unanswered: waitingUnseen(profile) }
  const opportunities: Opportunity[] = []
  const unanswered: UnansweredQuestion[] = []
  for (const wait of waitsOf(profile)) {
    const thread = profile.threads[wait.thread]!
    const share = wilsonInterval(wait.hitCount, thread.sampleCount)
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
  return { opportunities: [...opportunities, ...runQueues(profile, next)], unanswered }
}

function waitingUnseen(profile: CpuProfile): UnansweredQuestion[] {
  if (profile.source === 'cpuprofile') return []
  return [
    {
      question: 'Do threads wait for locks, or for a core?',
      reason: 'the profile holds only samples of threads that were running',
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
      wait = { ...found, thread: cost.thread, hitCount: 0, treeIndex: cost.treeIndex, treeHits: 0 }
      waits.set(key, wait)
    }
    wait.hitCount += cost.sampleCount
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

function runQueues(profile: CpuProfile, { command }: NextCommands): Opportunity[] {
  return profile.threads.flatMap((thread, index) => {
    const runnable = profile.costs.filter(
      (cost) => cost.thread === index && cost.state === 'runnable',
    )
    const hitCount = runnable.reduce((sum, cost) => sum + cost.sampleCount, 0)
    const share = wilsonInterval(hitCount, thread.sampleCount)
    if (!isEnough(hitCount, share) || share.value < shareMin) return []
    const busiest = runnable.reduce((most, cost) =>
      cost.sampleCount > most.sampleCount ? cost : most,
    )
    const kernel =
      thread.runQueueNs === undefined
        ? ''
        : ` The kernel counted ${(thread.runQueueNs / 1e6).toFixed(1)} ms in the queue.`
    return [
      {
        kind: 'run queue' as const,
        title: `Thread ${threadName(thread)} waits for a core`,
        evidence: `${hitCount} of ${thread.sampleCount} samples of the thread (${percent(share)}) were ready to run and had no core.${kernel}`,
        whole: 'run' as const,
        shareEstimate: share,
        hitCount,
        sampleCount: thread.sampleCount,
        predictedGain: share,
        assumption: 'if it always had a core: fewer threads (UV_THREADPOOL_SIZE), or more cores',
        stack: stackOf(profile, busiest.treeIndex),
        nextCommand: `UV_THREADPOOL_SIZE=2 seamproof profile -- ${command.map(shellWord).join(' ') || 'PROGRAM'}`,
      },
    ]
  })
}
