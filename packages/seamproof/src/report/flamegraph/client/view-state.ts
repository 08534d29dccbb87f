/** What the reader has chosen, and how it is kept in the URL's hash so that a link shows the same picture. */
import { type FoldName, foldNames, type Grouping, groupings } from '../../call-tree/frame-keys.js'
import { type Unit, units } from '../../call-tree/process-data.js'

export type ThemeChoice = 'auto' | 'light' | 'dark'
export type Tab = 'graph' | 'table'

export interface ViewState {
  processIndex: number
  resource: string
  metric: string
  unit: Unit
  /** Of a CPU profile: index of the thread, or -1 for all. */
  thread: number
  /** First and last slice of its timeline; undefined is all of the time. */
  slices: readonly [number, number] | undefined
  isInverted: boolean
  grouping: Grouping
  folds: ReadonlySet<FoldName>
  search: string
  /** Index of the leak whose stacks are marked, or -1. */
  leakIndex: number
  /** Node of the view tree; 0 is everything. */
  zoomNode: number
  tab: Tab
  theme: ThemeChoice
}

const oneOf = <Value extends string>(
  values: readonly Value[],
  text: string | null,
  fallback: Value,
): Value => values.find((value) => value === text) ?? fallback

function wholeNumber(text: string | null, fallback: number): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : fallback
}

function slicesOf(text: string | null): readonly [number, number] | undefined {
  const match = /^(\d{1,6})-(\d{1,6})$/.exec(text ?? '')
  if (match === null) return undefined
  const [first, last] = [Number(match[1]), Number(match[2])]
  return first <= last ? [first, last] : undefined
}

export function parseHash(hash: string, fallback: ViewState): ViewState {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const folds = given.get('fold')
  return {
    processIndex: wholeNumber(given.get('process'), fallback.processIndex),
    resource: given.get('resource') ?? fallback.resource,
    metric: given.get('metric') ?? fallback.metric,
    unit: oneOf(units, given.get('unit'), fallback.unit),
    thread: wholeNumber(given.get('thread'), fallback.thread),
    slices: slicesOf(given.get('time')) ?? fallback.slices,
    isInverted: given.has('inverted') ? given.get('inverted') === '1' : fallback.isInverted,
    grouping: oneOf(groupings, given.get('by'), fallback.grouping),
    folds:
      folds === null ? fallback.folds : new Set(foldNames.filter((name) => folds.includes(name))),
    search: given.get('search') ?? fallback.search,
    leakIndex: wholeNumber(given.get('leak'), fallback.leakIndex),
    zoomNode: wholeNumber(given.get('zoom'), fallback.zoomNode),
    tab: oneOf(['graph', 'table'], given.get('tab'), fallback.tab),
    theme: oneOf(['auto', 'light', 'dark'], given.get('theme'), fallback.theme),
  }
}

/** Only what differs from how the page opens, so that links stay short. */
export function formatHash(state: ViewState, fallback: ViewState): string {
  const kept = new URLSearchParams()
  const keep = (name: string, value: string, usual: string) => {
    if (value !== usual) kept.set(name, value)
  }
  const foldText = (folds: ReadonlySet<FoldName>) =>
    foldNames.filter((name) => folds.has(name)).join(' ')
  keep('process', String(state.processIndex), String(fallback.processIndex))
  keep('resource', state.resource, fallback.resource)
  keep('metric', state.metric, fallback.metric)
  keep('unit', state.unit, fallback.unit)
  if (state.thread >= 0) kept.set('thread', String(state.thread))
  if (state.slices !== undefined) kept.set('time', state.slices.join('-'))
  keep('inverted', state.isInverted ? '1' : '0', fallback.isInverted ? '1' : '0')
  keep('by', state.grouping, fallback.grouping)
  keep('fold', foldText(state.folds), foldText(fallback.folds))
  keep('search', state.search, fallback.search)
  if (state.leakIndex >= 0) kept.set('leak', String(state.leakIndex))
  keep('zoom', String(state.zoomNode), '0')
  keep('tab', state.tab, fallback.tab)
  keep('theme', state.theme, fallback.theme)
  return kept.toString()
}
