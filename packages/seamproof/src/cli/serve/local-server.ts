import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'

export interface LocalServerOptions {
  /** The page, made anew for every visit. Its policy must allow `connect-src 'self'` (see `renderPage`). */
  page: () => string
  /** 0, the default: any that is free. */
  port?: number
  /** Plain answers at other paths behind the token: `metrics`. */
  texts?: Record<string, () => Promise<{ type: string; text: string }>>
}

/**
 * A live page for the person at this machine: bound to loopback, every path begins with a random token, and the page follows
 * what is published by server-sent events at `events`, relative to itself. Never keeps the process alive.
 */
export interface LocalServer {
  /** With the token: whoever has it sees the page. */
  url: string
  /** How many pages listen now. */
  readonly listenerCount: number
  /** Sends to all who listen. Who comes later gets the last of each name first. */
  publish(event: string, data: unknown): void
  close(): Promise<void>
}

/** A reader that is so far behind misses updates instead of filling our memory: the next one replaces them anyway. */
const backlogBytesMax = 8 * 1024 * 1024
const heartbeatMs = 15_000

const headers = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
}

export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const token = randomBytes(18).toString('base64url')
  const listeners = new Set<ServerResponse>()
  const latest = new Map<string, string>()
  const server = createServer((request, response) => {
    const refusal = refusalOf(request, server)
    const path = refusal === undefined ? pathBelowToken(request, token) : undefined
    if (refusal !== undefined) answer(response, refusal, 'refused')
    else if (path === '') answer(response, 200, options.page(), 'text/html; charset=utf-8')
    else if (path === 'events') listen(response, listeners, latest)
    else if (path !== undefined && Object.hasOwn(options.texts ?? {}, path))
      void options.texts![path]!().then(({ type, text }) => answer(response, 200, text, type))
    else answer(response, 404, 'not found')
  })
  await listening(server, options.port ?? 0)
  server.unref()
  const heartbeat = setInterval(() => {
    for (const one of listeners) one.write(':\n\n')
  }, heartbeatMs)
  heartbeat.unref()
  return {
    url: `http://127.0.0.1:${portOf(server)}/${token}/`,
    get listenerCount() {
      return listeners.size
    },
    publish(event, data) {
      const message = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
      latest.set(event, message)
      for (const one of listeners) if (one.writableLength < backlogBytesMax) one.write(message)
    },
    close() {
      clearInterval(heartbeat)
      for (const one of listeners) one.end()
      return new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

/** For programs: plain answers at paths without a token, at a port that was chosen beforehand. On loopback, and for reading. */
export async function startTextServer(
  options: Required<Pick<LocalServerOptions, 'port' | 'texts'>> & { portOption: string },
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const refusal = refusalOf(request, server)
    const path = (request.url ?? '').split('?')[0]!.slice(1)
    if (refusal !== undefined) answer(response, refusal, 'refused')
    else if (Object.hasOwn(options.texts, path))
      void options.texts[path]!().then(({ type, text }) => answer(response, 200, text, type))
    else answer(response, 404, `not found; there is /${Object.keys(options.texts).join(', /')}`)
  })
  await listening(server, options.port, options.portOption)
  server.unref()
  return {
    url: `http://127.0.0.1:${portOf(server)}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

function listening(server: Server, port: number, option = '--port'): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new SeamproofError(
          'PORT_UNUSABLE',
          `cannot listen on 127.0.0.1:${port}: ${cause.code ?? cause.message}`,
          {
            exitCode: ExitCode.usage,
            hint: `choose another with ${option}, or leave it out`,
            cause,
          },
        ),
      ),
    )
    server.listen(port, '127.0.0.1', () => resolve())
  })
}

/** A foreign page that had its name resolve to 127.0.0.1 would still send its own name as the host. */
function refusalOf(request: IncomingMessage, server: Server): number | undefined {
  const port = portOf(server)
  const { host, origin } = request.headers
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return 421
  if (origin !== undefined && origin !== `http://${host}`) return 403
  return request.method === 'GET' || request.method === 'HEAD' ? undefined : 405
}

function pathBelowToken(request: IncomingMessage, token: string): string | undefined {
  const [, given = '', ...rest] = (request.url ?? '').split('?')[0]!.split('/')
  const left = Buffer.from(given)
  const right = Buffer.from(token)
  if (left.length !== right.length || !timingSafeEqual(left, right)) return undefined
  return rest.length === 0 ? undefined : rest.join('/')
}

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { ...headers, 'content-type': type })
  response.end(text)
}

function listen(
  response: ServerResponse,
  listeners: Set<ServerResponse>,
  latest: ReadonlyMap<string, string>,
): void {
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' })
  // A page that was closed: nothing to say about it.
  response.on('error', () => listeners.delete(response))
  response.on('close', () => listeners.delete(response))
  response.write(`retry: 1000\n\n${[...latest.values()].join('')}`)
  listeners.add(response)
}
