import { get, type IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { type LocalServer, startLocalServer } from '../../src/cli/serve/local-server.js'

let server: LocalServer | undefined
afterEach(() => server?.close())

const start = async () => {
  server = await startLocalServer({ page: () => '<p>live</p>' })
  return server
}

interface Answer {
  status: number | undefined
  headers: IncomingMessage['headers']
  text: string
}

const ask = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<Answer>((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url)
    const request = get({ hostname, port, path: pathname, headers, method }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, text }),
      )
    })
    request.on('error', reject)
  })

/** Reads events until `isEnough`. */
const eventsOf = (url: string, isEnough: (text: string) => boolean, onOpen?: () => void) =>
  new Promise<string>((resolve, reject) => {
    const request = get(`${url}events`, (response) => {
      let text = ''
      onOpen?.()
      response.on('data', (chunk) => {
        text += chunk
        if (!isEnough(text)) return
        resolve(text)
        request.destroy()
      })
    })
    request.on('error', reject)
  })

describe('the local server', () => {
  test('listens on loopback only, and gives its page to whoever has the token', async () => {
    const { url } = await start()
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}\/$/)
    const { status, text, headers } = await ask(url)
    expect(status).toBe(200)
    expect(text).toBe('<p>live</p>')
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['referrer-policy']).toBe('no-referrer')
  })

  test('gives nothing to a guess, a shorter token, or no token', async () => {
    const { url } = await start()
    const { origin, pathname } = new URL(url)
    const token = pathname.slice(1, -1)
    const wrong = token.startsWith('A') ? `B${token.slice(1)}` : `A${token.slice(1)}`
    for (const path of ['/', '/events', `/${wrong}/`, `/${token.slice(0, 8)}/`, `/${wrong}/events`])
      expect((await ask(origin + path)).status).toBe(404)
  })

  test('refuses a foreign host name, a foreign origin and anything but reading', async () => {
    const { url } = await start()
    expect((await ask(url, { host: 'evil.example' })).status).toBe(421)
    expect((await ask(url, { origin: 'http://evil.example' })).status).toBe(403)
    expect((await ask(url, {}, 'POST')).status).toBe(405)
  })

  test('sends what is published, and the last of each name to those who come later', async () => {
    const running = await start()
    running.publish('profile', { round: 1 })
    running.publish('profile', { round: 2 })
    const text = await eventsOf(
      running.url,
      (seen) => seen.includes('"done"'),
      () => setTimeout(() => running.publish('state', 'done'), 50),
    )
    expect(text).toContain('event: profile\ndata: {"round":2}\n\n')
    expect(text).not.toContain('"round":1')
    expect(text).toContain('event: state\ndata: "done"\n\n')
  })

  test('forgets a page that was closed', async () => {
    const running = await start()
    running.publish('state', 'on')
    await eventsOf(running.url, (seen) => seen.includes('"on"'))
    await expect.poll(() => running.listenerCount).toBe(0)
  })

  test('says which port is taken', async () => {
    const { url } = await start()
    const port = Number(new URL(url).port)
    await expect(startLocalServer({ page: () => '', port })).rejects.toMatchObject({
      code: 'PORT_UNUSABLE',
      exitCode: 2,
    })
  })
})
