// Seamproof against its peers on the same work, taking turns in one run. A benchmark, not a test.
//   npm run bench -- [churn] [workloads] [analyser] [--quick] [--json] [--rounds N] [--variants bare,full,…]
//                    [--workload TEXT] [--markdown FILE]
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { benchChurn } from './churn.mjs'
import { goalsOf } from './goals.mjs'
import { renderMarkdown, renderText } from './render.mjs'
import { makeVariants, root } from './variants.mjs'
import { benchWorkloads } from './workloads.mjs'

const names = ['churn', 'workloads', 'analyser']
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    'slow-rounds': { type: 'string' },
    variants: { type: 'string' },
    workload: { type: 'string' },
    markdown: { type: 'string' },
  },
})
const unknown = positionals.find((name) => !names.includes(name))
if (unknown !== undefined) {
  console.error(`there is no benchmark "${unknown}"; there are ${names.join(', ')}`)
  process.exit(2)
}
const isWanted = (name) => positionals.length === 0 || positionals.includes(name)

function count(name, fallback) {
  const text = values[name]
  if (text === undefined) return fallback
  if (!/^[0-9]+$/.test(text)) {
    console.error(`--${name} takes a whole number, not "${text}"`)
    process.exit(2)
  }
  return Number(text)
}

function chosen(variants) {
  if (values.variants === undefined) return variants
  const wanted = new Set(['bare', ...values.variants.split(',')])
  const strange = [...wanted].find((name) => !variants.some((variant) => variant.name === name))
  if (strange !== undefined) {
    console.error(
      `there is no variant "${strange}"; there are ${variants.map(({ name }) => name).join(', ')}`,
    )
    process.exit(2)
  }
  return variants.filter(({ name }) => wanted.has(name))
}

function machine() {
  Object.assign(process.report, { excludeNetwork: true })
  const { header } = process.report.getReport()
  return {
    cpu: cpus()[0].model,
    coreCount: cpus().length,
    kernel: release(),
    libc: `glibc ${header.glibcVersionRuntime}`,
    node: process.version,
  }
}

/** The analyser has a benchmark of its own; its lines are shown as they are. */
function benchAnalyser() {
  const script = join(root, 'bench/analyser.mjs')
  if (!existsSync(script)) return undefined
  onRun('analyser')
  const options = values.quick
    ? ['--events', '2000000', '--runs', '1']
    : ['--events', '10000000', '--runs', '3']
  const text = execFileSync(process.execPath, [script, ...options], { encoding: 'utf8' })
  return { text: text.trim().split('\n') }
}

function onRun(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

const variants = chosen(await makeVariants())
const scratch = mkdtempSync(join(tmpdir(), 'seamproof-bench-'))
const startedAt = new Date()
try {
  const report = {
    formatVersion: 1,
    date: startedAt.toISOString().slice(0, 10),
    machine: machine(),
    isQuick: values.quick,
    variants: variants.map(({ name, title, version, missing }) => ({
      name,
      title,
      version,
      missing,
    })),
  }
  const turns = { variants, scratch, onRun, isQuick: values.quick }
  if (isWanted('churn'))
    report.churn = await benchChurn({
      ...turns,
      rounds: count('rounds', values.quick ? 2 : 12),
      slowRounds: count('slow-rounds', values.quick ? 0 : 1),
      sliceMs: values.quick ? 5 : 15,
      sliceCount: values.quick ? 3 : 5,
    })
  if (isWanted('workloads'))
    report.workloads = await benchWorkloads({
      ...turns,
      rounds: count('rounds', values.quick ? 2 : 10),
      slowRounds: count('slow-rounds', values.quick ? 0 : 1),
      only: values.workload,
    })
  if (isWanted('analyser')) report.analyser = benchAnalyser()
  report.tookSeconds = Math.round((Date.now() - startedAt.getTime()) / 1000)
  report.goals = goalsOf(report)
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  if (values.markdown !== undefined) writeFileSync(values.markdown, renderMarkdown(report))
  console.log(values.json ? JSON.stringify(report, null, 2) : renderText(report))
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
