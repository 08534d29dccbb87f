/** Words and numbers about one box, shared by label, tooltip, breadcrumb and the live region. */

import { timeShare } from '../../../base/wilson-interval.js'
import { otherUnit, type ProcessData, type Unit } from '../../call-tree/process-data.js'
import type { ViewTree } from '../../call-tree/view-tree.js'
import {
  formatBytes,
  formatCounted,
  formatPercent,
  formatShareInterval,
  formatSigned,
  formatTimeNs,
} from '../../format-quantity.js'
import { frameCategories } from '../flamegraph-document.js'
import { categoryStyles } from './palette.js'

export interface NodeText {
  name: string
  /** Path with line and column, or what a placeholder stands for. */
  place: string
  module: string
  kind: string
}

export class NodeWords {
  constructor(
    readonly tree: ViewTree,
    private readonly data: ProcessData,
    readonly unit: Unit,
    private readonly unitNoun: string,
    /** Widths are sizes of changes, up or down. */
    private readonly isChange: boolean,
    private readonly metricLabel: string,
  ) {}

  name(node: number): string {
    return node === 0 ? 'all' : (this.tree.keys.label[this.tree.key[node]!] ?? '')
  }

  describe(node: number): NodeText {
    if (node === 0) return { name: 'all', place: '', module: '', kind: '' }
    return this.describeKey(this.tree.key[node]!)
  }

  describeKey(key: number): NodeText {
    const { keys } = this.tree
    const frame = keys.frame[key]!
    const name = keys.label[key]!
    if (frame < 0) return { name, place: 'folded frames', module: '', kind: '' }
    const { frames } = this.data.source
    const category = frameCategories[frames.category[frame]!] ?? 'unknown'
    const kind = categoryStyles[category].label
    // A box for a whole module has no single place.
    if (keys.isCollapsed[key] === 1) {
      const isNameless = (frames.flags[frame]! & 1) === 1
      return { name, place: isNameless ? 'frames without symbols' : '', module: '', kind }
    }
    const file = this.data.text(frames.file[frame]!)
    const line = frames.line[frame]!
    const column = frames.column[frame]!
    const flags = frames.flags[frame]!
    return {
      name,
      place: file === '' ? '' : file + (line ? `:${line}${column ? `:${column}` : ''}` : ''),
      module: this.data.text(frames.module[frame]!),
      kind: `${kind}${flags & 2 ? ', inlined' : ''}${flags & 1 ? ', no symbol' : ''}`,
    }
  }

  amount(value: number): string {
    return this.inUnit(this.unit, value)
  }

  private inUnit(unit: Unit, value: number): string {
    if (unit === 'bytes') return formatBytes(value)
    if (unit === 'time') return formatTimeNs(value)
    return formatCounted(value, unit === 'samples' ? 'sample' : this.unitNoun)
  }

  /** The other unit, when the capture has it. */
  otherValue(node: number): string | undefined {
    const value = this.tree.otherValue[node]!
    if (value === 0) return undefined
    return this.inUnit(otherUnit[this.unit], value)
  }

  signed(value: number): string {
    return formatSigned(value, (size) => this.amount(size))
  }

  value(node: number): string {
    const delta = this.tree.delta?.[node]
    const amount = this.amount(this.tree.value[node]!)
    if (delta === undefined) return amount
    return this.isChange
      ? `${this.signed(delta)} net, ${amount} moved`
      : `${amount}, ${this.signed(delta)}`
  }

  share(node: number): string {
    const total = this.tree.value[0]!
    return total === 0 ? '–' : formatPercent(this.tree.value[node]! / total)
  }

  /** Of sampled time: how sure the share is. */
  shareInterval(node: number): string | undefined {
    const { tree } = this
    if (tree.delta !== undefined || (this.unit !== 'time' && this.unit !== 'samples'))
      return undefined
    const sampleCount = (this.unit === 'samples' ? tree.value : tree.otherValue)[0]!
    return formatShareInterval(timeShare(tree.value[node]!, tree.value[0]!, sampleCount))
  }

  /** In the box itself: a diff shows the change beside the name. */
  label(node: number): string {
    const delta = this.tree.delta?.[node]
    if (node === 0) return `${this.metricLabel}: ${this.value(0)}`
    return delta ? `${this.name(node)} ${this.signed(delta)}` : this.name(node)
  }

  /** One sentence, for screen readers. */
  sentence(node: number): string {
    const { name, place, module } = this.describe(node)
    const where = place || module
    return `${name}${where ? `, ${where}` : ''}: ${this.value(node)}, ${this.share(node)}, depth ${this.tree.depth[node]}`
  }
}
