/** Holds the state and redraws. The only place where the parts of the page meet. */
import { timeByCategory } from '../../call-tree/cpu-selection.js'
import { columnsOf } from '../../call-tree/process-data.js'
import { formatCounted, formatPercent } from '../../format-quantity.js'
import type { FlamegraphDocument } from '../flamegraph-document.js'
import { renderBreadcrumb } from './breadcrumb.js'
import { button } from './element.js'
import { FlameCanvas } from './flame-canvas.js'
import { connectKeys, connectPointer, type FlameActions } from './flame-input.js'
import { renderFooter } from './footer.js'
import { FramesTable } from './frames-table.js'
import { renderFigures, renderTitleBar, renderVerdicts } from './header.js'
import { renderFolds, renderLegend } from './legend.js'
import { foldsOf, openingState } from './opening-state.js'
import { PageFrame } from './page-frame.js'
import { buildPalette, type Palette, type Shade } from './palette.js'
import { type StripScene, TimeStrip } from './time-strip.js'
import { renderToolbar } from './toolbar.js'
import { Tooltip } from './tooltip.js'
import { sameNode, settleState, type ViewModel, ViewModelCache } from './view-model.js'
import { formatHash, parseHash, type ViewState } from './view-state.js'

export class App {
  private readonly opening: ViewState
  private state: ViewState
  private cache: ViewModelCache
  private model!: ViewModel
  private palette!: Palette
  private hoverNode = -1
  private focusNode = -1
  private readonly flame = new FlameCanvas(() => this.frame.stickyHeight())
  private readonly tooltip = new Tooltip()
  private readonly table = new FramesTable((text) => this.change({ search: text, tab: 'graph' }))
  private readonly strip = new TimeStrip((slices) => this.change({ slices }))
  private readonly frame = new PageFrame(this.strip.root)
  private readonly dark = matchMedia('(prefers-color-scheme: dark)')

  constructor(
    private report: FlamegraphDocument,
    root: HTMLElement,
  ) {
    this.opening = openingState(report)
    this.state = settleState(report, parseHash(location.hash, this.opening))
    this.cache = new ViewModelCache(report)
    this.frame.build(
      root,
      this.flame.root,
      this.table.root,
      renderFooter(report),
      this.tooltip.root,
    )
    this.connect()
    this.update({ isAnimated: false })
  }

  /** A newer document of the same run. The reader stays where they are. */
  showNewer(report: FlamegraphDocument): void {
    const before = this.model.tree
    const { zoomNode, slices } = this.state
    const sliceNs = this.model.data.source.cpu?.timeline?.sliceNs ?? 1
    this.report = report
    this.cache = new ViewModelCache(report)
    const newSliceNs = report.processes[this.state.processIndex]?.cpu?.timeline?.sliceNs ?? 1
    const moved = slices?.map((slice) => Math.round((slice * sliceNs) / newSliceNs))
    const wanted = settleState(report, {
      ...this.state,
      zoomNode: 0,
      slices: moved && [moved[0]!, moved[1]!],
    })
    this.state = { ...wanted, zoomNode: sameNode(before, this.cache.model(wanted).tree, zoomNode) }
    this.update({ isAnimated: false })
  }

  /** For the tests: how long painting took, and how much is drawn. */
  get measurements() {
    return { timing: this.flame.timing, nodeCount: this.model.tree.size }
  }

