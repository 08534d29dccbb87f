/** Colours that differ in lightness as well as hue, and a pattern each for those who see neither. */
import { tintCount } from '../../call-tree/frame-keys.js'
import { type FrameCategory, frameCategories } from '../flamegraph-document.js'

/** `edge`: a dark bar at the left end, for the one kind that everyone looks for. */
type Pattern =
  | 'plain'
  | 'edge'
  | 'lines'
  | 'rising'
  | 'falling'
  | 'dots'
  | 'cross'
  | 'upright'
  | 'grid'
  | 'dashes'
  | 'pairs'
export type Shade = 'light' | 'dark'

export interface CategoryStyle {
  label: string
  pattern: Pattern
  /** Hue, saturation, lightness. */
  light: [number, number, number]
  dark: [number, number, number]
}

export const categoryStyles: Record<FrameCategory, CategoryStyle> = {
  user: { label: 'Your JavaScript', pattern: 'plain', light: [207, 78, 66], dark: [207, 58, 38] },
  subject: {
    label: 'Native addon (subject)',
    pattern: 'edge',
    light: [24, 92, 64],
    dark: [20, 72, 38],
  },
  'node-internal': {
    label: 'Node internals (JS)',
    pattern: 'lines',
    light: [207, 32, 83],
    dark: [207, 22, 29],
  },
  builtin: { label: 'V8 builtin', pattern: 'rising', light: [268, 38, 82], dark: [264, 22, 34] },
  runtime: {
    label: 'Node and V8 runtime',
    pattern: 'falling',
    light: [240, 9, 84],
    dark: [240, 7, 29],
  },
  system: { label: 'libc and system', pattern: 'dots', light: [50, 48, 76], dark: [48, 30, 27] },
  wasm: { label: 'WebAssembly', pattern: 'plain', light: [158, 48, 62], dark: [158, 48, 30] },
  unknown: { label: 'Unknown', pattern: 'cross', light: [0, 0, 78], dark: [0, 0, 34] },
  gc: {
    label: 'Garbage collection',
    pattern: 'upright',
    light: [322, 58, 76],
    dark: [322, 42, 33],
  },
  kernel: { label: 'Kernel', pattern: 'grid', light: [96, 38, 70], dark: [96, 32, 26] },
  runnable: {
    label: 'Waiting for a core',
    pattern: 'dashes',
    light: [356, 72, 78],
    dark: [356, 52, 35],
  },
  idle: { label: 'Waiting', pattern: 'pairs', light: [205, 16, 91], dark: [215, 12, 22] },
}

export interface Theme {
  shade: Shade
  background: string
  text: string
  mutedText: string
  outline: string
  mark: string
  /** Of the `edge` pattern. */
  edge: string
}

export const themes: Record<Shade, Theme> = {
  light: {
    shade: 'light',
    background: '#ffffff',
    text: '#11151c',
    mutedText: '#7a8494',
    outline: '#11151c',
    mark: '#b3006b',
    edge: 'rgb(110 38 0 / 0.75)',
  },
  dark: {
    shade: 'dark',
    background: '#12161d',
    text: '#f2f5f9',
    mutedText: '#6f7a8b',
    outline: '#ffffff',
    mark: '#ff7ac6',
    edge: 'rgb(255 190 140 / 0.8)',
  },
}

/** Two near shades keep neighbours apart; three tints tell modules and packages apart. */
const shadeSteps = [-1.2, 1.2]
const tints: Record<Shade, { hue: number; lightness: number }[]> = {
  light: [
    { hue: 0, lightness: 0 },
    { hue: -7, lightness: 4 },
    { hue: 8, lightness: -2 },
  ],
  dark: [
    { hue: 0, lightness: 0 },
    { hue: -7, lightness: -5 },
    { hue: 8, lightness: -4 },
  ],
}
const shadeCount = shadeSteps.length * tintCount
const tinted: readonly FrameCategory[] = ['user', 'subject']
/** Steps from "all gone" to "all new". */
export const deltaSteps = 13

function hsl([hue, saturation, lightness]: [number, number, number], step: number): string {
  return `hsl(${hue} ${saturation}% ${lightness + step}%)`
}

/** Red for more, blue for less, grey for the same; the label says it in signs too. */
function deltaColour(step: number, shade: Shade): string {
  const middle = (deltaSteps - 1) / 2
  const strength = Math.abs(step - middle) / middle
  const hue = step > middle ? 8 : 214
  const [base, reach] = shade === 'light' ? [88, -28] : [26, 16]
  return `hsl(${hue} ${strength === 0 ? 0 : 35 + strength * 45}% ${base + reach * strength}%)`
}

