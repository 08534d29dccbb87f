import { changeOf, type DiffSide, layoutDiff } from '../diff/diff-layout.js'
import { type DiffInput, diffGap, diffSide } from '../diff/diff-sides.js'
import type { Metric } from '../metric.js'
import { framesInwards } from '../stack-frames.js'
import { type DiffJson, jsonFormatVersion } from './json-shapes.js'
import { processHead } from './report-json.js'

export function diffJson(
  before: DiffInput,
  after: DiffInput,
  { metric = 'live' }: { metric?: Metric } = {},
): DiffJson {
  const sides = [diffSide(before), diffSide(after)] as const
  const shape = {
    formatVersion: jsonFormatVersion as typeof jsonFormatVersion,
    report: 'diff' as const,
    seamproofVersion: after.facts.seamproofVersion,
    metric,
    before: sideJson(before, sides[0]),
    after: sideJson(after, sides[1]),
  }
  if (!sides[0] || !sides[1]) return { ...shape, gap: 'a capture holds no such process', rows: [] }
  const gap = diffGap([sides[0], sides[1]], metric)
  if (gap !== undefined) return { ...shape, gap, rows: [] }
  const layout = layoutDiff(sides[0], sides[1], metric)
  const matched = { ...sides[1].process, frames: layout.frames, tree: layout.tree }
  return {
    ...shape,
    rows: layout.rows.map((row) => ({
      change: changeOf(row),
      resource: row.resource,
      before: row.before,
      after: row.after,
      stack: framesInwards(matched, row.treeIndex).reverse(),
    })),
  }
}

function sideJson({ facts }: DiffInput, side: DiffSide | undefined): DiffJson['before'] {
  if (!side) return { command: facts.command }
  const index = facts.processes.indexOf(side.process)
  return {
    command: facts.command,
    process: processHead(side.process, index),
    totals: side.process.totals,
  }
}
