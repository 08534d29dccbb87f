import type { CpuProfile } from '../../contract/cpu-profile.js'
import type { CaptureFacts, ProcessFacts } from '../../contract/facts.js'
import type { Verdicts } from '../../contract/verdict.js'
import {
  type CallTree,
  CallTreeLayout,
  cpuCallTree,
  keyText,
  type RankedFrame,
} from '../call-tree/call-tree-layout.js'
import { foldNames } from '../call-tree/frame-keys.js'
import { frameFullLocation, frameName } from '../frame-text.js'
import { lossLines } from '../loss-lines.js'
import { leakedAmounts, type Metric, metricAmount, metricGap, resourceOf } from '../metric.js'
import { mainProcessIndex } from '../process-choice.js'
import { framesInwards } from '../stack-frames.js'
import type { CpuTreeOptions, TreeOptions } from '../text/render-tree.js'
import {
  blamedFrame,
  callingFrame,
  framesOf,
  type JudgedGroup,
  judgedGroups,
} from '../verdict-lookup.js'
import {
  type CpuTreeJson,
  jsonFormatVersion,
  type LeakJson,
  type LeaksJson,
  type ProcessHeadJson,
  type RankedJson,
  type SummaryJson,
  type TimelineJson,
  type TreeJson,
  type TreeNodeJson,
} from './json-shapes.js'

const head = <Report extends string>(report: Report, facts: CaptureFacts) => ({
  formatVersion: jsonFormatVersion as typeof jsonFormatVersion,
  report,
  seamproofVersion: facts.seamproofVersion,
  command: facts.command,
})

export function processHead(process: ProcessFacts, index: number): ProcessHeadJson {
  const { pid, parentPid, argv, startedAt, durationMs, mode, end } = process
  return {
    index,
    pid,
    parentPid,
    argv,
    startedAt,
    durationMs,
    mode,
    end,
    losses: lossLines(process),
  }
}

export function leaksJson(facts: CaptureFacts, verdicts: Verdicts): LeaksJson {
  return {
    ...head('leaks', facts),
    checks: verdicts.checks,
    leaks: judgedGroups(facts, verdicts).flatMap((judged) =>
      [judged, ...judged.parts].map(leakJson),
    ),
    unusedSuppressions: verdicts.unusedSuppressions ?? [],
    processes: facts.processes.map((process, index) => ({
      ...processHead(process, index),
      resources: process.resources,
    })),
  }
}

function leakJson(judged: JudgedGroup): LeakJson {
  const { group, process, processIndex, verdict } = judged
  const blamed = blamedFrame(judged)
  const caller = callingFrame(judged)
  return {
    status: verdict.status,
    reason: verdict.reason,
    ...(verdict.suppressedBy === undefined ? {} : { suppressedBy: verdict.suppressedBy }),
    groupId: group.groupId,
    ...(verdict.partOf === undefined ? {} : { partOf: verdict.partOf }),
    processIndex,
    attribution: group.attribution,
    kind: group.kind,
    moduleName: group.moduleName,
    functionName: blamed ? frameName(blamed) : group.functionName,
    location: blamed ? frameFullLocation(blamed) : group.moduleName,
    ...(caller
      ? { calledFrom: { functionName: frameName(caller), location: frameFullLocation(caller) } }
      : {}),
    evidence: group.evidence,
    ...(group.workload === undefined ? {} : { workload: group.workload }),
    operationsPerStep: group.operationsPerStep,
    blocksPerOperation: group.blocksPerOperation,
    bytesPerOperation: group.bytesPerOperation,
    countPerOperationByStep: group.countPerOperationByStep,
    liveCounts: group.liveCounts,
    liveBytes: group.liveBytes,
    stack: framesOf(process, group.frameIndexes),
    callSites: group.callSites.map(({ share, frameIndexes }) => ({
      share,
      stack: framesOf(process, frameIndexes),
    })),
  }
}

const ranked = ({ name, location, value, share }: RankedFrame): RankedJson => ({
  name,
  location,
  value,
  share,
})

