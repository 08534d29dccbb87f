import { ExitCode, SeamproofError } from '../base/seamproof-error.js'

/** What `perf script` prints, sample by sample. */
export interface PerfScript {
  samples: PerfSample[]
  /** The command that was recorded, when the text has the header (`perf script --header`). */
  cmdline?: string
}

export interface PerfSample {
  comm: string
  tid: number
  /** Only printed when asked for (`-F +pid`). */
  pid?: number
  cpu?: number
  timeNs?: number
  /** Nanoseconds for the clock events, otherwise what the event counts. */
  period?: number
  event: string
  /** Innermost first. */
  frames: PerfFrame[]
}

export interface PerfFrame {
  /** Hexadecimal, as printed: kernel addresses do not fit into a double. */
  address: string
  /** Without the offset behind it; `[unknown]` when perf had no name. */
  symbol: string
  /** Path, `[kernel.kallsyms]`, `[unknown]`; empty when it was not printed. */
  dso: string
  isInlined: boolean
  file?: string
  line?: number
}

const lineLengthMax = 65_536
/** `comm pid/tid [cpu] flags time: period event: rest`, of which only comm, tid and event are always there. */
const headPattern =
  /^(\S.*?)\s+(?:(-?\d+)\/)?(-?\d+)\s+(?:\[(\d+)\]\s+)?(?:[.\-a-zA-Z]{4,5}\s+)?(?:(\d+)\.(\d+):\s+)?(?:(\d+)\s+)?([^\s\d:][^\s]*?):(?:\s+(.*))?$/
const framePattern = /^\s*([0-9a-f]{1,16})\s+(.+)$/
const dsoPattern = /^(.*?)\s*\(((?:[^()]|\([^()]*\))*)\)$/
const sourcePattern = /^\s+(\S.*):(\d+)$/
const cmdlinePattern = /^# cmdline : (.*)$/

/** The first lines tell: a header of perf's, or a line about a sample with a stack under it. */
export function looksLikePerfScript(text: string): boolean {
  const lines = text.slice(0, 16_384).split('\n').slice(0, 60)
  if (lines.some((line) => line.startsWith('# perf version'))) return true
  return lines.some((line) => !line.startsWith('#') && /^\S/.test(line) && headPattern.test(line))
}

export function parsePerfScript(text: string, file: string): PerfScript {
  const script: PerfScript = { samples: [] }
  let sample: PerfSample | undefined
  let number = 0
  for (const line of linesOf(text)) {
    number++
    if (line.length > lineLengthMax)
      throw unreadable(file, number, line, 'is too long for perf script')
    if (line.trim() === '') sample = undefined
    else if (line.startsWith('#')) readHeader(line, script)
    else if (line.includes(': PERF_RECORD_')) sample = undefined
    else if (/^\s/.test(line) && sample !== undefined) readFrame(line, sample, file, number)
    else {
      sample = readHead(line)
      if (sample === undefined)
        throw unreadable(file, number, line, 'is neither a sample nor a frame')
      script.samples.push(sample)
    }
  }
  if (script.samples.length === 0)
    throw new SeamproofError('PERF_SCRIPT_EMPTY', `${file} holds no sample`, {
      exitCode: ExitCode.usage,
      hint: 'perf record -g … && perf script > FILE',
    })
  return script
}

function* linesOf(text: string): Generator<string> {
  let from = 0
  while (from < text.length) {
    const end = text.indexOf('\n', from)
    const to = end === -1 ? text.length : end
    yield text.charCodeAt(to - 1) === 13 ? text.slice(from, to - 1) : text.slice(from, to)
    from = to + 1
  }
}

function readHeader(line: string, script: PerfScript): void {
  const cmdline = cmdlinePattern.exec(line)?.[1]
  if (cmdline !== undefined) script.cmdline = cmdline.trim()
}

function readHead(line: string): PerfSample | undefined {
  const match = headPattern.exec(line.trimStart())
  if (match === null) return undefined
  const [, comm, pid, tid, cpu, seconds, fraction, period, event, rest] = match
  const sample: PerfSample = { comm: comm!, tid: Number(tid), event: event!, frames: [] }
  if (pid !== undefined) sample.pid = Number(pid)
  if (cpu !== undefined) sample.cpu = Number(cpu)
  if (seconds !== undefined)
    sample.timeNs = Number(seconds) * 1e9 + Number(fraction!.padEnd(9, '0').slice(0, 9))
  if (period !== undefined) sample.period = Number(period)
  // Without -g the only frame stands in the same line; tracepoints have their fields there.
  const frame = rest === undefined ? undefined : frameOf(rest)
  if (frame !== undefined && frame.dso !== '') sample.frames.push(frame)
  return sample
}

function readFrame(line: string, sample: PerfSample, file: string, number: number): void {
  const frame = frameOf(line)
  if (frame !== undefined) {
    sample.frames.push(frame)
    return
  }
  const source = sourcePattern.exec(line)
  const inner = sample.frames.at(-1)
  if (source === null || inner === undefined)
    throw unreadable(file, number, line, 'is not a frame: expected "address symbol (module)"')
  // `-F +srcline`; a line of 0 is none.
  inner.file = source[1]!
  if (Number(source[2]) > 0) inner.line = Number(source[2])
}

function frameOf(text: string): PerfFrame | undefined {
  const match = framePattern.exec(text)
  if (match === null) return undefined
  const [, address, described] = match
  const split = dsoPattern.exec(described!)
  const isInlined = split?.[2] === 'inlined'
  const symbol = (split === null ? described! : split[1]!).replace(/\+0x[0-9a-f]+$/, '')
  const dso = split === null || isInlined ? '' : split[2]!.replace(/ \(deleted\)$/, '')
  return { address: address!, symbol: symbol === '' ? '[unknown]' : symbol, dso, isInlined }
}

function unreadable(file: string, number: number, line: string, why: string): SeamproofError {
  const shown = line.length > 100 ? `${line.slice(0, 100)}…` : line
  return new SeamproofError(
    'PERF_SCRIPT_UNREADABLE',
    `${file}:${number} ${why}: ${JSON.stringify(shown)}`,
    { exitCode: ExitCode.usage, hint: 'make it with: perf script > FILE' },
  )
}
