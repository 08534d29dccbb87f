import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeBinary, otherNodeMajors } from '../../../../scripts/node-versions.mjs'
import { launchChromium, openLive } from '../report/chromium.js'
import { buildAddon } from './build-addon.js'
import { Sandbox, seamproof, until } from './run-seamproof.js'

let sandbox: Sandbox
let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
  sandbox = new Sandbox()
  buildAddon('soaked', sandbox.folder)
  sandbox.write('soaked.seam.ts', workloads)
})
afterAll(async () => {
  await browser?.close()
  sandbox.remove()
})

const workloads = `import { createRequire } from 'node:module'
import { workload } from 'seamproof'

type Soaked = Record<'loseBlock' | 'freeBlock' | 'raisePeak' | 'crash', () => void> & {
  takeNumber(value: number): void
}
const soaked = createRequire(import.meta.url)('./soaked.node') as Soaked
const kept: object[] = []
let calls = 0

workload('loses a block', { run: () => soaked.loseBlock() })
workload('frees a block', { run: () => soaked.freeBlock() })
workload('crosses twice', { run: () => { soaked.takeNumber(calls); soaked.freeBlock() } })
workload('raises its peak', { run: () => soaked.raisePeak() })
workload('keeps objects', { run: () => { kept.push({ a: calls++, b: [calls] }) } })
workload('stalls', {
  run: () => {
    if (++calls % 1900 !== 0) return
    const until = performance.now() + 50
    while (performance.now() < until);
  },
})
workload('crashes', { run: () => { if (++calls === 4000) soaked.crash() } })
workload('throws', { run: () => { if (++calls === 4000) throw new Error('no more ink') } })
`

interface Growth {
  what: string
  baseline: number
  growth: { value: number; low: number; high: number }
}

interface Report {
  folder: string
  checks: { check: string; status: string; evidence: string }[]
  grown: { what: string }[]
  measurements: { metric: string; detail?: string; estimate: { value: number } }[]
  facts: {
    growth: Growth[]
    load: { loadMs: number; scheduledCount: number; completedCount: number }
    latency: { p99Ns: number }
    service: { p99Ns: number }
    parts: { endReason: string; gapMs: number; nodeVersion: string }[]
    crossings?: { crossingCount: number; napiCallCount: number }
  }
}

/** Short and without what costs the machine more than the test needs. */
const quick = ['--for', '4s', '--warmup', '1s', '--interval', '1s', '--no-realtime', '--no-floor']

async function soak(name: string, folder: string, args: readonly string[] = []) {
  const { stdout, stderr, status } = await sandbox.run([
    'soak',
    'soaked.seam.ts',
    '--only',
    name,
    '-o',
    folder,
    '--json',
    ...quick,
    '--rate',
    '2k/s',
    ...args,
  ])
  expect(stderr).not.toContain('bug in Seamproof')
  if (stdout === '') throw new Error(`it said nothing, and ended with ${status}: ${stderr}`)
  return { report: JSON.parse(stdout) as Report, status, stderr }
}

const growthOf = ({ facts }: Report, what: string): Growth =>
  facts.growth.find((one) => one.what === what)!
/** What a soak is to record over time, by the names that its facts give them. */
const ofIntervals = [
  ...['nativeLiveBytes', 'rssBytes', 'anonBytes', 'heapUsedBytes', 'externalBytes'],
  ...['fdCount', 'threadCount', 'handleCount', 'crossingsPerS', 'napiCallsPerS', 'crossingTotal'],
  ...['p50Ns', 'p99Ns', 'p999Ns', 'maxNs', 'achievedPerS', 'cpuShare'],
]
const prometheusGauges = [
  ...['native_live_bytes', 'uss_bytes', 'rss_bytes', 'v8_heap_used_bytes', 'v8_external_bytes'],
  ...['open_fds', 'threads', 'handles', 'operations_per_second', 'cpu_share'],
]
const ofRests = ['restLiveBytes', 'restUssBytes']

