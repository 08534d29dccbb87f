/** What is done with a profile while its program runs: shown, kept in slices, sent on. */
import { SeamproofError } from '../../base/seamproof-error.js'
import { seamproofVersion } from '../../base/seamproof-version.js'
import type { CpuProfile } from '../../contract/cpu-profile.js'
import { LiveProfiles, sliceProfile } from '../../pipeline.js'
import { exportCpuPprof } from '../../report/export/export-cpu-pprof.js'
import { buildCpuDocument } from '../../report/flamegraph/build-cpu-document.js'
import { renderFlamegraphDocument } from '../../report/flamegraph/render-flamegraph-html.js'
import { type LocalServer, startLocalServer } from '../serve/local-server.js'
import type { ProfilePush } from './profile-push.js'
import type { ProfileRing } from './profile-ring.js'

export interface LiveProfileOptions {
  subjectModules: readonly string[] | undefined
  /** Port of the page; 0 is any. Undefined: no page. */
  port?: number | undefined
  /** Length of a slice. */
  everyMs: number
  ring?: ProfileRing | undefined
  push?: ProfilePush | undefined
  remark: (text: string) => void
}

const pageEveryMs = 2000
/** Reading must not take the machine from the subject: at most a tenth of a core, on the whole. */
const restFactor = 9
const restMsMax = 15_000
/** The agent hands samples over in batches: what is younger may not be whole yet. */
const settleNs = 1e9

export class LiveProfile {
  readonly #options: LiveProfileOptions
  readonly #title: string
  #server: LocalServer | undefined
  #reader: LiveProfiles | undefined
  #timer: NodeJS.Timeout | undefined
  #reading: Promise<void> | undefined
  #isEnded = false
  /** By process: where the next slice begins. */
  readonly #slicedNs = new Map<number, number>()
  #latest: CpuProfile[] = []
  #problem = ''

  constructor(title: string, options: LiveProfileOptions) {
    this.#title = title
    this.#options = options
  }

  /** Before the subject starts, so that a port that is taken is told first. */
  async prepare(): Promise<void> {
    const { port, remark } = this.#options
    if (port === undefined) return
    this.#server = await startLocalServer({
      port,
      page: () => renderFlamegraphDocument(this.#document()),
    })
    remark(`seamproof: live flame graph at ${this.#server.url}`)
  }

  begin(captureDir: string): void {
    const { subjectModules, everyMs } = this.#options
    this.#reader = new LiveProfiles(captureDir, { subjectModules })
    this.#schedule(this.#server === undefined ? everyMs : Math.min(pageEveryMs, everyMs))
  }

  /** The last slice, and what the page shows when all is over. */
  async end(): Promise<void> {
    this.#isEnded = true
    clearTimeout(this.#timer)
    await this.#reading
    if (this.#reader !== undefined) await this.#read()
    await this.#options.push?.end()
    this.#server?.publish('ended', {})
    // A page that was just told must have got it before the line is cut.
    if (this.#server !== undefined && this.#server.listenerCount > 0)
      await new Promise((resolve) => setTimeout(resolve, 100))
    await this.#server?.close()
  }

  #schedule(afterMs: number): void {
    this.#timer = setTimeout(() => {
      const before = process.cpuUsage()
      this.#reading = this.#read().finally(() => {
        const { user, system } = process.cpuUsage(before)
        const restMs = Math.min(restMsMax, ((user + system) / 1000) * restFactor)
        if (!this.#isEnded) this.#schedule(Math.max(this.#wantedMs(), restMs))
      })
    }, afterMs)
    this.#timer.unref()
  }

  #wantedMs(): number {
    const { everyMs } = this.#options
    // Nobody looks: only the slices are due.
    return (this.#server?.listenerCount ?? 0) > 0
      ? Math.min(pageEveryMs, everyMs)
      : Math.min(everyMs, 5000)
  }

  async #read(): Promise<void> {
    try {
      this.#latest = await this.#reader!.read()
      if (this.#latest.length === 0) return
      this.#server?.publish('profile', this.#document())
      for (const profile of this.#latest) await this.#keepSlices(profile)
      this.#problem = ''
    } catch (error) {
      // The subject goes on whatever happens here; the same thing is said once.
      const text = (error as Error).message
      if (text !== this.#problem) this.#options.remark(`seamproof: the live profile: ${text}`)
      this.#problem = text
      if (!(error instanceof SeamproofError)) return
    }
  }

  #document() {
    const options = {
      title: `CPU time: ${this.#title}`,
      generator: `seamproof ${seamproofVersion}`,
    }
    return { ...buildCpuDocument(this.#latest, options), isLive: true }
  }

  async #keepSlices(profile: CpuProfile): Promise<void> {
    const { ring, push, everyMs } = this.#options
    if (ring === undefined && push === undefined) return
    const everyNs = everyMs * 1e6
    const lastNs = profile.timeline?.timeNs.at(-1) ?? 0
    const readyNs = this.#isEnded ? lastNs + 1 : lastNs - settleNs
    let fromNs = this.#slicedNs.get(profile.pid) ?? 0
    const { overwrittenUntilNs = 0 } = profile.losses
    if (overwrittenUntilNs > fromNs && fromNs + everyNs <= readyNs)
      this.#options.remark(
        `seamproof: samples of ${((overwrittenUntilNs - fromNs) / 1e9).toFixed(1)} s were overwritten before they could be written: --every shorter, or --rate lower`,
      )
    while (fromNs + everyNs <= readyNs || (this.#isEnded && fromNs < readyNs)) {
      const toNs = Math.min(fromNs + everyNs, this.#isEnded ? readyNs : Number.POSITIVE_INFINITY)
      const slice = sliceProfile(profile, fromNs, toNs)
      if (slice !== undefined && slice.costs.length > 0) await this.#keep(slice)
      fromNs = toNs
      this.#slicedNs.set(profile.pid, fromNs)
    }
  }

  async #keep(slice: CpuProfile): Promise<void> {
    const { ring, push } = this.#options
    const startedAt = slice.startedAt ?? new Date().toISOString()
    const profile = await exportCpuPprof(slice)
    ring?.add(startedAt, slice.pid, profile)
    const fromMs = Date.parse(startedAt)
    push?.add({ profile, fromMs, untilMs: fromMs + slice.durationNs / 1e6 })
  }
}
