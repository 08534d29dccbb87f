import type { CaptureFacts, ProcessFacts } from '../../contract/facts.js'
import type { Frame } from '../../contract/frame.js'
import type { Verdicts } from '../../contract/verdict.js'
import { frameName } from '../frame-text.js'
import {
  leakedAmounts,
  type MetricUnit,
  metricAmount,
  metricGap,
  metricLabels,
  metrics,
  metricUnits,
  resourceOf,
} from '../metric.js'
import { mainProcessIndex, processLabel } from '../process-choice.js'

export interface SpeedscopeFile {
  $schema: 'https://www.speedscope.app/file-format-schema.json'
  name: string
  exporter: string
  activeProfileIndex: number
  shared: { frames: { name: string; file?: string; line?: number; col?: number }[] }
  profiles: SpeedscopeProfile[]
}

export interface SpeedscopeProfile {
  type: 'sampled'
  name: string
  unit: 'bytes' | 'none' | 'nanoseconds'
  startValue: number
  endValue: number
  /** Frame indexes from the root inwards. */
  samples: number[][]
  weights: number[]
}

/** One profile for each metric and unit that has something in it; the viewer switches between them. */
export function exportSpeedscope(
  facts: CaptureFacts,
  verdicts: Verdicts,
  options: { processIndex?: number } = {},
): string {
  const process = facts.processes[options.processIndex ?? mainProcessIndex(facts, verdicts)]
  const file: SpeedscopeFile = {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name: process ? processLabel(process) : facts.command.join(' '),
    exporter: `seamproof ${facts.seamproofVersion}`,
    activeProfileIndex: 0,
    shared: { frames: process ? process.frames.map(speedscopeFrame) : [] },
    profiles: process ? speedscopeProfiles(process, verdicts) : [],
  }
  return `${JSON.stringify(file)}\n`
}

export function speedscopeFrame(frame: Frame): SpeedscopeFile['shared']['frames'][number] {
  const place = frame.file ?? frame.moduleName
  return {
    name: frameName(frame),
    ...(place === undefined ? {} : { file: place }),
    ...(frame.line === undefined ? {} : { line: frame.line }),
    ...(frame.line === undefined || frame.column === undefined ? {} : { col: frame.column }),
  }
}

function speedscopeProfiles(process: ProcessFacts, verdicts: Verdicts): SpeedscopeProfile[] {
  const leaked = leakedAmounts(process, verdicts)
  const stacks = process.costs.map((cost) => framePath(process, cost.treeIndex))
  const profile = (metric: (typeof metrics)[number], unit: MetricUnit): SpeedscopeProfile[] => {
    const samples: number[][] = []
    const weights: number[] = []
    process.costs.forEach((cost, index) => {
      const weight = metricAmount(cost, metric, leaked.get(index))[unit]
      if (resourceOf(cost.kind) !== 'heap' || weight <= 0) return
      samples.push(stacks[index] ?? [])
      weights.push(weight)
    })
    if (weights.length === 0) return []
    const endValue = weights.reduce((sum, weight) => sum + weight, 0)
    return [
      {
        type: 'sampled',
        name: `${metricLabels[metric]}, ${unit}`,
        unit: unit === 'bytes' ? 'bytes' : 'none',
        startValue: 0,
        endValue,
        samples,
        weights,
      },
    ]
  }
  return metrics
    .filter((metric) => metricGap(process, metric) === undefined)
    .flatMap((metric) => metricUnits.flatMap((unit) => profile(metric, unit)))
}

function framePath(process: ProcessFacts, treeIndex: number): number[] {
  const path: number[] = []
  for (let node = treeIndex; node > 0; node = process.tree.parentIndex[node] ?? 0)
    path.push(process.tree.frameIndex[node] ?? 0)
  return path.reverse()
}
