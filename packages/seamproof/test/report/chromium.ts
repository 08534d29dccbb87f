import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const paths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export function browserPath(): string {
  const path = paths.find((one) => existsSync(one))
  if (path !== undefined) return path
  throw new Error('this test drives a real browser: apt-get update && apt-get install -y chromium')
}

export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserPath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
}

export interface OpenedPage {
  page: Page
  /** Uncaught errors and console errors, policy violations among them. */
  faults: string[]
  /** Requests for anything but the page itself. */
  requests: string[]
  url: string
  close(): Promise<void>
}

/** Opens a page that a server of ours keeps up to date. */
export async function openLive(
  browser: Browser,
  url: string,
): Promise<Pick<OpenedPage, 'page' | 'faults' | 'close'>> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  const page = await context.newPage()
  const faults = faultsOf(page)
  await page.goto(url)
  return { page, faults, close: () => context.close() }
}

function faultsOf(page: Page): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  return faults
}

/** Opens a report the way a user does: from a file. */
export async function openReport(
  browser: Browser,
  html: string,
  options: { hash?: string; context?: BrowserContextOptions } = {},
): Promise<OpenedPage> {
  const folder = await mkdtemp(join(tmpdir(), 'seamproof-page-'))
  const file = join(folder, 'report.html')
  await writeFile(file, html)
  const url = pathToFileURL(file).href
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    ...options.context,
  })
  const page = await context.newPage()
  const faults = faultsOf(page)
  const requests: string[] = []
  page.on('request', (request) => {
    if (request.url().split('#')[0] !== url) requests.push(request.url())
  })
  await page.goto(url + (options.hash ?? ''))
  return {
    page,
    faults,
    requests,
    url,
    close: async () => {
      await context.close()
      await rm(folder, { recursive: true })
    },
  }
}
