// A program that runs on, watched while it does: the page in a real browser, slices on disk, a server that takes them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { Profile } from 'pprof-format'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { liveProfileOf } from '../../src/cli/live/live-options.js'
import { ProfilePush } from '../../src/cli/live/profile-push.js'
import { ProfileRing } from '../../src/cli/live/profile-ring.js'
import { createTerminal } from '../../src/cli/terminal.js'
import { launchChromium } from '../report/chromium.js'
import { Sandbox, until } from './run-seamproof.js'

const sandbox = new Sandbox()
afterAll(() => sandbox.remove())

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

interface Received {
  url: URL
  authorization: string | undefined
  names: string[]
}

/** A server that notes what comes, and answers as it is told. */
async function pyroscope(answer: (count: number) => number = () => 200) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const names =
        bytes.subarray(0, 2).toString('hex') === '1f8b'
          ? Profile.decode(gunzipSync(bytes)).stringTable.strings
          : []
      const url = new URL(request.url ?? '', 'http://x')
      received.push({ url, authorization: request.headers.authorization, names })
      response.writeHead(answer(received.length)).end('no room')
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

sandbox.write(
  'server.js',
  [
    'const { createHash } = require("node:crypto")',
    'function answerRequest() { const h = createHash("sha256"); for (let i = 0; i < 4000; i++) h.update("x".repeat(64)); return h.digest("hex") }',
    'const timer = setInterval(() => { for (let i = 0; i < 20; i++) answerRequest() }, 5)',
    'process.on("SIGTERM", () => { clearInterval(timer); process.exit(0) })',
  ].join('\n'),
)

describe('a program that runs on', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  test('is shown as it goes, kept in slices, sent to a server, and can be read as a capture afterwards', async () => {
    const { received, url } = await pyroscope()
    const { child, seen, finished } = sandbox.start([
      'profile',
      '--serve',
      '--continuous',
      'profiles',
      '--every',
      '1s',
      '--push',
      url,
      '-o',
      'live',
      '--',
      process.execPath,
      'server.js',
    ])
    await until(() => /live flame graph at (\S+)/.test(seen.stderr), 110_000)
    const address = /live flame graph at (\S+)/.exec(seen.stderr)![1]!
    const page = await browser.newPage()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text())
    })
    await page.goto(address)
    const graph = page.getByRole('application')
    const time = async () => /On CPU: (\S+ \S+)/.exec((await graph.getAttribute('aria-label'))!)![1]
    await graph.waitFor({ timeout: 100_000 })
    const first = await time()
    await expect.poll(time, { timeout: 100_000 }).not.toBe(first)
    await page.getByRole('searchbox').fill('answerRequest')
    await expect
      .poll(() => page.locator('.match-share').textContent(), { timeout: 30_000 })
      .toMatch(/%/)
    const zoomed = page.url()
    await expect.poll(time, { timeout: 100_000 }).not.toBe(first)
    expect(page.url()).toBe(zoomed)
    await page.getByRole('button', { name: 'Pause' }).click()
    expect(await page.locator('.live-line [role=status]').textContent()).toContain('paused')
    await until(() => received.length > 0, 100_000)
    child.kill('SIGTERM')
    const { status } = await finished
    expect(status).toBe(0)
    await expect
      .poll(() => page.locator('.live-line [role=status]').textContent())
      .toContain('has ended')
    expect(faults.filter((text) => !text.includes('ERR_'))).toEqual([])

    const files = readdirSync(sandbox.path('profiles'))
    expect(files.length).toBeGreaterThan(0)
    for (const name of files) {
      expect(name).toMatch(/^profile-\d{8}T\d{6}Z-\d+\.pb\.gz$/)
      const profile = Profile.decode(gunzipSync(readFileSync(sandbox.path(`profiles/${name}`))))
      expect(profile.sample.length).toBeGreaterThan(0)
    }
    const [sent] = received
    expect(sent!.url.pathname).toBe('/ingest')
    expect(Object.fromEntries(sent!.url.searchParams)).toMatchObject({
      name: 'server',
      format: 'pprof',
    })
    const [from, until_] = ['from', 'until'].map((key) => Number(sent!.url.searchParams.get(key)))
    expect(until_! - from!).toBeGreaterThanOrEqual(1)
    expect(Math.abs(Date.now() / 1000 - from!)).toBeLessThan(600)
    expect(received.flatMap((one) => one.names)).toContain('answerRequest')

    const again = await sandbox.run(['analyze', 'live', '--json'])
    expect(again.status).toBe(0)
    expect(again.stdout).toContain('answerRequest')
  }, 400_000)

  test('a taken port is told before the program starts', async () => {
    const { url } = await pyroscope()
    const { port } = new URL(url)
    const { status, stderr } = await sandbox.run([
      'profile',
      '--serve',
      '--port',
      port,
      '--',
      process.execPath,
      '-e',
      'console.log("ran")',
    ])
    expect(status).toBe(2)
    expect(stderr).toContain('EADDRINUSE')
  })

  test.each([
    [{ port: 4000 }, '--port does nothing without --serve'],
    [{ every: 1000 }, '--every does nothing without --continuous'],
    [{ serve: true, keep: 1000 }, '--keep does nothing without --continuous'],
    [{ serve: true, name: 'x' }, '--name does nothing without --push'],
    [{ push: 'ftp://x' }, '"ftp://x" is no address of a server'],
  ])('%j alone is refused', (given, message) => {
    const options = { rate: 1000, color: false, ...given }
    const follow = () =>
      liveProfileOf(['node', 'app.js'], options, createTerminal({ color: false }), undefined)
    expect(follow).toThrow(message)
  })
})

