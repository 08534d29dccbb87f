import { ExitCode, SeamproofError } from '../../base/seamproof-error.js'

export interface PushedProfile {
  profile: Uint8Array
  /** Of the span, in milliseconds since 1970. */
  fromMs: number
  untilMs: number
}

export interface ProfilePushOptions {
  /** Of the server, with or without `/ingest`. */
  url: string
  /** The application's, as the server lists it. */
  name: string
  /** Told about the first failure of a row, and when it works again. */
  onProblem: (text: string) => void
  /** For tests: pauses between attempts. */
  pausesMs?: readonly number[]
}

const timeoutMs = 10_000
/** A server that is away for longer misses profiles: the ring on disk has them. */
const queueMax = 10

/** Sends profiles to a Pyroscope-compatible server, one after the other, in the background. Gives up on each after three attempts. */
export class ProfilePush {
  sentCount = 0
  lostCount = 0
  readonly #endpoint: URL
  readonly #headers: Record<string, string>
  readonly #options: ProfilePushOptions
  readonly #queue: PushedProfile[] = []
  #working: Promise<void> | undefined
  #isFailing = false

  constructor(options: ProfilePushOptions) {
    this.#options = options
    const { endpoint, headers } = endpointOf(options.url)
    this.#endpoint = endpoint
    this.#headers = headers
  }

  add(profile: PushedProfile): void {
    this.#queue.push(profile)
    while (this.#queue.length > queueMax) {
      this.#queue.shift()
      this.lostCount++
    }
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
  }

  /** Waits for what is on its way, but not for ever. */
  async end(patienceMs = 15_000): Promise<void> {
    if (this.#working === undefined) return
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs)
    })
    await Promise.race([this.#working, patience])
    clearTimeout(timer)
    this.lostCount += this.#queue.length
    this.#queue.length = 0
  }

  async #work(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const fault = await this.#send(next)
      if (fault === undefined) this.sentCount++
      else this.lostCount++
      if (fault !== undefined && !this.#isFailing)
        this.#options.onProblem(`profiles do not reach ${this.#endpoint.origin}: ${fault}`)
      if (fault === undefined && this.#isFailing)
        this.#options.onProblem(`profiles reach ${this.#endpoint.origin} again`)
      this.#isFailing = fault !== undefined
    }
  }

  /** Why it could not be sent, or undefined. */
  async #send({ profile, fromMs, untilMs }: PushedProfile): Promise<string | undefined> {
    const url = new URL(this.#endpoint)
    url.searchParams.set('name', this.#options.name)
    url.searchParams.set('from', String(Math.floor(fromMs / 1000)))
    url.searchParams.set('until', String(Math.ceil(untilMs / 1000)))
    url.searchParams.set('format', 'pprof')
    url.searchParams.set('spyName', 'seamproof')
    let fault = ''
    for (const pauseMs of this.#options.pausesMs ?? [0, 1000, 4000]) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      try {
        const response = await fetch(url, {
          method: 'POST',
          body: Uint8Array.from(profile),
          headers: { 'content-type': 'application/octet-stream', ...this.#headers },
          signal: AbortSignal.timeout(timeoutMs),
        })
        const text = (await response.text()).slice(0, 200).trim()
        if (response.ok) return undefined
        fault = `HTTP ${response.status}${text === '' ? '' : ` ${text}`}`
        // What the server does not like now it will not like later, but for "too many" and "too slow".
        const isFinal = response.status < 500 && response.status !== 429 && response.status !== 408
        if (isFinal) return fault
      } catch (error) {
        const { cause, message } = error as Error
        fault = cause instanceof Error ? cause.message : message
      }
    }
    return fault
  }
}

/** fetch takes no password in an address: it goes into a header. */
function endpointOf(given: string): { endpoint: URL; headers: Record<string, string> } {
  const endpoint = urlOf(given)
  if (endpoint === null || !/^https?:$/.test(endpoint.protocol))
    throw new SeamproofError('PUSH_URL', `"${given}" is no address of a server`, {
      exitCode: ExitCode.usage,
      hint: '--push http://localhost:4040',
    })
  const { username, password } = endpoint
  endpoint.username = ''
  endpoint.password = ''
  if (!endpoint.pathname.endsWith('/ingest'))
    endpoint.pathname = `${endpoint.pathname.replace(/\/$/, '')}/ingest`
  if (username === '' && password === '') return { endpoint, headers: {} }
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { endpoint, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } }
}

function urlOf(given: string): URL | null {
  try {
    return new URL(given)
  } catch {
    return null
  }
}
