/** For those who read heaptrack's text output, or have scripts that do: the same sections in the same order. */
import type { CaptureFacts, ProcessFacts, StackCost } from '../../contract/facts.js'
import type { Frame } from '../../contract/frame.js'
import { formatBytes, formatCount, formatDuration } from '../format-quantity.js'
import { frameFullLocation, frameName } from '../frame-text.js'
import { lossLines } from '../loss-lines.js'
import { resourceOf } from '../metric.js'
import { mainProcessIndex } from '../process-choice.js'
import { framesInwards } from '../stack-frames.js'
import { printableFacts } from '../text/printable-facts.js'

export interface HeaptrackTextOptions {
  processIndex?: number
  /** Functions in each section; default 10. */
  limit?: number
  /** Stacks under each function; default 5. */
  stackLimit?: number
}

interface Section {
  title: string
  value: (cost: StackCost) => number
  told: (cost: Sums) => string
}

type Sums = Pick<
  StackCost,
  'allocatedCount' | 'peakBytes' | 'liveBytes' | 'liveCount' | 'temporaryCount'
>

const sections: Section[] = [
  {
    title: 'MOST CALLS TO ALLOCATION FUNCTIONS',
    value: (cost) => cost.allocatedCount,
    told: (sums) =>
      `${formatCount(sums.allocatedCount)} calls to allocation functions with ${formatBytes(sums.peakBytes)} peak consumption from`,
  },
  {
    title: 'PEAK MEMORY CONSUMERS',
    value: (cost) => cost.peakBytes,
    told: (sums) =>
      `${formatBytes(sums.peakBytes)} peak memory consumed over ${formatCount(sums.allocatedCount)} calls from`,
  },
  {
    title: 'NOT FREED AT THE END',
    value: (cost) => cost.liveBytes,
    told: (sums) =>
      `${formatBytes(sums.liveBytes)} in ${formatCount(sums.liveCount)} blocks not freed, over ${formatCount(sums.allocatedCount)} calls from`,
  },
  {
    title: 'MOST TEMPORARY ALLOCATIONS',
    value: (cost) => cost.temporaryCount,
    told: (sums) =>
      `${formatCount(sums.temporaryCount)} temporary allocations of ${formatCount(sums.allocatedCount)} in total from`,
  },
]

interface Site {
  frame: Frame | undefined
  value: number
  sums: Sums
  stacks: { cost: StackCost; outer: Frame[] }[]
}

export function exportHeaptrackText(
  captureFacts: CaptureFacts,
  options: HeaptrackTextOptions = {},
): string {
  const facts = printableFacts(captureFacts)
  const process = facts.processes[options.processIndex ?? mainProcessIndex(facts)]
  if (process === undefined) return ''
  const lines: string[] = []
  for (const section of sections) lines.push(...sectionLines(process, section, options))
  return `${[...lines, ...totalLines(process)].join('\n')}\n`
}

function sectionLines(
  process: ProcessFacts,
  { title, value, told }: Section,
  { limit = 10, stackLimit = 5 }: HeaptrackTextOptions,
): string[] {
  const sites = sitesBy(process, value).slice(0, limit)
  if (sites.length === 0) return []
  const lines = [title]
  for (const { frame, sums, stacks } of sites) {
    lines.push(told(sums), ...frameLines(frame, ''))
    for (const { cost, outer } of stacks.slice(0, stackLimit))
      lines.push(`  ${told(cost)}:`, ...outer.flatMap((one) => frameLines(one, '    ')))
    const more = stacks.length - stackLimit
    if (more > 0) lines.push(`  and ${formatCount(more)} more stacks`)
    lines.push('')
  }
  return lines
}

/** Stacks by the function that called the allocator. */
function sitesBy(process: ProcessFacts, value: (cost: StackCost) => number): Site[] {
  const sites = new Map<string, Site>()
  for (const cost of process.costs) {
    if (resourceOf(cost.kind) !== 'heap' || value(cost) <= 0) continue
    const frames = framesInwards(process, cost.treeIndex).reverse()
    const at = frames.findIndex((frame) => frame.origin !== 'system')
    const frame = frames[Math.max(0, at)]
    const key = frame ? `${frameName(frame)} ${frameFullLocation(frame)}` : ''
    let site = sites.get(key)
    if (site === undefined) {
      const sums = {
        allocatedCount: 0,
        peakBytes: 0,
        liveBytes: 0,
        liveCount: 0,
        temporaryCount: 0,
      }
      site = { frame, value: 0, sums, stacks: [] }
      sites.set(key, site)
    }
    site.value += value(cost)
    site.sums.allocatedCount += cost.allocatedCount
    site.sums.peakBytes += cost.peakBytes
    site.sums.liveBytes += cost.liveBytes
    site.sums.liveCount += cost.liveCount
    site.sums.temporaryCount += cost.temporaryCount
    site.stacks.push({ cost, outer: frames.slice(Math.max(0, at) + 1) })
  }
  for (const site of sites.values()) site.stacks.sort((a, b) => value(b.cost) - value(a.cost))
  return [...sites.values()].sort((a, b) => b.value - a.value)
}

function frameLines(frame: Frame | undefined, indent: string): string[] {
  if (frame === undefined) return [`${indent}(no stack)`]
  const lines = [`${indent}${frameName(frame)}`]
  if (frame.file !== undefined) lines.push(`${indent}  at ${frameFullLocation(frame)}`)
  const module = frame.modulePath ?? frame.moduleName
  if (module !== undefined) lines.push(`${indent}  in ${module}`)
  return lines
}

function totalLines(process: ProcessFacts): string[] {
  const { totals, durationMs } = process
  const rate = durationMs > 0 ? (totals.allocatedCount / durationMs) * 1000 : 0
  return [
    `total runtime: ${formatDuration(durationMs)}`,
    `calls to allocation functions: ${formatCount(totals.allocatedCount)} (${formatCount(rate)}/s)`,
    `temporary memory allocations: ${process.mode === 'full' ? formatCount(totals.temporaryCount) : 'not known in aggregate mode'}`,
    `peak heap memory consumption: ${formatBytes(totals.peakBytes)}`,
    `total memory not freed: ${formatBytes(totals.liveBytes)}`,
    ...lossLines(process).map((line) => `not seen: ${line}`),
  ]
}
