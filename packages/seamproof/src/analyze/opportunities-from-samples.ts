/** Where CPU time goes, by what could be done about it. */
import { timeShare } from '../base/wilson-interval.js'
import type { CpuCost, CpuProfile } from '../contract/cpu-profile.js'
import type { Estimate } from '../contract/facts.js'
import type { Frame } from '../contract/frame.js'
import type { Opportunity, UnansweredQuestion } from '../contract/opportunity.js'
import { type Blame, type BlameKind, SampleBlame, stackOf } from './sample-blame.js'
import { isEnough, secondsNeeded } from './sample-need.js'

export interface NextCommands {
  /** The capture or file, as the user would type it. */
  input: string
  /** How the program is started; empty when that is not known. */
  command: readonly string[]
}

interface Group {
  blame: Blame
  owner: Frame | undefined
  hitCount: number
  ns: number
  /** The stack that was seen most often. */
  treeIndex: number
  treeHits: number
  states: Set<CpuCost['state']>
}

/** Shares below this are not worth a person's time, however sure they are. */
const shareMin = 0.01

export function opportunitiesFromSamples(
  profile: CpuProfile,
  next: NextCommands,
): { opportunities: Opportunity[]; unanswered: UnansweredQuestion[] } {
  const onCpu = profile.costs.filter(({ state }) => state !== 'idle' && state !== 'runnable')
  const sampleCount = onCpu.reduce((sum, cost) => sum + cost.sampleCount, 0)
  const allNs = onCpu.reduce((sum, cost) => sum + cost.ns, 0)
  const opportunities: Opportunity[] = []
  const unanswered: UnansweredQuestion[] = []
  for (const group of groupsOf(profile, onCpu)) {
    const share = timeShare(group.ns, allNs, sampleCount)
    if (share.high < shareMin) continue
    const title = titleOf(group)
    if (isEnough(group.hitCount, share)) {
      if (share.value >= shareMin)
        opportunities.push(opportunityOf(group, profile, share, sampleCount, next))
      continue
    }
    if (group.hitCount < 3) continue
    const seconds = secondsNeeded(share.value, sampleCount, profile.durationNs)
    unanswered.push({
      question: title,
      reason: `${group.hitCount} of ${sampleCount} samples (${percent(share)}) are not enough to say how much`,
      ...(seconds !== undefined && { secondsNeeded: seconds }),
    })
  }
  return { opportunities, unanswered }
}

function groupsOf(profile: CpuProfile, costs: readonly CpuCost[]): Group[] {
  const blames = new SampleBlame(profile)
  const groups = new Map<string, Group>()
  for (const cost of costs) {
    const blame = blames.of(cost)
    const owner = profile.frames[profile.tree.frameIndex[blame.ownerNode] ?? -1]
    const place = placeOf(owner)
    const key = `${blame.kind}\n${blame.detail}\n${place}`
    let group = groups.get(key)
    if (group === undefined) {
      group = {
        blame,
        owner,
        hitCount: 0,
        ns: 0,
        treeIndex: cost.treeIndex,
        treeHits: 0,
        states: new Set(),
      }
      groups.set(key, group)
    }
    group.hitCount += cost.sampleCount
    group.ns += cost.ns
    group.states.add(cost.state)
    if (cost.sampleCount > group.treeHits) {
      group.treeIndex = cost.treeIndex
      group.treeHits = cost.sampleCount
    }
  }
  return [...groups.values()]
}

/** Addresses without a name are one place: the module that should have been built with symbols. */
function placeOf(owner: Frame | undefined): string {
  if (owner === undefined) return ''
  return owner.isNamed
    ? `${owner.functionName}\n${owner.file}\n${owner.moduleName}`
    : `\n${owner.moduleName}`
}

function nameOf(owner: Frame | undefined): string {
  if (owner === undefined) return 'code without a caller of the program'
  return owner.isNamed ? owner.functionName : `${owner.moduleName ?? 'code'} (no symbols)`
}

