/** The page of a run that is not over: drawn anew with each document that the server sends. */
import type { FlamegraphDocument } from '../flamegraph-document.js'
import { App } from './app.js'
import { button, element } from './element.js'

export function followEvents(first: FlamegraphDocument, page: HTMLElement): void {
  const told = element('span', { role: 'status' }, 'waiting for the first samples')
  let isPaused = false
  let held: FlamegraphDocument | undefined
  let app: App | undefined
  const pause = button(
    { class: 'reset', 'aria-pressed': 'false' },
    () => setPaused(!isPaused),
    'Pause',
  )
  const root = element('div', {})
  page.append(
    element('p', { class: 'live-line' }, element('strong', {}, 'Live '), told, pause),
    root,
  )

  const show = (report: FlamegraphDocument) => {
    if (report.processes.length === 0) return
    if (app === undefined) app = new App(report, root)
    else app.showNewer(report)
    told.textContent = `updated at ${new Date().toLocaleTimeString()}`
  }
  const setPaused = (next: boolean) => {
    isPaused = next
    pause.textContent = next ? 'Go on' : 'Pause'
    pause.setAttribute('aria-pressed', String(next))
    if (next) told.textContent = 'paused: the program goes on, the picture stays'
    else if (held !== undefined) show(held)
    held = undefined
  }
  show(first)
  const events = new EventSource('events')
  events.addEventListener('profile', (event) => {
    const report = JSON.parse(event.data as string) as FlamegraphDocument
    if (isPaused) held = report
    else show(report)
  })
  events.addEventListener('ended', () => {
    events.close()
    if (isPaused) setPaused(false)
    told.textContent = 'the program has ended: this is all of it'
    pause.hidden = true
  })
  events.addEventListener('error', () => {
    if (events.readyState !== EventSource.CLOSED) told.textContent = 'no connection: trying again'
  })
}