  private connect(): void {
    const actions: FlameActions = {
      hover: (node, point) => this.hover(node, point),
      focus: (node) => this.focus(node),
      zoomTo: (node) => this.zoomTo(node),
      zoomOut: () => this.zoomTo(Math.max(0, this.model.tree.parent[this.state.zoomNode]!)),
      reset: () => this.change({ zoomNode: 0, search: '', leakIndex: -1 }, { isStep: true }),
      focusedNode: () => this.focusNode,
      startSearch: () => this.frame.search.focus(),
      nextMatch: (step) => this.focusMatch(step),
    }
    connectPointer(this.flame, actions)
    connectKeys(this.flame, actions)
    let typing = 0
    this.frame.search.addEventListener('input', () => {
      clearTimeout(typing)
      typing = setTimeout(
        () => this.change({ search: this.frame.search.value, leakIndex: -1 }),
        120,
      )
    })
    this.frame.search.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.focusMatch(event.shiftKey ? -1 : 1)
      if (event.key === 'Escape') this.flame.canvas.focus()
    })
    this.flame.canvas.addEventListener('blur', () => this.focus(-1))
    this.dark.addEventListener('change', () => this.update({ isAnimated: false }))
    addEventListener('popstate', () => this.followHash())
    addEventListener('hashchange', () => this.followHash())
    addEventListener('beforeprint', () => this.print(true))
    addEventListener('afterprint', () => this.print(false))
  }

  private followHash(): void {
    const next = settleState(this.report, parseHash(location.hash, this.opening))
    if (formatHash(next, this.opening) === formatHash(this.state, this.opening)) return
    this.state = next
    this.update({ isAnimated: true })
  }

  /** `isStep` makes an entry in the history: the browser's back button undoes a zoom. */
  private change(change: Partial<ViewState>, options: { isStep?: boolean } = {}): void {
    const before = this.model.tree
    const wanted = settleState(this.report, { ...this.state, ...change })
    const isZoom = change.zoomNode !== undefined
    const after = this.cache.model(wanted).tree
    const zoomNode =
      isZoom || after === before ? wanted.zoomNode : sameNode(before, after, wanted.zoomNode)
    this.state = { ...wanted, zoomNode }
    const hash = `#${formatHash(this.state, this.opening)}`
    if (options.isStep) history.pushState(null, '', hash)
    else history.replaceState(null, '', hash)
    this.update({ isAnimated: isZoom })
  }

  private shade(): Shade {
    if (this.state.theme !== 'auto') return this.state.theme
    return this.dark.matches ? 'dark' : 'light'
  }

  private update(options: { isAnimated: boolean }): void {
    const before = this.model?.tree
    this.model = this.cache.model(this.state)
    const { tree } = this.model
    const isNewTree = before !== tree
    if (isNewTree) {
      this.hoverNode = -1
      this.focusNode = -1
      this.tooltip.hide()
    }
    if (this.state.zoomNode >= tree.size) this.state = { ...this.state, zoomNode: 0 }
    const shade = this.shade()
    document.documentElement.dataset.theme = shade
    this.palette = buildPalette(this.flame.context, shade)
    this.frame.keepingFocus(() => this.renderControls())
    const { zoomNode } = this.state
    const isSameRange = !isNewTree && !options.isAnimated
    if (!isSameRange) {
      const from = tree.start[zoomNode]!
      this.flame.setRange(from, from + tree.value[zoomNode]!, {
        isAnimated: options.isAnimated && !isNewTree,
      })
    }
    this.drawScene()
    if (options.isAnimated) this.flame.revealRow(tree.depth[zoomNode]!)
  }

  private renderControls(): void {
    const { report, state, model } = this
    const headerActions = {
      chooseProcess: (processIndex: number) =>
        this.change({ processIndex, zoomNode: 0, leakIndex: -1, thread: -1, slices: undefined }),
      chooseTheme: (theme: ViewState['theme']) => this.change({ theme }),
      showLeak: (leakIndex: number) => this.showLeak(leakIndex),
    }
    this.frame.title.replaceChildren(renderTitleBar(report, state, headerActions))
    this.frame.figures.replaceChildren(renderFigures(report, state))
    this.frame.verdicts.replaceChildren(renderVerdicts(report, state, headerActions))
    this.frame.controls.replaceChildren(
      ...renderToolbar(model.data.source, model.columns, state, (change) => this.change(change)),
    )
    this.strip.render(this.stripScene())
    this.renderLegend()
    this.frame.folds.replaceChildren(
      renderFolds(foldsOf(report), state.folds, (folds) => this.change({ folds })),
    )
    this.renderCrumbs()
    if (this.frame.search.value !== state.search && document.activeElement !== this.frame.search)
      this.frame.search.value = state.search
    this.renderShare()
    const isTable = state.tab === 'table'
    const isEmpty = model.tree.value[0] === 0
    this.frame.empty.hidden = !isEmpty
    this.flame.root.hidden = isTable || isEmpty
    this.table.root.hidden = !isTable
    if (isTable) this.table.render(model.words, model.search?.test)
  }

  private stripScene(): StripScene | undefined {
    const { data, metric } = this.model
    const { thread, slices } = this.state
    const { cpu } = data.source
    const columns = columnsOf(data.source, this.state.resource)
    if (cpu?.timeline === undefined || columns === undefined) return undefined
    // The strip always shows all of the time, whichever part the graph shows.
    const whole = columns.metrics.find((one) => one.metric === metric?.metric)
    return {
      byCategory: timeByCategory(columns, cpu, thread, whole),
      sliceNs: cpu.timeline.sliceNs,
      sliceCount: cpu.timeline.sliceStart.length - 1,
      sampleCount: cpu.timeline.count.reduce((sum, count) => sum + count, 0),
      selection: slices,
      palette: this.palette,
    }
  }

  private renderLegend(): void {
    this.frame.legend.replaceChildren(
      ...renderLegend(this.model.data, this.palette, this.report.isDiff === true),
    )
  }

  private renderCrumbs(): void {
    const crumbs = renderBreadcrumb(this.model.words, this.state.zoomNode, (node) =>
      this.zoomTo(node),
    )
    if (this.state.zoomNode > 0 || this.model.marks)
      crumbs.push(
        button(
          { class: 'reset', title: 'Esc', 'data-focus': 'reset' },
          () => this.change({ zoomNode: 0, search: '', leakIndex: -1 }, { isStep: true }),
          'Reset',
        ),
      )
    this.frame.crumbs.replaceChildren(...crumbs)
  }

  private renderShare(): void {
    const { marks, search, words, tree } = this.model
    if (search && !search.test) this.frame.share.textContent = 'not a regular expression'
    else if (!marks) this.frame.share.textContent = ''
    else
      this.frame.share.textContent = `${formatPercent(marks.value / (tree.value[0]! || 1))}, ${words.amount(marks.value)} in ${formatCounted(marks.count, 'box', 'boxes')}`
  }

  private showLeak(leakIndex: number): void {
    const leak = this.report.leaks[leakIndex]
    if (!leak) {
      this.change({ leakIndex: -1 })
      return
    }
    this.frame.search.value = ''
    const { processIndex, resource, status } = leak
    const metric = status === 'fail' ? 'leaked' : 'live'
    this.change({
      leakIndex,
      processIndex,
      resource,
      metric,
      search: '',
      tab: 'graph',
      zoomNode: 0,
    })
  }

  private drawScene(): void {
    const { tree, words, marks } = this.model
    this.flame.setScene({
      tree,
      palette: this.palette,
      marks,
      zoomNode: this.state.zoomNode,
      focusNode: this.focusNode,
      hoverNode: this.hoverNode,
      labelOf: (node) => words.label(node),
    })
    this.flame.canvas.setAttribute(
      'aria-label',
      `Flame graph, ${this.model.metric?.label ?? ''}: ${words.value(0)} in ${formatCounted(tree.size, 'box', 'boxes')}`,
    )
  }

  private hover(node: number, point: { x: number; y: number } | undefined): void {
    if (node < 0 || !point) this.tooltip.hide()
    else this.tooltip.show(this.model.words, node, point)
    if (node === this.hoverNode) return
    this.hoverNode = node
    this.flame.canvas.style.cursor = node >= 0 ? 'pointer' : 'default'
    this.drawScene()
  }

  private focus(node: number): void {
    if (node === this.focusNode) return
    this.focusNode = node
    if (node < 0) this.tooltip.hide()
    else {
      const { tree, words } = this.model
      const isOutside =
        tree.start[node]! + tree.value[node]! <= this.flame.from ||
        tree.start[node]! >= this.flame.to
      if (isOutside) this.change({ zoomNode: 0 })
      this.flame.revealRow(tree.depth[node]!)
      const box = this.flame.boxOf(node)
      const area = this.flame.canvas.getBoundingClientRect()
      const x = area.left + box.left + Math.min(box.width / 2, 80)
      this.tooltip.show(words, node, { x, y: area.top + box.top + 10 })
      this.frame.live.textContent = words.sentence(node)
    }
    this.drawScene()
  }

  private focusMatch(step: 1 | -1): void {
    const { marks, tree } = this.model
    if (!marks || marks.count === 0) return
    let node = Math.max(0, this.focusNode)
    for (let tried = 0; tried < tree.size; tried++) {
      node = (node + step + tree.size) % tree.size
      if (marks.isMarked[node] === 1) break
    }
    this.flame.canvas.focus()
    this.focus(node)
  }

  private zoomTo(node: number): void {
    this.change({ zoomNode: node }, { isStep: true })
  }

  private print(isPrinting: boolean): void {
    // Paper is white: draw the light palette for it.
    const shade = isPrinting ? 'light' : this.shade()
    document.documentElement.dataset.theme = shade
    this.palette = buildPalette(this.flame.context, shade)
    this.hover(-1, undefined)
    this.renderLegend()
    this.drawScene()
    if (isPrinting) this.table.render(this.model.words, this.model.search?.test)
    this.flame.preparePrint(isPrinting)
  }
}
