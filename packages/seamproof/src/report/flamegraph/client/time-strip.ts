/** When the time was used: a strip above the graph on which a part of the run is chosen, by dragging or by keys. */
import { formatTimeNs } from '../../format-quantity.js'
import { type FrameCategory, frameCategories } from '../flamegraph-document.js'
import { button, element } from './element.js'
import type { Palette } from './palette.js'

export interface StripScene {
  /** Nanoseconds of each slice, by index into `frameCategories`. */
  byCategory: ReadonlyMap<number, Float64Array>
  sliceNs: number
  sliceCount: number
  sampleCount: number
  selection: readonly [number, number] | undefined
  palette: Palette
}

type Slices = readonly [first: number, last: number] | undefined

const heightPx = 56
const dragMin = 3
/** Bottom to top: what runs, then what waits. */
const stacking: FrameCategory[] = ['user', 'subject', 'builtin', 'gc', 'kernel', 'runnable', 'idle']
const stackingWords: Partial<Record<FrameCategory, string>> = {
  user: 'JavaScript',
  subject: 'native',
  builtin: 'V8 builtins',
  gc: 'garbage collection',
  kernel: 'kernel',
  runnable: 'waiting for a core',
  idle: 'waiting',
}

export class TimeStrip {
  readonly root: HTMLElement
  private readonly canvas = element('canvas', {
    class: 'strip',
    tabindex: 0,
    role: 'slider',
    'aria-label': 'Part of the run that is shown',
    'aria-valuemin': 0,
    title:
      'Drag to show a part of the run. Keys: arrows move it, Shift and arrows make it longer or shorter, Esc shows all.',
  })
  private readonly told = element('span', { class: 'strip-told' })
  private readonly all: HTMLButtonElement
  private scene: StripScene | undefined
  private pressedX: number | undefined
  private draft: Slices

  constructor(private readonly choose: (slices: Slices) => void) {
    this.all = button(
      { class: 'reset', 'data-focus': 'whole-run' },
      () => this.choose(undefined),
      'Whole run',
    )
    this.root = element(
      'div',
      { class: 'strip-area' },
      this.canvas,
      element('p', { class: 'strip-line' }, this.told, this.all),
    )
    this.connectPointer()
    this.canvas.addEventListener('keydown', (event) => this.onKey(event))
    new ResizeObserver(() => this.paint()).observe(this.root)
  }

  render(scene: StripScene | undefined): void {
    this.scene = scene
    this.draft = undefined
    this.root.hidden = scene === undefined
    if (scene === undefined) return
    this.canvas.setAttribute('aria-valuemax', String(scene.sliceCount - 1))
    this.tell()
    this.paint()
  }

  private tell(): void {
    const { scene } = this
    if (scene === undefined) return
    const slices = this.draft ?? scene.selection
    const endNs = scene.sliceCount * scene.sliceNs
    const text =
      slices === undefined
        ? `all of ${formatTimeNs(endNs)}`
        : `${formatTimeNs(slices[0] * scene.sliceNs)} to ${formatTimeNs((slices[1] + 1) * scene.sliceNs)} of ${formatTimeNs(endNs)}`
    const kinds = stacking
      .filter((category) => scene.byCategory.has(frameCategories.indexOf(category)))
      .map((category) => stackingWords[category])
    this.told.textContent = `Time: ${text}. Bars: ${kinds.join(', ')}.`
    this.canvas.setAttribute('aria-valuenow', String(slices?.[0] ?? 0))
    this.canvas.setAttribute('aria-valuetext', text)
    this.all.hidden = scene.selection === undefined
  }

