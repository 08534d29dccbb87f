import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ExitCode, SeamproofError } from './base/seamproof-error.js'
import { traceFilesIn } from './capture/capture-directory.js'
import { readManifest } from './capture/read-manifest.js'
import type { CpuProfile } from './contract/cpu-profile.js'
import { type ReadCaptureOptions, sealedNames } from './pipeline-capture.js'
import { JsFrames, Scripts } from './symbols/js-frames.js'
import { LiveSymbols } from './symbols/live-symbols.js'
import { profileFromCpuprofile } from './symbols/profile-from-cpuprofile.js'
import { profileFromPerf } from './symbols/profile-from-perf.js'
import { profileFromTrace } from './symbols/profile-from-trace.js'
import { looksLikeCpuprofile, parseCpuprofile } from './trace/cpuprofile-file.js'
import { looksLikePerfScript, parsePerfScript } from './trace/perf-script.js'
import { readTraceMeta } from './trace/trace-meta.js'

export interface ReadCpuProfileOptions
  extends Pick<ReadCaptureOptions, 'subjectModules' | 'onStep'> {
  /** Only what ran inside the ranges of this name (`profile.range(name, …)` in the subject). */
  range?: string | undefined
}

/** The CPU profiles of a capture, one for each process that was sampled, in the order in which they began. */
export async function readCpuProfile(
  captureDir: string,
  options: ReadCpuProfileOptions = {},
): Promise<CpuProfile[]> {
  const manifest = readManifest(captureDir)
  const symbols = await sealedNames(captureDir, options)
  const profiles: CpuProfile[] = []
  for (const traceFile of traceFilesIn(captureDir)) {
    options.onStep?.(`reading ${traceFile}`)
    const meta = readTraceMeta(join(captureDir, traceFile))
    const names = symbols.traces.find((one) => one.traceFile === traceFile)!
    // A workload's process is our runner; the file is what the user knows.
    const isWorkload = manifest.workloadFile !== undefined
    const command = isWorkload ? manifest.command : (meta.process?.argv ?? manifest.command)
    const profile = profileFromTrace(meta, names, command, { range: options.range })
    if (profile !== undefined) profiles.push(profile)
  }
  if (profiles.length === 0)
    throw new SeamproofError('NO_CPU_SAMPLES', `${captureDir} holds no CPU samples`, {
      exitCode: ExitCode.usage,
      hint: 'record some: seamproof profile -- node app.js',
    })
  return profiles.sort((a, b) => (a.startedAt ?? '').localeCompare(b.startedAt ?? ''))
}

/** The CPU profiles of a run that is not over: read as often as one likes, each time with what has come since. */
export class LiveProfiles {
  readonly #captureDir: string
  readonly #symbols: LiveSymbols

  constructor(captureDir: string, options: Pick<ReadCaptureOptions, 'subjectModules'> = {}) {
    this.#captureDir = captureDir
    this.#symbols = new LiveSymbols(options)
  }

  /** Empty as long as no process has begun to sample. */
  async read(): Promise<CpuProfile[]> {
    const { command } = readManifest(this.#captureDir)
    const profiles: CpuProfile[] = []
    for (const traceFile of traceFilesIn(this.#captureDir)) {
      const meta = readTraceMeta(join(this.#captureDir, traceFile))
      const names = await this.#symbols.of(meta)
      const profile = profileFromTrace(meta, names, meta.process?.argv ?? command)
      if (profile !== undefined) profiles.push(profile)
    }
    return profiles
  }
}

/** Whether a capture was made by the CPU sampler. */
export function isCpuCapture(captureDir: string): boolean {
  return readManifest(captureDir).mode === 'samples'
}

/** A CPU profile that another tool made: told apart by what is in the file, whatever it is called. */
export function readProfileFile(
  path: string,
  options: Pick<ReadCaptureOptions, 'subjectModules'> = {},
): CpuProfile {
  const text = readProfileText(path)
  const jsFrames = new JsFrames(new Scripts())
  if (looksLikeCpuprofile(text)) return profileFromCpuprofile(parseCpuprofile(text, path), jsFrames)
  if (looksLikePerfScript(text))
    return profileFromPerf(parsePerfScript(text, path), jsFrames, options)
  throw new SeamproofError('PROFILE_UNKNOWN', `${path} is no profile that can be read`, {
    exitCode: ExitCode.usage,
    hint: text.startsWith('PERFILE2')
      ? `it is perf's own file: perf script -i ${path} > profile.txt`
      : 'give a capture folder, a .cpuprofile of V8, or the text of `perf script`',
  })
}

function readProfileText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SeamproofError(
      'PROFILE_UNREADABLE',
      `${path} cannot be read: ${(cause as Error).message}`,
      {
        exitCode: ExitCode.usage,
        hint: 'text above 512 MB is too much: record for a shorter time',
        cause,
      },
    )
  }
}
