/** The canvas, its size and its visible range. The page scrolls; the canvas sticks below the toolbar and draws what shows. */

import { nodeAt, type ViewTree } from '../../call-tree/view-tree.js'
import { element } from './element.js'
import { FlamePainter, rowHeight, type Scene } from './flame-painter.js'

const zoomMs = 220
/** Further in, floating-point edges begin to shake. */
const zoomLimit = 1e9

export interface FrameTiming {
  count: number
  lastMs: number
  worstMs: number
  totalMs: number
}

export class FlameCanvas {
  readonly root: HTMLElement
  readonly canvas: HTMLCanvasElement
  /** How long painting took; read by the tests. */
  readonly timing: FrameTiming = { count: 0, lastMs: 0, worstMs: 0, totalMs: 0 }
  readonly context: CanvasRenderingContext2D
  from = 0
  to = 1
  private readonly painter: FlamePainter
  private scene: Scene | undefined
  private widthPx = 0
  private heightPx = 0
  private isScheduled = false
  private animation:
    | { fromA: number; toA: number; fromB: number; toB: number; begin: number }
    | undefined
  private isPrinting = false

  constructor(private readonly stickyTop: () => number) {
    this.canvas = element('canvas', {
      class: 'flame',
      tabindex: 0,
      role: 'application',
      'aria-roledescription': 'flame graph',
      'aria-describedby': 'flame-keys',
      'aria-label': 'Flame graph',
    })
    this.root = element('div', { class: 'flame-area' }, this.canvas)
    const context = this.canvas.getContext('2d', { alpha: false })
    if (!context) throw new Error('this browser gives no 2D canvas')
    this.context = context
    this.painter = new FlamePainter(context)
    new ResizeObserver(() => this.resize()).observe(this.root)
    addEventListener('resize', () => this.resize())
    addEventListener('scroll', () => this.schedule(), { passive: true })
  }

  setScene(scene: Scene): void {
    const isNewTree = this.scene?.tree !== scene.tree
    this.scene = scene
    if (isNewTree) {
      this.root.style.height = `${scene.tree.rowCount * rowHeight}px`
      this.resize()
    }
    this.schedule()
  }

  get tree(): ViewTree | undefined {
    return this.scene?.tree
  }

  /** Shows `from`…`to`, with a short animation unless the reader asked for less motion. */
  setRange(from: number, to: number, options: { isAnimated: boolean }): void {
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
    if (!options.isAnimated || isCalm) {
      this.animation = undefined
      this.from = from
      this.to = to
    } else
      this.animation = {
        fromA: this.from,
        toA: this.to,
        fromB: from,
        toB: to,
        begin: performance.now(),
      }
    this.schedule()
  }

  /** Zooms around a point of the canvas; factor < 1 goes in. */
  zoomAround(x: number, factor: number): void {
    if (!this.scene) return
    const total = this.scene.tree.value[0]!
    const share = x / Math.max(1, this.widthPx)
    const span = Math.min(total, Math.max(total / zoomLimit, (this.to - this.from) * factor))
    const anchor = this.from + share * (this.to - this.from)
    this.clampRange(anchor - share * span, span)
  }

  panBy(pixels: number): void {
    const span = this.to - this.from
    this.clampRange(this.from + (pixels / Math.max(1, this.widthPx)) * span, span)
  }

  private clampRange(from: number, span: number): void {
    const total = this.scene?.tree.value[0] ?? 1
    const start = Math.max(0, Math.min(total - span, from))
    this.setRange(start, start + span, { isAnimated: false })
  }

  nodeAtPoint(x: number, y: number): number {
    if (!this.scene) return -1
    const row = Math.floor((y + this.offsetPx()) / rowHeight)
    return nodeAt(this.scene.tree, row, this.from + (x / this.widthPx) * (this.to - this.from))
  }

  /** Where a node is on the canvas, for placing a tooltip. */
  boxOf(node: number): { left: number; top: number; width: number } {
    const tree = this.scene!.tree
    const scale = this.widthPx / (this.to - this.from)
    const left = Math.max(0, (tree.start[node]! - this.from) * scale)
    const right = Math.min(
      this.widthPx,
      (tree.start[node]! + tree.value[node]! - this.from) * scale,
    )
    return {
      left,
      top: tree.depth[node]! * rowHeight - this.offsetPx(),
      width: Math.max(0, right - left),
    }
  }

  /** Scrolls the page so that a row shows, with a little context above. */
  revealRow(row: number): void {
    const top = row * rowHeight - this.offsetPx()
    if (top >= 0 && top + rowHeight <= this.heightPx) return
    const margin = rowHeight * 2
    const shift = top < 0 ? top - margin : top + rowHeight + margin - this.heightPx
    scrollBy({ top: shift, behavior: 'instant' })
  }

  private offsetPx(): number {
    if (this.isPrinting) return 0
    const hidden = this.stickyTop() - this.root.getBoundingClientRect().top
    const limit = this.root.clientHeight - this.heightPx
    return Math.max(0, Math.min(limit, hidden))
  }

  private resize(): void {
    if (!this.scene) return
    const fullPx = this.scene.tree.rowCount * rowHeight
    const roomPx = Math.max(rowHeight * 6, innerHeight - this.stickyTop())
    this.widthPx = Math.max(1, this.root.clientWidth)
    this.heightPx = this.isPrinting ? Math.min(fullPx, 4000) : Math.min(fullPx, roomPx)
    const ratio = devicePixelRatio || 1
    this.canvas.width = Math.round(this.widthPx * ratio)
    this.canvas.height = Math.round(this.heightPx * ratio)
    this.canvas.style.width = `${this.widthPx}px`
    this.canvas.style.height = `${this.heightPx}px`
    this.canvas.style.top = `${this.stickyTop()}px`
    // A resized canvas is blank until it is painted: paint now, or it flickers.
    this.paint()
  }

  schedule(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    requestAnimationFrame((now) => {
      this.isScheduled = false
      this.stepAnimation(now)
      this.paint()
    })
  }

  /** On paper the whole picture shows at once. */
  preparePrint(isPrinting: boolean): void {
    this.isPrinting = isPrinting
    this.resize()
  }

  private stepAnimation(now: number): void {
    if (!this.animation) return
    const { fromA, toA, fromB, toB, begin } = this.animation
    const time = Math.min(1, Math.max(0, now - begin) / zoomMs)
    const eased = 1 - (1 - time) ** 3
    this.from = fromA + (fromB - fromA) * eased
    this.to = toA + (toB - toA) * eased
    if (time < 1) this.schedule()
    else this.animation = undefined
  }

  private paint(): void {
    if (!this.scene || this.widthPx === 0) return
    const begin = performance.now()
    this.painter.paint(this.scene, {
      widthPx: this.widthPx,
      heightPx: this.heightPx,
      offsetPx: this.offsetPx(),
      from: this.from,
      to: Math.max(this.to, this.from + Number.MIN_VALUE),
      ratio: devicePixelRatio || 1,
    })
    const ms = performance.now() - begin
    this.timing.count++
    this.timing.lastMs = ms
    this.timing.totalMs += ms
    this.timing.worstMs = Math.max(this.timing.worstMs, ms)
  }
}
