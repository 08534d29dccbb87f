/** The places of the page that stay while their contents are drawn anew. */
import { element } from './element.js'

const slot = (className: string) => element('div', { class: className })

export class PageFrame {
  readonly title = slot('title-slot')
  readonly figures = slot('figures-slot')
  readonly verdicts = slot('verdicts-slot')
  readonly controls = slot('controls')
  readonly legend = slot('legend-items')
  readonly folds = slot('folds-slot')
  readonly crumbs = element('nav', { class: 'crumbs', 'aria-label': 'Zoomed to' })
  readonly share = element('output', { class: 'match-share' })
  readonly empty = element(
    'p',
    { class: 'empty', hidden: true },
    'Nothing to show: by this metric every stack is zero.',
  )
  /** Speaks the frame that the keyboard is on. */
  readonly live = element('div', { class: 'visually-hidden', 'aria-live': 'polite' })
  readonly search = element('input', {
    type: 'search',
    placeholder: 'Search: name, file, /regex/',
    'aria-label': 'Search frames',
    spellcheck: 'false',
    autocomplete: 'off',
  })
  readonly sticky: HTMLElement

  constructor(strip: HTMLElement) {
    this.sticky = this.buildSticky(strip)
  }

  private buildSticky(strip: HTMLElement): HTMLElement {
    return element(
      'div',
      { class: 'sticky' },
      this.controls,
      strip,
      element('div', { class: 'tools' }, this.search, this.share, this.folds),
      element('div', { class: 'under' }, this.crumbs, this.legend),
    )
  }

  /** What stays above the graph while the page scrolls; nothing on a narrow screen. */
  stickyHeight(): number {
    return getComputedStyle(this.sticky).position === 'sticky' ? this.sticky.offsetHeight : 0
  }

  build(root: HTMLElement, graph: HTMLElement, table: HTMLElement, ...after: HTMLElement[]): void {
    const main = element('main', {}, this.sticky, this.empty, graph, table)
    root.append(this.title, this.figures, this.verdicts, main, ...after, this.live)
  }

  /** Runs `draw`, which makes controls anew, and puts a reader who was on one of them by keyboard back. */
  keepingFocus(draw: () => void): void {
    const active = document.activeElement
    const focused = active?.getAttribute('data-focus')
    const group = active?.closest('[role=radiogroup]')?.getAttribute('aria-label')
    draw()
    if (focused)
      document.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused)}"]`)?.focus()
    else if (group)
      document
        .querySelector<HTMLElement>(`[aria-label="${CSS.escape(group)}"] [aria-checked=true]`)
        ?.focus()
  }
}