describe('the ring of profiles', () => {
  const size = (folder: string) =>
    readdirSync(folder).filter((name) => name.endsWith('.pb.gz')).length

  test('keeps what fits, the newest first, and nobody else’s files', () => {
    const ring = new ProfileRing(sandbox.path('ring'), 2500)
    writeFileSync(sandbox.path('ring/notes.txt'), 'x'.repeat(9000))
    const at = (second: number) => `2026-11-23T08:30:0${second}.000Z`
    for (let second = 0; second < 5; second++) ring.add(at(second), 7, new Uint8Array(1000))
    expect(readdirSync(sandbox.path('ring')).sort()).toEqual([
      'notes.txt',
      'profile-20261123T083003Z-7.pb.gz',
      'profile-20261123T083004Z-7.pb.gz',
    ])
  })

  test('keeps the newest even where it alone is too large', () => {
    const ring = new ProfileRing(sandbox.path('small'), 10)
    ring.add('2026-11-23T08:30:00.000Z', 7, new Uint8Array(1000))
    expect(size(sandbox.path('small'))).toBe(1)
  })
})

describe('sending profiles', () => {
  const profile = { profile: new Uint8Array([1]), fromMs: 1_000_400, untilMs: 1_060_400 }
  const pausesMs = [0, 5, 5]

  test('tries a busy server again, and says nothing when that helps', async () => {
    const { received, url } = await pyroscope((count) => (count < 3 ? 503 : 200))
    const told: string[] = []
    const push = new ProfilePush({
      url,
      name: 'app',
      pausesMs,
      onProblem: (text) => told.push(text),
    })
    push.add(profile)
    await push.end()
    expect([received.length, push.sentCount, push.lostCount]).toEqual([3, 1, 0])
    expect(told).toEqual([])
    expect(received[0]!.url.search).toBe(
      '?name=app&from=1000&until=1061&format=pprof&spyName=seamproof',
    )
  })

  test('gives up after three attempts, says so once, and says when it works again', async () => {
    const { received, url } = await pyroscope((count) => (count <= 6 ? 500 : 200))
    const told: string[] = []
    const push = new ProfilePush({
      url,
      name: 'app',
      pausesMs,
      onProblem: (text) => told.push(text),
    })
    for (let count = 0; count < 3; count++) push.add(profile)
    await push.end()
    expect([received.length, push.sentCount, push.lostCount]).toEqual([7, 1, 2])
    expect(told).toEqual([
      `profiles do not reach ${url}: HTTP 500 no room`,
      `profiles reach ${url} again`,
    ])
  })

  test('does not insist where it is refused, and keeps a password out of the address', async () => {
    const { received, url } = await pyroscope(() => 401)
    const push = new ProfilePush({
      url: `${url.replace('//', '//me:s%40cret@')}/base`,
      name: 'a b',
      pausesMs,
      onProblem: () => {},
    })
    push.add(profile)
    await push.end()
    expect(received).toHaveLength(1)
    expect(received[0]!.url.pathname).toBe('/base/ingest')
    expect(received[0]!.authorization).toBe(`Basic ${Buffer.from('me:s@cret').toString('base64')}`)
    expect(push.lostCount).toBe(1)
  })

  test('never holds more than a few, and ends although nobody answers', async () => {
    const server = createServer(() => {})
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const push = new ProfilePush({ url, name: 'app', pausesMs, onProblem: () => {} })
    for (let count = 0; count < 40; count++) push.add(profile)
    await push.end(50)
    expect(push.sentCount).toBe(0)
    expect(push.lostCount).toBeGreaterThanOrEqual(39)
  })
})
