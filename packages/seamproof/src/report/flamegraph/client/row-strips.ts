/**
 * Fills of all visible rows as one image, a pixel high each, stretched when drawn. A hundred thousand narrow boxes cost
 * one colour lookup per pixel this way, where a fillRect for each took 50 ms a frame.
 */
import { firstEndingAfter, type ViewTree } from '../../call-tree/view-tree.js'

/** Boxes at least this wide (device pixels) get a pattern and maybe a label; narrower ones are colour alone. */
const wideMin = 10
/** Narrower boxes touch; wider ones leave a pixel of paper between them. */
const gapMin = 4

export interface StripRequest {
  tree: ViewTree
  /** In device pixels. */
  width: number
  from: number
  to: number
  firstRow: number
  lastRow: number
  /** Packed colours, in the byte order of the machine. */
  paper: number
  mark: number
  colourOf(node: number): number
  isMarked(node: number): boolean
}

/** A box that is drawn over: its node and its edges in device pixels. */
export interface WideBox {
  node: number
  left: number
  right: number
}

export class RowStrips {
  private readonly canvas = document.createElement('canvas')
  private readonly context = this.canvas.getContext('2d', { alpha: false })
  private image: ImageData | undefined
  private pixels = new Uint32Array(0)

  /** Two lines for each row: its fills, and where its marks are. */
  fill(request: StripRequest): WideBox[] {
    const { width, firstRow, lastRow, paper } = request
    const height = Math.max(1, (lastRow - firstRow + 1) * 2)
    if (this.canvas.width !== width || this.canvas.height < height) {
      this.canvas.width = width
      this.canvas.height = height
      this.image = new ImageData(width, height)
      this.pixels = new Uint32Array(this.image.data.buffer)
    }
    this.pixels.fill(paper)
    const wide: WideBox[] = []
    for (let row = firstRow; row <= lastRow; row++)
      this.fillRow(request, row, (row - firstRow) * 2 * width, wide)
    if (this.image) this.context?.putImageData(this.image, 0, 0)
    return wide
  }

  draw(
    target: CanvasRenderingContext2D,
    line: number,
    box: { top: number; width: number; height: number },
  ): void {
    target.drawImage(this.canvas, 0, line, box.width, 1, 0, box.top, box.width, box.height)
  }

  private fillRow(request: StripRequest, row: number, offset: number, wide: WideBox[]): void {
    const { tree, width, from, to } = request
    const { rowNodes, start, value } = tree
    const scale = width / (to - from)
    const end = tree.rowStart[row + 1]!
    let position = firstEndingAfter(tree, row, from)
    let x = 0
    while (position < end && x < width) {
      const node = rowNodes[position]!
      const left = Math.max(x, Math.round((start[node]! - from) * scale))
      if (left >= width) break
      const right = Math.min(width, Math.round((start[node]! + value[node]! - from) * scale))
      if (right <= left) {
        // Narrower than a pixel and its pixel is taken: on to the first box that reaches the next one.
        position = nextReaching(tree, position + 1, end, from + (left + 0.5) / scale)
        continue
      }
      const shown = right - left >= gapMin ? right - 1 : right
      this.pixels.fill(request.colourOf(node), offset + left, offset + shown)
      if (request.isMarked(node))
        this.pixels.fill(request.mark, offset + width + left, offset + width + shown)
      else this.pixels.fill(request.colourOf(node), offset + width + left, offset + width + shown)
      if (shown - left >= wideMin) wide.push({ node, left, right: shown })
      x = right
      position++
    }
  }
}

/** Gallops: in a crowd the answer is near, in the worst case it is a binary search. */
function nextReaching(tree: ViewTree, begin: number, end: number, value: number): number {
  const reaches = (position: number): boolean => {
    const node = tree.rowNodes[position]!
    return tree.start[node]! + tree.value[node]! > value
  }
  let step = 1
  let low = begin
  let high = begin
  while (high < end && !reaches(high)) {
    low = high + 1
    high += step
    step *= 2
  }
  high = Math.min(high, end)
  while (low < high) {
    const middle = (low + high) >>> 1
    if (reaches(middle)) high = middle
    else low = middle + 1
  }
  return low
}
