/** Pointer and keys on the flame graph. Every move has a key; the pointer adds only comfort. */
import type { FlameCanvas } from './flame-canvas.js'

export interface FlameActions {
  hover(node: number, point: { x: number; y: number } | undefined): void
  focus(node: number): void
  zoomTo(node: number): void
  /** Back to the frame that called the zoomed one. */
  zoomOut(): void
  reset(): void
  focusedNode(): number
  startSearch(): void
  nextMatch(step: 1 | -1): void
}

const dragMin = 4

export function connectPointer(flame: FlameCanvas, actions: FlameActions): void {
  const { canvas } = flame
  let pressed: { x: number; lastX: number; isDrag: boolean } | undefined
  canvas.addEventListener('pointermove', (event) => {
    if (pressed) {
      if (Math.abs(event.offsetX - pressed.x) > dragMin) pressed.isDrag = true
      if (pressed.isDrag) flame.panBy(pressed.lastX - event.offsetX)
      pressed.lastX = event.offsetX
    }
    const node = pressed?.isDrag ? -1 : flame.nodeAtPoint(event.offsetX, event.offsetY)
    actions.hover(node, { x: event.clientX, y: event.clientY })
  })
  canvas.addEventListener('pointerleave', () => actions.hover(-1, undefined))
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    pressed = { x: event.offsetX, lastX: event.offsetX, isDrag: false }
    canvas.setPointerCapture(event.pointerId)
  })
  canvas.addEventListener('pointerup', (event) => {
    const wasDrag = pressed?.isDrag ?? true
    pressed = undefined
    if (wasDrag || event.button !== 0) return
    const node = flame.nodeAtPoint(event.offsetX, event.offsetY)
    if (node >= 0) actions.zoomTo(node)
  })
  canvas.addEventListener('pointercancel', () => {
    pressed = undefined
  })
  canvas.addEventListener(
    'wheel',
    (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault()
        flame.zoomAround(event.offsetX, 1.0025 ** event.deltaY)
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault()
        flame.panBy(event.deltaX || event.deltaY)
      }
    },
    { passive: false },
  )
}

/** The frame beside, above or below; stays when there is none. */
function neighbour(flame: FlameCanvas, node: number, key: string): number {
  const tree = flame.tree
  if (!tree) return node
  if (key === 'ArrowUp') return Math.max(0, tree.parent[node]!)
  if (key === 'ArrowDown') return tree.subtree[node]! > 1 ? node + 1 : node
  if (key === 'ArrowLeft') return previousInRow(flame, node)
  return nextInRow(flame, node)
}

function positionInRow(flame: FlameCanvas, node: number): [position: number, row: number] {
  const tree = flame.tree!
  const row = tree.depth[node]!
  let low = tree.rowStart[row]!
  let high = tree.rowStart[row + 1]! - 1
  // Nodes of a row are numbered left to right.
  while (low < high) {
    const half = (low + high) >>> 1
    if (tree.rowNodes[half]! < node) low = half + 1
    else high = half
  }
  return [low, row]
}

function previousInRow(flame: FlameCanvas, node: number): number {
  const [position, row] = positionInRow(flame, node)
  const tree = flame.tree!
  return position > tree.rowStart[row]! ? tree.rowNodes[position - 1]! : node
}

function nextInRow(flame: FlameCanvas, node: number): number {
  const [position, row] = positionInRow(flame, node)
  const tree = flame.tree!
  return position + 1 < tree.rowStart[row + 1]! ? tree.rowNodes[position + 1]! : node
}

export function connectKeys(flame: FlameCanvas, actions: FlameActions): void {
  flame.canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const focused = actions.focusedNode()
    const at = Math.max(0, focused)
    const width = flame.canvas.clientWidth
    const handlers: Record<string, () => void> = {
      Enter: () => actions.zoomTo(at),
      ' ': () => actions.zoomTo(at),
      Escape: () => actions.reset(),
      Backspace: () => actions.zoomOut(),
      Home: () => actions.focus(0),
      '+': () => flame.zoomAround(width / 2, 0.7),
      '=': () => flame.zoomAround(width / 2, 0.7),
      '-': () => flame.zoomAround(width / 2, 1 / 0.7),
      a: () => flame.panBy(-width / 8),
      d: () => flame.panBy(width / 8),
      n: () => actions.nextMatch(1),
      N: () => actions.nextMatch(-1),
    }
    for (const key of ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'])
      handlers[key] = () => actions.focus(focused < 0 ? 0 : neighbour(flame, at, key))
    const handle = handlers[event.key]
    if (!handle) return
    event.preventDefault()
    handle()
  })
  document.addEventListener('keydown', (event) => {
    const isTyping =
      event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement
    if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey) {
      event.preventDefault()
      actions.startSearch()
    }
  })
}
