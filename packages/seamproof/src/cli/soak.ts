import { join } from 'node:path'
import { Command } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { loadConfig } from '../config/load-config.js'
import { type ReadSoak, readSoak, runSoak, type SoakRun } from '../pipeline.js'
import { renderSoakHtml } from '../report/soak/render-soak-html.js'
import { renderSoak } from '../report/text/render-soak.js'
import { shownPath } from './capture-options.js'
import { byteCount, durationMs, ratePerSecond, wholeNumber } from './option-values.js'
import { startProgress } from './progress.js'
import { reportFailure } from './report-failure.js'
import { type SoakWatch, startSoakWatch } from './soak-watch.js'
import { createTerminal, type Terminal } from './terminal.js'
import { writeReport } from './write-report.js'

interface SoakOptions {
  for: number
  rate: number
  only?: string[]
  interval?: number
  warmup?: number
  memoryLimit?: number
  out?: string
  force?: boolean
  resume?: string
  report?: string
  restartOnCrash?: number
  realtime: boolean
  floor: boolean
  layer: boolean
  node?: string
  config?: string
  serve?: number | true
  metricsPort?: number
  json?: boolean
  color: boolean
}

const examples = `
Examples:
  $ seamproof soak resize.seam.ts --for 1h --rate 200k/s     an hour of load; exits 1 when memory grows by 10 % or more
  $ seamproof soak resize.seam.ts --for 10m --rate 5k/s --memory-limit 2G
  $ seamproof soak draw.seam.ts --only scroll --only clear --for 1h --rate 50k/s    two workloads that take turns
  $ seamproof soak resize.seam.ts --for 8h --rate 5k/s --metrics-port 9464    for Prometheus, at /metrics
  $ seamproof soak --resume FOLDER                           go on with one that was interrupted
  $ seamproof soak --report FOLDER                           the report of one, also while it runs

Operations start on schedule whether or not those before them were quick; latency counts from the scheduled start. Where
it is permitted (root, or CAP_SYS_NICE), the main thread runs under SCHED_FIFO, so that other work on the machine is not
measured; --no-realtime leaves it alone.`

export function soakCommand(): Command {
  return new Command('soak')
    .description(
      'Keep a workload under load for hours: does memory grow, is the rate held, what is the latency.',
    )
    .argument('[file]', 'a workload file')
    .option('--for <time>', 'how long the load is measured, after its warm-up', durationMs, 60_000)
    .option('--rate <rate>', 'operations per second, such as 200k/s', ratePerSecond, 1000)
    .option(
      '--only <name>',
      'run only this workload; given several times, their operations take turns',
      collect,
    )
    .option('--interval <time>', 'one line of the record (default: 10s)', durationMs)
    .option(
      '--warmup <time>',
      'load before anything is measured (default: a twentieth, 2s to 3m)',
      durationMs,
    )
    .option('--memory-limit <size>', 'stop the subject when its RSS is larger, and fail', byteCount)
    .option('--restart-on-crash <count>', 'start the subject again so many times', Number)
    .option('--no-realtime', 'ordinary scheduling, also where SCHED_FIFO is permitted')
    .option('--no-floor', 'no process beside the subject that measures the machine’s own latency')
    .option('--no-layer', 'without the seam layer: crossings are neither counted nor checked')
    .option('-o, --out <folder>', 'where the record goes (default: soak-NAME-TIME.seamproof)')
    .option('--force', 'replace a record that is there already')
    .option(
      '--serve [port]',
      'a live page on this machine, and its figures for Prometheus at metrics',
      wholeNumber({ min: 0, max: 65_535 }),
    )
    .option(
      '--metrics-port <port>',
      'its figures for Prometheus at http://127.0.0.1:PORT/metrics',
      wholeNumber({ min: 0, max: 65_535 }),
    )
    .option(
      '--resume <folder>',
      'go on with a soak that was interrupted, for the time that is left',
    )
    .option('--report <folder>', 'only the report of a soak')
    .option('--node <path>', 'the Node that runs the workload (default: this one)')
    .option('--json', 'print JSON')
    .option('--config <file>', 'config with suppressions (default: seamproof.config.* here)')
    .addHelpText('after', examples)
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      process.exitCode = await soak(file, command.optsWithGlobals<SoakOptions>())
    })
}