export interface Palette {
  theme: Theme
  /** Solid fill of a category, as CSS. */
  fill(category: number): string
  deltaFill(step: number): string
  pattern(category: number): CanvasPattern | undefined
  hasEdge(category: number): boolean
  /** The same colours as 32-bit pixels. `shadeIndex` is 0 or 1. */
  packedFill(category: number, tint: number, shadeIndex: number): number
  packedDim(category: number): number
  /** −1: all gone, 1: all new. */
  packedDelta(ratio: number): number
  packedPaper: number
  packedMark: number
}

export function categoryFills(category: FrameCategory, shade: Shade): string[] {
  const [hue, saturation, lightness] = categoryStyles[category][shade]
  return tints[shade].flatMap((tint) =>
    shadeSteps.map((step) =>
      tinted.includes(category)
        ? hsl([hue + tint.hue, saturation, lightness + tint.lightness], step)
        : hsl([hue, saturation, lightness], step * 1.6),
    ),
  )
}

/** CSS colours as 32-bit pixels in the byte order of the machine: the canvas itself converts. */
function packColours(colours: readonly string[]): Uint32Array {
  const canvas = document.createElement('canvas')
  canvas.width = colours.length
  canvas.height = 1
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) return new Uint32Array(colours.length)
  colours.forEach((colour, index) => {
    context.fillStyle = colour
    context.fillRect(index, 0, 1, 1)
  })
  return new Uint32Array(context.getImageData(0, 0, colours.length, 1).data.buffer)
}

export function buildPalette(context: CanvasRenderingContext2D, shade: Shade): Palette {
  const styles = frameCategories.map((category) => categoryStyles[category])
  const fills = frameCategories.flatMap((category) => categoryFills(category, shade))
  const dims = styles.map((style) => {
    const [hue, saturation, lightness] = style[shade]
    const paper = shade === 'light' ? 95 : 14
    return hsl([hue, saturation * 0.35, paper + (lightness - paper) * 0.22], 0)
  })
  const deltas = Array.from({ length: deltaSteps }, (_, step) => deltaColour(step, shade))
  const ink = shade === 'light' ? 'rgb(17 21 28 / 0.11)' : 'rgb(255 255 255 / 0.08)'
  const patterns = styles.map((style) => makePattern(context, style.pattern, ink))
  const theme = themes[shade]
  const packedFills = packColours(fills)
  const packedDims = packColours(dims)
  const packedDeltas = packColours(deltas)
  const [packedPaper = 0, packedMark = 0] = packColours([theme.background, theme.mark])
  return {
    theme,
    fill: (category) => fills[category * shadeCount]!,
    deltaFill: (step) => deltas[step]!,
    pattern: (category) => patterns[category],
    hasEdge: (category) => styles[category]?.pattern === 'edge',
    packedFill: (category, tint, shadeIndex) =>
      packedFills[category * shadeCount + tint * shadeSteps.length + shadeIndex]!,
    packedDim: (category) => packedDims[category]!,
    packedDelta: (ratio) => packedDeltas[Math.round(((ratio + 1) / 2) * (deltaSteps - 1))]!,
    packedPaper,
    packedMark,
  }
}

export const edgeWidth = 3

/** Draws one tile of a pattern; shared with the legend's swatches. */
export function drawPattern(
  context: CanvasRenderingContext2D,
  pattern: Pattern,
  size: number,
): void {
  context.beginPath()
  const line = (x0: number, y0: number, x1: number, y1: number) => {
    context.moveTo(x0, y0)
    context.lineTo(x1, y1)
  }
  if (pattern === 'lines') line(0, size / 2, size, size / 2)
  if (pattern === 'rising' || pattern === 'cross') {
    line(-1, 1, 1, -1)
    line(0, size, size, 0)
    line(size - 1, size + 1, size + 1, size - 1)
  }
  if (pattern === 'falling' || pattern === 'cross') {
    line(-1, size - 1, 1, size + 1)
    line(0, 0, size, size)
    line(size - 1, -1, size + 1, 1)
  }
  if (pattern === 'upright' || pattern === 'grid') line(size / 2, 0, size / 2, size)
  if (pattern === 'grid') line(0, size / 2, size, size / 2)
  if (pattern === 'dashes') line(0, size / 2, size / 2, size / 2)
  context.stroke()
  if (pattern === 'pairs') context.fillRect(size / 2 - 2, size / 2 - 0.75, 4, 1.5)
  if (pattern === 'dots') context.fillRect(size / 2 - 0.75, size / 2 - 0.75, 1.5, 1.5)
}

function makePattern(
  context: CanvasRenderingContext2D,
  pattern: Pattern,
  ink: string,
): CanvasPattern | undefined {
  if (pattern === 'plain' || pattern === 'edge') return undefined
  const size = 7
  const tile = document.createElement('canvas')
  tile.width = size
  tile.height = size
  const tileContext = tile.getContext('2d')
  if (!tileContext) return undefined
  tileContext.strokeStyle = ink
  tileContext.fillStyle = ink
  tileContext.lineWidth = 1.2
  drawPattern(tileContext, pattern, size)
  return context.createPattern(tile, 'repeat') ?? undefined
}