  private connectPointer(): void {
    const { canvas } = this
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return
      this.pressedX = event.offsetX
      canvas.setPointerCapture(event.pointerId)
    })
    canvas.addEventListener('pointermove', (event) => {
      if (this.pressedX === undefined || Math.abs(event.offsetX - this.pressedX) < dragMin) return
      this.draft = this.slicesBetween(this.pressedX, event.offsetX)
      this.tell()
      this.paint()
    })
    canvas.addEventListener('pointerup', () => {
      if (this.pressedX === undefined) return
      this.pressedX = undefined
      // A click without a drag shows all again.
      this.choose(this.draft)
    })
    canvas.addEventListener('pointercancel', () => {
      this.pressedX = undefined
      this.draft = undefined
      this.paint()
    })
  }

  private onKey(event: KeyboardEvent): void {
    const { scene } = this
    if (scene === undefined) return
    if (event.key === 'Escape') this.choose(undefined)
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (event.key !== 'Escape' && step === undefined) return
    event.preventDefault()
    if (step === undefined) return
    const count = scene.sliceCount
    const by = Math.max(1, Math.round(count / 40)) * step
    const [first, last] = scene.selection ?? [0, Math.max(0, Math.round(count / 10) - 1)]
    if (scene.selection === undefined) this.choose([first, last])
    else if (event.shiftKey) this.choose([first, Math.min(count - 1, Math.max(first, last + by))])
    else {
      const shift = Math.max(-first, Math.min(count - 1 - last, by))
      this.choose([first + shift, last + shift])
    }
  }

  private slicesBetween(from: number, to: number): Slices {
    const { scene } = this
    if (scene === undefined) return undefined
    const at = (x: number) => {
      const slice = Math.floor((x / this.canvas.clientWidth) * scene.sliceCount)
      return Math.max(0, Math.min(scene.sliceCount - 1, slice))
    }
    return [at(Math.min(from, to)), at(Math.max(from, to))]
  }

  private paint(): void {
    const { scene, canvas } = this
    const width = this.root.clientWidth
    const context = canvas.getContext('2d')
    if (scene === undefined || context === null || width === 0) return
    const ratio = devicePixelRatio || 1
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(heightPx * ratio)
    canvas.style.height = `${heightPx}px`
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.fillStyle = scene.palette.theme.background
    context.fillRect(0, 0, width, heightPx)
    paintBars(context, scene, width)
    const slices = this.draft ?? scene.selection
    if (slices === undefined) return
    const left = (slices[0] / scene.sliceCount) * width
    const right = ((slices[1] + 1) / scene.sliceCount) * width
    context.fillStyle =
      scene.palette.theme.shade === 'light' ? 'rgb(255 255 255 / 0.72)' : 'rgb(18 22 29 / 0.72)'
    context.fillRect(0, 0, left, heightPx)
    context.fillRect(right, 0, width - right, heightPx)
    context.strokeStyle = scene.palette.theme.outline
    context.lineWidth = 1.5
    context.strokeRect(left + 0.75, 0.75, Math.max(1, right - left - 1.5), heightPx - 1.5)
  }
}

/** Fewer samples than this in a bar would draw chance. */
const samplesPerBar = 6

/** One bar for every three pixels at most, each as high as the time used in it. */
function paintBars(context: CanvasRenderingContext2D, scene: StripScene, width: number): void {
  const { byCategory, sliceCount } = scene
  const worthShowing = Math.max(24, Math.floor(scene.sampleCount / samplesPerBar))
  const barCount = Math.max(1, Math.min(sliceCount, worthShowing, Math.floor(width / 3)))
  const barOf = (slice: number) => Math.floor((slice * barCount) / sliceCount)
  const layers = stacking.flatMap((category) => {
    const index = frameCategories.indexOf(category)
    const slices = byCategory.get(index)
    if (slices === undefined) return []
    const bars = new Float64Array(barCount)
    slices.forEach((ns, slice) => {
      bars[barOf(slice)]! += ns
    })
    return [{ index, bars }]
  })
  const sums = Array.from({ length: barCount }, (_, bar) =>
    layers.reduce((sum, { bars }) => sum + bars[bar]!, 0),
  )
  const highest = Math.max(...sums, 1)
  for (let bar = 0; bar < barCount; bar++) {
    const left = Math.round((bar / barCount) * width)
    const right = Math.round(((bar + 1) / barCount) * width)
    let top = heightPx
    for (const { index, bars } of layers) {
      const height = (bars[bar]! / highest) * heightPx
      if (height <= 0) continue
      context.fillStyle = scene.palette.fill(index)
      context.fillRect(left, top - height, right - left, height)
      top -= height
    }
  }
}