/** A machine may be busy with twenty other things. */
const slowMs = 110_000

const seriesOf = (folder: string): Record<string, number[]> =>
  JSON.parse(readFileSync(sandbox.path(`${folder}/soak-facts.json`), 'utf8')).series

const statusOf = ({ checks }: Report, check: string) =>
  checks.find((one) => one.check === check)?.status
const grown = ({ grown }: Report) => grown.map((one) => one.what)

/** One line of the record that a test looks at. */
interface Line {
  type: string
  part: number
}
const linesOf = (folder: string) =>
  readFileSync(sandbox.path(`${folder}/series.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

describe('what grows is told apart', () => {
  test('memory that is lost is live growth, and the function that lost it is named', async () => {
    const { report, status } = await soak('loses a block', 'loses', ['--rate', '40k/s'])
    expect(status).toBe(1)
    expect(grown(report)).toContain('native live')
    const { growth } = growthOf(report, 'native live')
    // 64 bytes for each of the operations between the first rest and the last.
    expect(growth.value / report.facts.load.completedCount).toBeCloseTo(64, -1)
    expect(statusOf(report, 'memory growth: native live')).toBe('fail')
    expect(statusOf(report, 'leaks: loses a block')).toBe('fail')
    const { stdout } = await sandbox.run(['soak', '--report', 'loses'])
    expect(stdout).toMatch(/LEAK\s+64 B\/op.*lose_block/)
  })

  test('memory that is freed does not grow', async () => {
    const { report, status } = await soak('frees a block', 'frees', ['--rate', '40k/s'])
    expect(statusOf(report, 'memory growth: native live')).toBe('pass')
    expect(statusOf(report, 'leaks: frees a block')).toBe('pass')
    expect(grown(report)).toEqual([])
    // Whether the rate is held is the machine's doing.
    const failed = report.checks.filter((one) => one.status === 'fail')
    expect(failed.filter(({ check }) => check !== 'rate held')).toEqual([])
    expect(status).toBe(failed.length === 0 ? 0 : 1)
  })

  test('memory that is freed and stays with the allocator is neither live nor V8’s', async () => {
    const { report } = await soak('raises its peak', 'peak')
    expect(grown(report)).toEqual(['allocator'])
    expect(statusOf(report, 'memory growth: native live')).toBe('pass')
    expect(statusOf(report, 'memory growth: USS')).toBe('fail')
    // A page for each of the 8,000 operations.
    expect(growthOf(report, 'allocator').growth.value).toBeGreaterThan(20e6)
  })

  test('objects that stay reachable are V8’s growth', async () => {
    const { report } = await soak('keeps objects', 'objects', ['--rate', '40k/s'])
    expect(grown(report)[0]).toBe('V8 heap')
    expect(statusOf(report, 'memory growth: V8 heap')).toBe('fail')
  })
})

describe('the series', () => {
  let report: Report
  beforeAll(async () => {
    report = (await soak('crosses twice', 'series')).report
  })

  test('each kind of memory and resource, crossings and latency are recorded at every interval or rest', () => {
    const series = seriesOf('series')
    const intervals = series.elapsedMs!.length
    expect(intervals).toBeGreaterThanOrEqual(4)
    const rests = series.restMs!.length
    expect(rests).toBeGreaterThanOrEqual(5)
    for (const name of ofIntervals) {
      expect(series[name], name).toHaveLength(intervals)
      expect(Math.min(...series[name]!), name).toBeGreaterThan(0)
    }
    for (const name of ofRests) {
      expect(series[name], name).toHaveLength(rests)
      expect(Math.min(...series[name]!), name).toBeGreaterThan(0)
    }
  })

  test('crossings are those of the subject, neither more nor fewer', () => {
    const { crossings, load } = report.facts
    expect(crossings?.crossingCount).toBe(2 * load.completedCount)
    // The one asks for its argument, and takes it: the other is given none.
    expect(crossings?.napiCallCount).toBe(2 * load.completedCount)
    expect(seriesOf('series').crossingTotal!.at(-1)).toBeGreaterThan(crossings!.crossingCount)
  })

  test('without the seam layer they are said not to be counted', async () => {
    const { report } = await soak('crosses twice', 'uncounted', ['--no-layer', '--for', '2s'])
    expect(report.facts.crossings).toBeUndefined()
    expect(seriesOf('uncounted').crossingMs).toEqual([])
    const { stdout } = await sandbox.run(['soak', '--report', 'uncounted'])
    expect(stdout).toMatch(/crossings\s+not counted: the seam layer was not in the subject/)
  })
})

describe('the load', () => {
  test('a stall of 50 ms is seen by every operation that was due meanwhile', async () => {
    const { report } = await soak('stalls', 'stalls')
    const { latency, service } = report.facts
    // A stall about each second: operations that were due in it are 5 % of all.
    expect(latency.p99Ns).toBeGreaterThan(20e6)
    expect(service.p99Ns).toBeLessThan(5e6)
    expect(statusOf(report, 'rate held')).toBe('pass')
  })

  test('a workload that is not named among several is asked for', async () => {
    const { status, stderr } = await sandbox.run([
      'soak',
      'soaked.seam.ts',
      '-o',
      'unnamed',
      ...quick,
    ])
    expect(status).toBe(4)
    expect(stderr).toContain('--only')
    expect(stderr).toContain('"frees a block"')
  })
})

describe('on every Node', () => {
  test.each(otherNodeMajors)(
    'Node %i is soaked, with crossings, live bytes and growth',
    async (major) => {
      const node = nodeBinary(major)
      if (!existsSync(node)) throw new Error(`this test needs ${node}: npm run setup`)
      const { report } = await soak('crosses twice', `node-${major}`, [
        '--node',
        node,
        '--for',
        '2s',
      ])
      // Whether the rate is held is a question to the machine.
      const others = report.checks.filter((one) => one.check !== 'rate held')
      expect(others.filter(({ status }) => status === 'fail' || status === 'not-run')).toEqual([])
      expect(report.facts.parts[0]).toMatchObject({ endReason: 'done' })
      expect(report.facts.parts[0]?.nodeVersion).toMatch(new RegExp(`^v${major}\\.`))
      expect(report.facts.crossings?.crossingCount).toBe(2 * report.facts.load.completedCount)
      expect(growthOf(report, 'native live').baseline).toBeGreaterThan(1e6)
      expect(growthOf(report, 'USS').baseline).toBeGreaterThan(1e6)
    },
  )
})

describe('in a terminal', () => {
  test('a block with rate, latency, memory, crossings and charts is drawn anew after each interval, and leaves with the report', async () => {
    const words = ['soak', 'soaked.seam.ts', '--only', 'crosses', '-o', 'drawn', '--rate', '2k/s']
    const line = ['stty cols 110;', process.execPath, seamproof, ...words, ...quick].join(' ')
    const { CI: _, ...env } = process.env
    const { stdout } = await execa(
      'script',
      ['-qec', line.replace('crosses', "'crosses twice'"), '/dev/null'],
      {
        cwd: sandbox.folder,
        env: { ...env, TERM: 'xterm-256color' },
        extendEnv: false,
        reject: false,
      },
    )
    const esc = String.fromCharCode(27)
    const blocks = stdout.split(new RegExp(`${esc}\\[\\d+A${esc}\\[0J`))
    // The first says that there is nothing yet; the last split is the report.
    expect(blocks.length).toBeGreaterThanOrEqual(5)
    const shown = stripVTControlCharacters(blocks.at(-2)!)
    for (const word of [/rate\s+[\d.,]+k?\/s of 2,000\/s/, /latency\s+p50/, /memory\s+native live/])
      expect(shown).toMatch(word)
    expect(shown).toMatch(/crossings\s+([\d.,]+k?)\/s, \1\/s Node-API calls; [\d,]+ in all/)
    expect(shown).toMatch(/[⠁-⣿]/)
    expect(stripVTControlCharacters(blocks.at(-1)!)).toMatch(/PASS|FAIL|INCONCLUSIVE/)
  })
})

describe('the record', () => {
  test('a crash is told with its time, what was recorded is kept, and it is started again when that is asked for', async () => {
    const { report, status } = await soak('crashes', 'crash', ['--restart-on-crash', '1'])
    expect(status).toBe(4)
    expect(report.checks[0]).toMatchObject({ check: 'load to the end', status: 'fail' })
    expect(report.checks[0]?.evidence).toMatch(/SIGSEGV \(11\), in crash\(\) of soaked\.node/)
    expect(statusOf(report, 'seam layer')).toBe('fail')
    expect(report.facts.parts.map((part) => part.endReason)).toEqual(['crashed', 'crashed'])
    const types = linesOf('crash').map((line) => line.type)
    expect(types.filter((type) => type === 'interval').length).toBeGreaterThan(1)
    expect(types.at(-1)).toBe('end')
    const { stdout } = await sandbox.run(['soak', '--report', 'crash'])
    expect(stdout).toMatch(/ERROR SEAM-CRASH-001[\s\S]+signal: SIGSEGV[\s\S]+crash .*soaked\.c:\d+/)
  })

  test('what an operation throws is shown with the line of the user’s file', async () => {
    const { status, stderr } = await soak('throws', 'throws')
    expect(status).toBe(4)
    expect(stderr).toContain('no more ink')
    expect(stderr).toMatch(/soaked\.seam\.ts:\d+/)
  })

  test('a subject over its memory limit is stopped, with the figure', async () => {
    const limit = ['--rate', '400k/s', '--memory-limit', '110M', '--for', '30s']
    const { report, status } = await soak('loses a block', 'limit', limit)
    expect(status).toBe(1)
    expect(report.checks[0]?.evidence).toMatch(/RSS was .* limit/)
  })

  test('an interrupted soak is resumed for the time that is left, with the gap shown', async () => {
    const args = ['soak', 'soaked.seam.ts', '--only', 'frees a block', '-o', 'resumed', ...quick]
    const first = sandbox.start([...args, '--rate', '2k/s'])
    await until(() => recorded('resumed').includes('"isWarmup":false'), slowMs)
    first.child.kill('SIGINT')
    const { status } = await first.finished
    expect(status).toBe(130)
    const second = await sandbox.run([
      'soak',
      '--resume',
      'resumed',
      '--no-realtime',
      '--no-floor',
      '--json',
    ])
    if (second.stdout === '') throw new Error(second.stderr)
    const { facts } = JSON.parse(second.stdout) as Report
    expect(facts.parts.map((part) => part.endReason)).toEqual(['interrupted', 'done'])
    expect(facts.parts[1]?.gapMs).toBeGreaterThan(0)
    expect(facts.load.loadMs).toBeGreaterThan(3600)
    expect(linesOf('resumed').at(-1)).toMatchObject({ type: 'end', part: 2 })
  })

  test('the trace does not grow with the number of operations', async () => {
    await soak('frees a block', 'many', ['--rate', '300k/s'])
    const traceBytes = (folder: string) =>
      readdirSync(sandbox.path(folder))
        .filter((name) => name.endsWith('.trace'))
        .reduce((sum, name) => sum + statSync(sandbox.path(`${folder}/${name}`)).size, 0)
    // The one of 40,000 operations a second, above: a million allocations and releases lie between the two.
    expect(Math.abs(traceBytes('many') - traceBytes('frees'))).toBeLessThan(1_000_000)
    const series = statSync(sandbox.path('many/series.jsonl')).size
    expect(series / linesOf('many').length).toBeLessThan(20_000)
  })
})

test('while it runs a page follows it, on loopback behind a token; at the end it leaves a page', async () => {
  const args = [
    'soak',
    'soaked.seam.ts',
    '--only',
    'frees a block',
    '-o',
    'served',
    '--serve',
    ...quick,
  ]
  const run = sandbox.start([...args, '--rate', '2k/s', '--for', '90s'])
  await until(() => run.seen.stderr.includes('/metrics'), slowMs)
  const url = /http:\/\/127\.0\.0\.1:\d+\/[\w-]+\//.exec(run.seen.stderr)![0]
  await until(() => recorded('served').includes('"isWarmup":false'), slowMs)
  expect((await scrape(`${url}metrics`)).value('operations_total')).toBeGreaterThan(1000)
  const opened = await openLive(browser, url)
  await opened.page.waitForSelector('canvas')
  expect(await opened.page.textContent('h1')).toContain('frees a block')
  expect((await fetch(new URL('/metrics', url))).status).toBe(404)
  expect((await fetch(url)).status).toBe(200)
  // It follows: the bar moves, and the last figures stay when the server has gone.
  const share = () =>
    opened.page.locator('progress').evaluate((bar) => (bar as HTMLProgressElement).value)
  const before = await share()
  await expect.poll(share, { timeout: slowMs }).toBeGreaterThan(before)
  run.child.kill('SIGINT')
  expect((await run.finished).status).toBe(130)
  expect(opened.faults).toEqual([])
  await opened.close()
  const page = readFileSync(sandbox.path('served/soak.html'), 'utf8')
  expect(page).toContain('Native live bytes at rest')
  expect(page).not.toContain('connect-src')
})

interface Family {
  name: string
  help: string
  type: string
  metrics: { value: string; labels?: Record<string, string> }[]
}
const require = createRequire(import.meta.url)
/** Another's reading of the format. */
const parsePrometheus = require('parse-prometheus-text-format') as (text: string) => Family[]

async function scrape(url: string) {
  const answer = await fetch(url)
  expect(answer.headers.get('content-type')).toContain('version=0.0.4')
  const families = parsePrometheus(await answer.text())
  const family = (name: string) => families.find((one) => one.name === `seamproof_soak_${name}`)
  return { families, family, value: (name: string) => Number(family(name)?.metrics[0]?.value) }
}

test('figures for Prometheus are at a port that was chosen beforehand, and another parser reads them', async () => {
  const args = ['soak', 'soaked.seam.ts', '--only', 'crosses twice', '-o', 'scraped']
  const run = sandbox.start([...args, ...quick, '--rate', '2k/s', '--metrics-port', '0'])
  await until(() => run.seen.stderr.includes('/metrics'), slowMs)
  const url = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(run.seen.stderr)![0]
  await until(() => recorded('scraped').includes('"isWarmup":false'), slowMs)
  const { families, family, value } = await scrape(url)
  for (const { name, help } of families) expect(help, name).toMatch(/^[A-Z0-9]/)
  for (const name of ['operations_total', 'crossings_total', 'gc_seconds_total'])
    expect(family(name)?.type, name).toBe('COUNTER')
  expect(value('crossings_total')).toBe(2 * value('operations_total'))
  expect(value('up')).toBe(1)
  for (const name of prometheusGauges) {
    expect(family(name)?.type, name).toBe('GAUGE')
    expect(value(name), name).toBeGreaterThan(0)
  }
  const quantiles = family('latency_seconds')!.metrics.map(({ labels }) => labels?.quantile)
  expect(quantiles).toEqual(['0.5', '0.9', '0.99', '0.999', '1'])
  // Nobody measured a floor: no sample, not a zero.
  expect(family('floor_p99_seconds')?.metrics ?? []).toEqual([])
  expect((await fetch(new URL('/', url))).status).toBe(404)
  const { port } = new URL(url)
  const taken = await sandbox.run([...args, ...quick, '--metrics-port', port, '--force'])
  expect(taken.status).toBe(2)
  expect(taken.stderr).toMatch(/EADDRINUSE[\s\S]+--metrics-port/)
  expect((await run.finished).stderr).not.toContain('bug in Seamproof')
})

function recorded(folder: string): string {
  try {
    return readFileSync(sandbox.path(`${folder}/series.jsonl`), 'utf8')
  } catch {
    return ''
  }
}
