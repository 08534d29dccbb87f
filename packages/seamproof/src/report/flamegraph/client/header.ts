/** The top of the page: what ran, what it came to, what was judged and what was not seen. */
import { statusWords } from '../../status-words.js'
import type { FlamegraphDocument, LeakLine, VerdictLine } from '../flamegraph-document.js'
import { button, element, segmented } from './element.js'
import type { ThemeChoice, ViewState } from './view-state.js'

export interface HeaderActions {
  chooseProcess(index: number): void
  chooseTheme(theme: ThemeChoice): void
  /** Marks the stacks of a leak, or none for -1. */
  showLeak(index: number): void
}

/** More passing checks than this are folded. */
const passedShown = 1

const chipWords: Record<VerdictLine['status'] | LeakLine['status'], string> = {
  ...statusWords,
  suppressed: '○ suppressed',
}

const statusChip = (status: keyof typeof chipWords, word = chipWords[status]): HTMLElement =>
  element('span', { class: `chip chip-${status}` }, word)

export function renderTitleBar(
  report: FlamegraphDocument,
  state: ViewState,
  actions: HeaderActions,
): HTMLElement {
  const bar = element(
    'header',
    { class: 'title-bar' },
    element('span', { class: 'brand' }, 'seamproof'),
    element('h1', {}, report.title),
    element('code', { class: 'command', title: report.command }, report.command),
  )
  if (report.processes.length > 1) {
    const select = element('select', { 'aria-label': 'Process', 'data-focus': 'process' })
    report.processes.forEach((process, index) => {
      select.append(
        element('option', { value: index, selected: index === state.processIndex }, process.label),
      )
    })
    select.addEventListener('change', () => actions.chooseProcess(Number(select.value)))
    bar.append(element('label', { class: 'process' }, 'Process ', select))
  }
  bar.append(
    segmented(
      'Theme',
      [
        { value: 'auto', label: 'Auto' },
        { value: 'light', label: 'Light' },
        { value: 'dark', label: 'Dark' },
      ],
      state.theme,
      actions.chooseTheme,
    ),
  )
  return bar
}

export function renderFigures(report: FlamegraphDocument, state: ViewState): HTMLElement {
  const figures = report.processes[state.processIndex]?.figures ?? []
  return element(
    'dl',
    { class: 'figures' },
    ...figures.map(([label, value]) => {
      // "1.2 MiB in 400 blocks": the first number is what the eye should find.
      const [head, ...rest] = value.split(/ (?=in |at |blocks|\()/)
      return element(
        'div',
        {},
        element('dt', {}, label),
        element(
          'dd',
          {},
          head ?? '',
          ...(rest.length > 0 ? [element('small', {}, ` ${rest.join(' ')}`)] : []),
        ),
      )
    }),
  )
}

function leakRow(leak: LeakLine, index: number, isShown: boolean, actions: HeaderActions) {
  return button(
    {
      class: 'leak',
      'aria-pressed': String(isShown),
      title: `${leak.reason}. Click to mark its stacks.`,
      'data-focus': `leak-${index}`,
    },
    () => actions.showLeak(isShown ? -1 : index),
    statusChip(leak.status, leak.status === 'fail' ? '✗ LEAK' : undefined),
    element('strong', { class: 'leak-rate' }, leak.rate),
    element('span', { class: 'leak-title' }, leak.title),
    element('span', { class: 'leak-place' }, leak.location),
    ...(leak.calledFrom ? [element('span', { class: 'leak-caller' }, `← ${leak.calledFrom}`)] : []),
  )
}

const verdictLine = ({ status, check, evidence, reason }: VerdictLine): HTMLElement =>
  element(
    'p',
    { class: 'verdict' },
    statusChip(status),
    element('strong', {}, check),
    element('span', {}, [evidence, reason].filter(Boolean).join('; ')),
  )

/** What passed is one line until someone asks. */
const passedLines = (passed: readonly VerdictLine[]): HTMLElement =>
  element(
    'details',
    { class: 'passed' },
    element(
      'summary',
      {},
      statusChip('pass', `✓ ${passed.length} passed`),
      element('span', {}, passed.map(({ check }) => check).join(', ')),
    ),
    ...passed.map(verdictLine),
  )

export function renderVerdicts(
  report: FlamegraphDocument,
  state: ViewState,
  actions: HeaderActions,
): HTMLElement {
  const section = element('section', { class: 'verdicts', 'aria-label': 'Verdicts' })
  const passed = report.verdicts.filter(({ status }) => status === 'pass')
  const others = report.verdicts.filter(({ status }) => status !== 'pass')
  section.append(...others.map(verdictLine))
  if (passed.length <= passedShown) section.append(...passed.map(verdictLine))
  else section.append(passedLines(passed))
  const leaks = element('div', { class: 'leaks' })
  report.leaks.forEach((leak, index) => {
    leaks.append(leakRow(leak, index, index === state.leakIndex, actions))
  })
  if (report.leaks.length > 0) section.append(leaks)
  section.append(...renderLosses(report, state))
  return section
}

function renderLosses(report: FlamegraphDocument, state: ViewState): HTMLElement[] {
  const losses = report.processes[state.processIndex]?.losses ?? []
  if (losses.length === 0) return []
  return [
    element(
      'details',
      { class: 'losses', open: losses.length <= 4 },
      element('summary', {}, 'Not seen'),
      element('ul', {}, ...losses.map((line) => element('li', {}, line))),
    ),
  ]
}