function titleOf({ blame, owner }: Group): string {
  const name = nameOf(owner)
  const titles: Record<BlameKind, string> = {
    hotspot: owner === undefined ? 'Node and V8 by themselves' : `${name} computes`,
    gc:
      owner === undefined
        ? 'Garbage collection on helper threads'
        : `Garbage collection while ${name} runs`,
    copy: `${name} copies memory`,
    conversion: `${name} converts values by ${blame.detail}`,
    allocation: `${name} allocates and frees native memory`,
    crossing: `${name}: ${blame.detail.startsWith('napi') || blame.detail.startsWith('node_api') ? `calls of ${blame.detail}` : 'calls into native code'}`,
  }
  return titles[blame.kind]
}

/** Part of the cost that the usual remedy takes away, and what that remedy is. */
const remedies: Record<BlameKind, { saved: number; assumption: string }> = {
  hotspot: { saved: 0.5, assumption: 'if it took half the time; twice this if it took none' },
  gc: { saved: 1, assumption: 'if nothing that it makes had to be collected' },
  copy: { saved: 1, assumption: 'if the data were shared instead of copied' },
  conversion: {
    saved: 1,
    assumption: 'if the value were converted once and kept, or passed as bytes',
  },
  allocation: { saved: 1, assumption: 'if blocks were reused (a pool, or a buffer of the caller)' },
  crossing: { saved: 1, assumption: 'if the calls were made in one batch' },
}

function opportunityOf(
  group: Group,
  profile: CpuProfile,
  share: Estimate,
  sampleCount: number,
  next: NextCommands,
): Opportunity {
  const { saved, assumption } = remedies[group.blame.kind]
  return {
    kind: group.blame.kind,
    title: titleOf(group),
    evidence: evidenceOf(group, share, sampleCount, profile),
    whole: 'cpu',
    shareEstimate: share,
    hitCount: group.hitCount,
    sampleCount,
    predictedGain: scaled(share, saved),
    assumption,
    stack: stackOf(profile, group.treeIndex),
    nextCommand: nextOf(group, next),
  }
}

const causes: [RegExp, string][] = [
  [
    /AdjustAmountOfExternalAllocatedMemory|ReportExternalMemoryPressure|ExternalAllocationLimit|napi_adjust_external_memory|ExternalMemoryAccounting/,
    'the trigger is external memory: buffers whose size V8 was told',
  ],
  [/^(?:gc|Builtin:.*GCExtension|v8::internal::GCExtension)/, 'the program asked for it'],
  [
    /MarkCompact|IncrementalMarking|ConcurrentMarking/,
    'mostly of the old generation: objects that live long',
  ],
  [/Scaveng|MinorMark/, 'mostly of the young generation: objects that die at once'],
]

function evidenceOf(
  group: Group,
  share: Estimate,
  sampleCount: number,
  profile: CpuProfile,
): string {
  const head = `${group.hitCount} of ${sampleCount} CPU samples (${percent(share)})`
  const stack = stackOf(profile, group.treeIndex)
  const names = stack.map((frame) => frame.functionName)
  const leaf = stack[0]
  if (group.blame.kind === 'hotspot' && leaf !== undefined && leaf !== group.owner)
    return `${head}; most often in ${leaf.functionName}${leaf.moduleName === undefined ? '' : ` of ${leaf.moduleName}`}.`
  if (group.blame.kind !== 'gc') return `${head}.`
  const cause = causes.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1]
  return cause === undefined ? `${head}.` : `${head}; ${cause}.`
}

function nextOf({ blame }: Group, { input, command }: NextCommands): string {
  const program = command.length === 0 ? 'PROGRAM' : command.map(shellWord).join(' ')
  switch (blame.kind) {
    case 'gc':
    case 'allocation':
      return `seamproof track -- ${program}`
    case 'conversion':
    case 'crossing':
    case 'copy':
      return `seamproof profile --crossings -- ${program}`
    case 'hotspot':
      return `seamproof flamegraph ${shellWord(input)}`
  }
}

export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

const scaled = ({ value, low, high }: Estimate, factor: number): Estimate => ({
  value: value * factor,
  low: low * factor,
  high: high * factor,
})

/** `12.3 %, 95 %: 10.1–14.9 %`: facts carry their interval also where they are text. */
export function percent({ value, low, high }: Estimate): string {
  const digits = (ratio: number) => (ratio * 100).toFixed(ratio < 0.0995 ? 2 : 1)
  return `${digits(value)} %, 95 % interval ${digits(low)}–${digits(high)} %`
}
