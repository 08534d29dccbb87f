import { type FoldName, foldLabels } from '../../call-tree/frame-keys.js'
import type { ProcessData } from '../../call-tree/process-data.js'
import { type FrameCategory, frameCategories } from '../flamegraph-document.js'
import { element } from './element.js'
import { categoryStyles, deltaSteps, drawPattern, edgeWidth, type Palette } from './palette.js'

const swatchWidth = 26
const swatchHeight = 14

/** A swatch is painted with the same fills and patterns as the graph. */
function swatch(paint: (context: CanvasRenderingContext2D) => void, width = swatchWidth) {
  const ratio = 2
  const canvas = element('canvas', {
    class: 'swatch',
    width: width * ratio,
    height: swatchHeight * ratio,
    'aria-hidden': 'true',
  })
  canvas.style.width = `${width}px`
  const context = canvas.getContext('2d')
  if (context) {
    context.scale(ratio, ratio)
    paint(context)
  }
  return canvas
}

function categorySwatch(category: FrameCategory, palette: Palette): HTMLCanvasElement {
  return swatch((context) => {
    context.fillStyle = palette.fill(frameCategories.indexOf(category))
    context.fillRect(0, 0, swatchWidth, swatchHeight)
    if (categoryStyles[category].pattern === 'edge') {
      context.fillStyle = palette.theme.edge
      context.fillRect(0, 0, edgeWidth + 1, swatchHeight)
    }
    const ink = palette.theme.shade === 'light' ? 'rgb(17 21 28 / 0.3)' : 'rgb(255 255 255 / 0.25)'
    context.strokeStyle = ink
    context.fillStyle = ink
    for (let x = 0; x < swatchWidth; x += 7)
      for (let y = 0; y < swatchHeight; y += 7) {
        context.setTransform(2, 0, 0, 2, x * 2, y * 2)
        drawPattern(context, categoryStyles[category].pattern, 7)
      }
  })
}

const deltaLegend = (palette: Palette): HTMLElement =>
  element(
    'span',
    { class: 'legend-item' },
    'less (−) ',
    swatch((context) => {
      for (let step = 0; step < deltaSteps; step++) {
        context.fillStyle = palette.deltaFill(step)
        context.fillRect(step * 8, 0, 8, swatchHeight)
      }
    }, deltaSteps * 8),
    ' more (+)',
  )

export function renderLegend(data: ProcessData, palette: Palette, isDiff: boolean): HTMLElement[] {
  if (isDiff) return [deltaLegend(palette)]
  const present = new Set(data.source.frames.category)
  return frameCategories
    .filter((_, index) => present.has(index))
    .map((category) =>
      element(
        'span',
        { class: 'legend-item' },
        categorySwatch(category, palette),
        categoryStyles[category].label,
      ),
    )
}

/** Switches that draw each run of such frames as one box. */
export function renderFolds(
  shown: readonly FoldName[],
  folds: ReadonlySet<FoldName>,
  setFolds: (folds: ReadonlySet<FoldName>) => void,
): HTMLElement {
  const boxes = shown.map((name) => {
    const box = element('input', {
      type: 'checkbox',
      checked: folds.has(name),
      'data-focus': `fold-${name}`,
    })
    box.addEventListener('change', () => {
      const next = new Set(folds)
      if (box.checked) next.add(name)
      else next.delete(name)
      setFolds(next)
    })
    return element('label', { class: 'fold' }, box, foldLabels[name])
  })
  return element('fieldset', { class: 'folds' }, element('legend', {}, 'Fold'), ...boxes)
}
