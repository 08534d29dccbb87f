import { otherUnit, type Unit } from '../../call-tree/process-data.js'
import { formatPercent } from '../../format-quantity.js'
import { element } from './element.js'
import type { NodeWords } from './node-text.js'

export const unitLabels: Record<Unit, string> = {
  bytes: 'Bytes',
  blocks: 'Blocks',
  time: 'Time',
  samples: 'Samples',
}

export class Tooltip {
  readonly root = element('div', { class: 'tooltip', role: 'tooltip', hidden: true })

  hide(): void {
    this.root.hidden = true
  }

  show(words: NodeWords, node: number, point: { x: number; y: number }): void {
    const { name, place, module, kind } = words.describe(node)
    const { tree } = words
    const parent = tree.parent[node]!
    const rows: [string, string][] = [[unitLabels[words.unit], words.value(node)]]
    const other = words.otherValue(node)
    if (other !== undefined) rows.push([unitLabels[otherUnit[words.unit]], other])
    const interval = words.shareInterval(node)
    rows.push(['Of all', interval === undefined ? words.share(node) : `${interval} at 95 %`])
    if (parent > 0) {
      const ratio = tree.value[node]! / tree.value[parent]!
      rows.push(['Of caller', formatPercent(ratio)])
    }
    if (module) rows.push(['Module', module])
    if (kind) rows.push(['Kind', kind])
    this.root.replaceChildren(
      element('div', { class: 'tooltip-name' }, name),
      ...(place ? [element('div', { class: 'tooltip-place' }, place)] : []),
      element(
        'dl',
        {},
        ...rows.flatMap(([label, value]) => [element('dt', {}, label), element('dd', {}, value)]),
      ),
    )
    this.root.hidden = false
    this.place(point)
  }

  private place({ x, y }: { x: number; y: number }): void {
    const { offsetWidth, offsetHeight } = this.root
    const left = x + 14 + offsetWidth > innerWidth ? x - offsetWidth - 10 : x + 14
    const top = y + 18 + offsetHeight > innerHeight ? y - offsetHeight - 10 : y + 18
    this.root.style.left = `${Math.max(4, left)}px`
    this.root.style.top = `${Math.max(4, top)}px`
  }
}
