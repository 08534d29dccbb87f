import type { FlamegraphDocument } from '../flamegraph-document.js'
import { element } from './element.js'

const keyHelp: [key: string, what: string][] = [
  ['↑ ↓ ← →', 'move'],
  ['Enter', 'zoom'],
  ['Backspace', 'out'],
  ['Esc', 'reset'],
  ['/', 'search'],
  ['n N', 'next match'],
  ['+ −', 'scale'],
  ['a d', 'pan'],
  ['Ctrl+wheel', 'scale at the pointer'],
  ['drag', 'pan'],
]

/** Also what a screen reader says about the canvas: hence the id. */
export function renderFooter(report: FlamegraphDocument): HTMLElement {
  return element(
    'footer',
    {},
    element(
      'p',
      { id: 'flame-keys' },
      ...keyHelp.flatMap(([key, what]) => [element('kbd', {}, key), ` ${what} `]),
    ),
    element('p', {}, `Made by ${report.generator}. One file, nothing is loaded from the network.`),
  )
}
