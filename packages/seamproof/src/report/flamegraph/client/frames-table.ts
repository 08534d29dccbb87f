import { type TopFrame, topFrames } from '../../call-tree/top-frames.js'
import { formatPercent } from '../../format-quantity.js'
import { button, element } from './element.js'
import type { NodeWords } from './node-text.js'

type SortColumn = 'self' | 'total'
const pageSize = 100

/** The graph as a list: works with a screen reader, on paper and with the browser's own search. */
export class FramesTable {
  readonly root = element('section', { class: 'frames-table', 'aria-label': 'Top frames' })
  private sort: SortColumn = 'self'
  private shownCount = pageSize
  private rows: TopFrame[] = []
  private tree: NodeWords['tree'] | undefined

  constructor(private readonly search: (text: string) => void) {}

  render(words: NodeWords, filter: ((text: string) => boolean) | undefined): void {
    if (this.tree !== words.tree) {
      this.tree = words.tree
      this.rows = topFrames(words.tree)
      this.shownCount = pageSize
    }
    const { tree } = words
    const rows = this.rows
      .filter(({ key }) => filter === undefined || filter(tree.keys.label[key]!))
      .sort((a, b) => b[this.sort] - a[this.sort] || b.total - a.total)
    const body = element(
      'tbody',
      {},
      ...rows.slice(0, this.shownCount).map((row) => this.row(words, row)),
    )
    const more = rows.length - this.shownCount
    this.root.replaceChildren(
      element('table', {}, this.head(words, filter), body),
      ...(more > 0
        ? [
            button(
              { class: 'more' },
              () => {
                this.shownCount += pageSize * 5
                this.render(words, filter)
              },
              `Show more (${more} left)`,
            ),
          ]
        : []),
    )
  }

  private head(words: NodeWords, filter: ((text: string) => boolean) | undefined): HTMLElement {
    const sorter = (column: SortColumn, label: string, title: string) =>
      element(
        'th',
        {
          scope: 'col',
          class: 'number',
          'aria-sort': this.sort === column ? 'descending' : 'none',
        },
        button(
          { title },
          () => {
            this.sort = column
            this.render(words, filter)
          },
          `${label}${this.sort === column ? ' ▾' : ''}`,
        ),
      )
    const column = (label: string) => element('th', { scope: 'col' }, label)
    return element(
      'thead',
      {},
      element(
        'tr',
        {},
        sorter('self', 'Self', 'Of the function itself, or of what is folded below it'),
        element('th', { scope: 'col', class: 'number' }, '%'),
        sorter('total', 'With callees', 'Everything below the function; recursion counted once'),
        element('th', { scope: 'col', class: 'number' }, '%'),
        column('Function'),
        column('Place'),
        column('Kind'),
      ),
    )
  }

  private row(words: NodeWords, { key, self, total }: TopFrame): HTMLElement {
    const { tree } = words
    const all = tree.value[0]! || 1
    const text = words.describeKey(key)
    const number = (value: string) => element('td', { class: 'number' }, value)
    return element(
      'tr',
      {},
      number(words.amount(self)),
      number(formatPercent(self / all)),
      number(words.amount(total)),
      number(formatPercent(total / all)),
      element(
        'td',
        {},
        button(
          { class: 'link', title: 'Search for it in the graph' },
          () => this.search(text.name),
          text.name,
        ),
      ),
      element('td', { class: 'place' }, text.place || text.module),
      element('td', {}, text.kind),
    )
  }
}