function collect(name: string, before: string[] | undefined): string[] {
  return [...(before ?? []), name]
}

async function soak(file: string | undefined, options: SoakOptions): Promise<number> {
  const terminal = createTerminal(options)
  const { config } = await loadConfig({ cwd: process.cwd(), configFile: options.config })
  const progress = await startProgress(!options.json)
  const reading = {
    suppressions: config.suppressions,
    subjectModules: config.subjectModules,
    onStep: (text: string) => progress.step(text),
  }
  try {
    if (options.report !== undefined) {
      const read = await readSoak(options.report, reading)
      progress.stop()
      return report(read, options, terminal)
    }
    const run = await drive(file, options, reading, terminal)
    progress.stop()
    return report(run, options, terminal)
  } finally {
    progress.stop()
  }
}

async function drive(
  file: string | undefined,
  options: SoakOptions,
  reading: Parameters<typeof runSoak>[1],
  terminal: Terminal,
): Promise<SoakRun> {
  if (file === undefined && options.resume === undefined)
    throw new SeamproofError('NO_WORKLOAD', 'there is no workload to soak', {
      exitCode: ExitCode.usage,
      hint: 'seamproof soak FILE.seam.ts --for 10m --rate 1k/s',
    })
  const stop = new AbortController()
  const onSignal = () => {
    // Twice means at once: the record is on the disk already.
    if (stop.signal.aborted) process.exit(130)
    terminal.remark('seamproof: coming to an end; once more ends it at once')
    stop.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  let watch: SoakWatch | undefined
  try {
    watch = await startSoakWatch({ ...options, isQuiet: options.json ?? false, terminal })
    return await runSoak(
      {
        file: file ?? '',
        resumeFolder: options.resume,
        cwd: process.cwd(),
        env: process.env,
        outDir: options.out,
        isForced: options.force ?? false,
        nodePath: options.node,
        forMs: options.for,
        ratePerS: options.rate,
        only: options.only,
        intervalMs: options.interval,
        warmupMs: options.warmup,
        memoryLimitBytes: options.memoryLimit,
        isOrdinary: !options.realtime,
        hasNoFloor: !options.floor,
        hasNoLayer: !options.layer,
        restartsMax: options.restartOnCrash,
        stop: stop.signal,
        onStart: watch.onStart,
        onLine: watch.onLine,
      },
      reading,
    )
  } finally {
    await watch?.close()
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

function report(
  read: ReadSoak & Partial<SoakRun>,
  options: SoakOptions,
  terminal: Terminal,
): number {
  const folder = shownPath(read.folder)
  const { facts, verdicts, capture } = read
  if (options.json)
    terminal.printJson({
      formatVersion: 1,
      folder: read.folder,
      checks: verdicts.checks,
      grown: verdicts.grown,
      measurements: read.measurements.measurements,
      missing: read.measurements.missing,
      facts: { ...facts, histograms: undefined, series: undefined },
    })
  else {
    const input = { facts, verdicts, capture, folder }
    writeReport(join(read.folder, 'soak.html'), renderSoakHtml(input))
    terminal.print(renderSoak(input, terminal.textOptions))
    for (const note of read.notes) terminal.remark(`note: ${note}`)
  }
  if (read.fault !== undefined) reportFailure(read.fault)
  return exitCodeOf(read)
}

function exitCodeOf({ facts, verdicts }: ReadSoak): number {
  const notDriven = ['crashed', 'threw', 'hung']
  const last = facts.parts.at(-1)?.endReason
  // As a shell says it.
  if (last === 'interrupted') return 130
  if (last !== undefined && notDriven.includes(last)) return ExitCode.subjectNotDriven
  const isBad = verdicts.checks.some(({ status }) => status === 'fail' || status === 'not-run')
  return isBad ? ExitCode.failed : ExitCode.pass
}
