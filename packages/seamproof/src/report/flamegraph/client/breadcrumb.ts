import { button, element } from './element.js'
import type { NodeWords } from './node-text.js'

const crumbMax = 5

/** Where the picture is zoomed to; each step leads back. */
export function renderBreadcrumb(
  words: NodeWords,
  zoomNode: number,
  zoomTo: (node: number) => void,
): HTMLElement[] {
  const path: number[] = []
  for (let node = zoomNode; node >= 0; node = words.tree.parent[node]!) path.unshift(node)
  const hiddenCount = Math.max(0, path.length - 1 - crumbMax)
  const shown = hiddenCount === 0 ? path : [0, ...path.slice(-crumbMax)]
  return shown.flatMap((node, index) => {
    const isLast = node === zoomNode
    const crumb = button(
      {
        class: 'crumb',
        'aria-current': isLast ? 'location' : undefined,
        title: words.name(node),
        'data-focus': `crumb-${index}`,
      },
      () => zoomTo(node),
      words.name(node),
    )
    const gap = index === 0 && hiddenCount > 0 ? ` › … ${hiddenCount} more ` : ''
    const arrow = element('span', { 'aria-hidden': 'true', class: 'crumb-arrow' }, `${gap} › `)
    if (!isLast) return [crumb, arrow]
    const { place, module } = words.describe(node)
    // Plain text, so that it can be selected and copied.
    return [
      crumb,
      element('span', { class: 'crumb-value' }, `${words.value(node)}, ${words.share(node)}`),
      element('code', { class: 'crumb-place' }, place || module),
    ]
  })
}
