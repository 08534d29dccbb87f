/** Draws the visible part of a view tree: work is bounded by the pixels, not by the frames. */
import type { NodeMarks } from '../../call-tree/node-marks.js'
import type { ViewTree } from '../../call-tree/view-tree.js'
import { edgeWidth, type Palette } from './palette.js'
import { RowStrips, type WideBox } from './row-strips.js'

export const rowHeight = 22
export const flameFont =
  '12px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace'
const labelWidthMin = 26
const markHeight = 3
/** The root box is drawn like what the reader cannot blame: the runtime. */
const rootCategory = 4

export interface Viewport {
  widthPx: number
  heightPx: number
  /** Top of the viewport inside the whole picture. */
  offsetPx: number
  /** Visible range, in units of value. */
  from: number
  to: number
  /** Device pixels per CSS pixel. */
  ratio: number
}

export interface Scene {
  tree: ViewTree
  palette: Palette
  marks: NodeMarks | undefined
  /** The frame zoomed into; its callers are drawn pale. */
  zoomNode: number
  focusNode: number
  hoverNode: number
  /** Text of a box; a diff adds the change. */
  labelOf(node: number): string
}

export class FlamePainter {
  private charWidth = 0
  private readonly strips = new RowStrips()

  constructor(private readonly context: CanvasRenderingContext2D) {}

  paint(scene: Scene, viewport: Viewport): void {
    const { context } = this
    const { ratio, widthPx, heightPx, offsetPx } = viewport
    const width = Math.round(widthPx * ratio)
    const firstRow = Math.max(0, Math.floor(offsetPx / rowHeight))
    const lastRow = Math.min(scene.tree.rowCount - 1, Math.floor((offsetPx + heightPx) / rowHeight))
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.fillStyle = scene.palette.theme.background
    context.fillRect(0, 0, width, Math.round(heightPx * ratio))
    const wide = this.strips.fill({
      tree: scene.tree,
      width,
      from: viewport.from,
      to: viewport.to,
      firstRow,
      lastRow,
      paper: scene.palette.packedPaper,
      mark: scene.palette.packedMark,
      colourOf: (node) => this.colourOf(scene, node),
      isMarked: (node) => scene.marks?.isMarked[node] === 1,
    })
    context.imageSmoothingEnabled = false
    for (let row = firstRow; row <= lastRow; row++) this.paintRow(viewport, row, firstRow, width)
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    this.paintWide(scene, viewport, wide)
    if (scene.hoverNode >= 0) this.outline(scene, viewport, scene.hoverNode, 1)
    if (scene.focusNode >= 0) this.outline(scene, viewport, scene.focusNode, 2.5)
  }

  private paintRow(viewport: Viewport, row: number, firstRow: number, width: number): void {
    const { ratio, offsetPx } = viewport
    const top = Math.round((row * rowHeight - offsetPx) * ratio)
    const bottom = Math.round(((row + 1) * rowHeight - 1 - offsetPx) * ratio)
    const markTop = bottom - Math.round(markHeight * ratio)
    const line = (row - firstRow) * 2
    this.strips.draw(this.context, line, { top, width, height: markTop - top })
    this.strips.draw(this.context, line + 1, { top: markTop, width, height: bottom - markTop })
  }

  private paintWide(scene: Scene, viewport: Viewport, wide: readonly WideBox[]): void {
    const { context } = this
    const { tree, palette } = scene
    const { ratio, offsetPx } = viewport
    const hasPatterns = tree.delta === undefined
    for (const { node, left, right } of wide) {
      if (!hasPatterns || node === 0 || this.isDim(scene, node)) continue
      const category = this.categoryOf(scene, node)
      const pattern = palette.pattern(category)
      const hasEdge = palette.hasEdge(category)
      if (!pattern && !hasEdge) continue
      context.fillStyle = pattern ?? palette.theme.edge
      const top = tree.depth[node]! * rowHeight - offsetPx
      const width = hasEdge ? edgeWidth : (right - left) / ratio
      context.fillRect(left / ratio, top, width, rowHeight - 1)
    }
    context.font = flameFont
    context.textBaseline = 'middle'
    if (this.charWidth === 0) this.charWidth = context.measureText('mmmmmmmmmm').width / 10
    for (const { node, left, right } of wide) {
      const width = (right - left) / ratio
      if (width < labelWidthMin) continue
      this.paintLabel(scene, node, left / ratio, tree.depth[node]! * rowHeight - offsetPx, width)
    }
  }

  private paintLabel(scene: Scene, node: number, x: number, top: number, width: number): void {
    const { context } = this
    const { theme } = scene.palette
    const room = Math.floor((width - 9) / this.charWidth)
    if (room < 2) return
    const label = scene.labelOf(node)
    const text = label.length <= room ? label : shortened(label, room)
    context.fillStyle = this.isDim(scene, node) ? theme.mutedText : theme.text
    // maxWidth only matters for wide characters; it keeps them inside their box.
    context.fillText(text, x + 5, top + rowHeight / 2, width - 7)
  }

  private outline(scene: Scene, viewport: Viewport, node: number, lineWidth: number): void {
    const { tree } = scene
    const scale = viewport.widthPx / (viewport.to - viewport.from)
    const left = (tree.start[node]! - viewport.from) * scale
    const right = left + tree.value[node]! * scale
    if (right < 0 || left > viewport.widthPx) return
    // Clamped: a box a million pixels wide loses its edges.
    const x = Math.max(left, -4)
    const top = tree.depth[node]! * rowHeight - viewport.offsetPx
    this.context.strokeStyle = scene.palette.theme.outline
    this.context.lineWidth = lineWidth
    const inset = lineWidth / 2
    this.context.strokeRect(
      x + inset,
      top + inset,
      Math.max(1, Math.min(right, viewport.widthPx + 4) - x - lineWidth - 1),
      rowHeight - 1 - lineWidth,
    )
  }

  private categoryOf({ tree }: Scene, node: number): number {
    return node === 0 ? rootCategory : tree.keys.category[tree.key[node]!]!
  }

  private isDim(scene: Scene, node: number): boolean {
    if (scene.marks && node > 0) return scene.marks.isMarked[node] !== 1
    return node < scene.zoomNode && scene.tree.subtree[node]! > scene.zoomNode - node
  }

  private colourOf(scene: Scene, node: number): number {
    const { tree, palette } = scene
    const category = this.categoryOf(scene, node)
    if (this.isDim(scene, node)) return palette.packedDim(category)
    if (tree.delta) {
      const share = tree.value[node] === 0 ? 0 : tree.delta[node]! / tree.value[node]!
      return palette.packedDelta(Math.max(-1, Math.min(1, share)))
    }
    if (node === 0) return palette.packedFill(category, 0, 0)
    const key = tree.key[node]!
    return palette.packedFill(category, tree.keys.tint[key]!, Math.imul(key, 0x9e3779b1) >>> 31)
  }
}

/** A placeholder says nothing when cut in the middle: its dots are enough. */
const shortened = (label: string, room: number): string =>
  label.startsWith('⋯') ? '⋯' : `${label.slice(0, room - 1)}…`