export function summaryJson(
  facts: CaptureFacts,
  verdicts: Verdicts,
  options: { metric?: Metric; limit?: number } = {},
): SummaryJson {
  const isPeakKnown = facts.processes.every((process) => process.mode === 'full')
  const { metric = isPeakKnown ? 'peak' : 'live', limit = 50 } = options
  const unit = metric === 'temporary' ? 'blocks' : 'bytes'
  return {
    ...head('summary', facts),
    checks: verdicts.checks,
    metric,
    processes: facts.processes.map((process, index) => {
      const leaked = leakedAmounts(process, verdicts)
      const layout = new CallTreeLayout(process, leaked)
      const topStacks = process.costs
        .map((cost, row) => ({ cost, ...metricAmount(cost, metric, leaked.get(row)) }))
        .filter(({ cost, blocks }) => resourceOf(cost.kind) === 'heap' && blocks > 0)
        .sort((a, b) => b.bytes - a.bytes || b.blocks - a.blocks)
        .slice(0, limit)
      return {
        ...processHead(process, index),
        totals: process.totals,
        gc: process.gc,
        jsFrames: process.jsFrames,
        topFunctions: layout.ranked({ metric, unit }).slice(0, limit).map(ranked),
        topModules: layout.ranked({ metric, unit, grouping: 'module' }).slice(0, limit).map(ranked),
        topStacks: topStacks.map(({ cost, bytes, blocks }) => ({
          kind: cost.kind,
          bytes,
          blocks,
          stack: framesInwards(process, cost.treeIndex).reverse(),
        })),
      }
    }),
  }
}

/** The same limits as the text: `depth` and `shareMin` keep a huge tree readable. */
export function treeJson(
  facts: CaptureFacts,
  verdicts: Verdicts,
  options: Omit<TreeOptions, 'color' | 'width'> = {},
): TreeJson {
  const {
    metric = 'live',
    unit = 'bytes',
    isInverted = false,
    depth = 24,
    shareMin = 0.01,
  } = options
  const processIndex = options.processIndex ?? mainProcessIndex(facts, verdicts)
  const process = facts.processes[processIndex]
  const shape = { ...head('tree', facts), processIndex, metric, unit, isInverted }
  const gap = process ? metricGap(process, metric) : 'the capture holds no such process'
  if (!process || gap !== undefined) return { ...shape, gap: gap ?? '' }
  const call = new CallTreeLayout(process, leakedAmounts(process, verdicts)).tree({
    metric,
    unit,
    isInverted,
    grouping: options.grouping ?? 'function',
    folds: options.folds ?? foldNames,
    ...(options.resource === undefined ? {} : { resource: options.resource }),
  })
  return {
    ...shape,
    root: treeNode(call, 0, { depth, valueMin: (call.tree.value[0] ?? 0) * shareMin }),
  }
}

export function cpuTreeJson(
  profile: CpuProfile,
  seamproofVersion: string,
  options: CpuTreeOptions = {},
): CpuTreeJson {
  const { metric = 'on-cpu', isInverted = false, depth = 24, shareMin = 0.01 } = options
  const call = cpuCallTree(profile, {
    metric,
    isInverted,
    grouping: options.grouping ?? 'function',
    folds: options.folds ?? foldNames,
  })
  return {
    formatVersion: jsonFormatVersion,
    report: 'cpu-tree',
    seamproofVersion,
    command: profile.command,
    pid: profile.pid,
    metric,
    unit: 'ns',
    isInverted,
    sampleCount: call.tree.otherValue[0] ?? 0,
    root: treeNode(call, 0, { depth, valueMin: (call.tree.value[0] ?? 0) * shareMin }),
  }
}

function treeNode(
  call: CallTree,
  node: number,
  limits: { depth: number; valueMin: number },
): TreeNodeJson {
  const { tree } = call
  const { name, location } =
    node === 0 ? { name: 'all', location: '' } : keyText(call, tree.key[node] ?? 0)
  const value = tree.value[node] ?? 0
  const children: TreeNodeJson[] = []
  const end = node + (tree.subtree[node] ?? 1)
  if ((tree.depth[node] ?? 0) < limits.depth)
    for (let child = node + 1; child < end; child += tree.subtree[child] ?? 1)
      if ((tree.value[child] ?? 0) >= limits.valueMin) children.push(treeNode(call, child, limits))
  return { name, location, value, share: value / (tree.value[0] || 1), children }
}

export function timelineJson(facts: CaptureFacts): TimelineJson {
  return {
    ...head('timeline', facts),
    processes: facts.processes.map((process, index) => ({
      ...processHead(process, index),
      timeline: process.timeline,
      marks: process.marks,
      gc: process.gc,
    })),
  }
}
