import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeBinary } from '../../../../scripts/node-versions.mjs'
import type { DefectReport, Finding, FindingList } from '../../src/contract/finding.js'
import { buildAddon } from './build-addon.js'
import { runCommandLine, Sandbox } from './run-seamproof.js'

const sandbox = new Sandbox()
afterAll(() => sandbox.remove())
beforeAll(() => {
  buildAddon('faults', sandbox.folder)
  buildAddon('stressed', sandbox.folder)
}, 60_000)

const addonOf = (name: string) => JSON.stringify(sandbox.path(`${name}.node`))

/** Calls these functions of `faults.c` in each operation. */
function faultsWorkload(name: string, ...calls: string[]): string {
  sandbox.write(
    `${name}.seam.cjs`,
    `const addon = require(${addonOf('faults')})
exports.run = async (n) => {
  for (let i = 0; i < n; i++) { ${calls.map((call) => `await addon.${call}`).join('; ')} }
}\n`,
  )
  return `${name}.seam.cjs`
}

let folders = 0

async function check(...args: string[]) {
  const out = `out-${folders++}`
  const run = await sandbox.run(['check', '--quiet', '-o', out, ...args])
  return { ...run, out }
}

async function checkJson(...args: string[]) {
  const run = await check('--json', ...args)
  const list = JSON.parse(run.stdout.slice(run.stdout.indexOf('{'))) as FindingList
  return { ...run, list, serious: list.findings.filter(({ severity }) => severity === 'error') }
}

const reportsOf = (findings: readonly Finding[]) => findings.flatMap(({ reports }) => reports)
const noteOf = (report: DefectReport | undefined, name: string) =>
  report?.notes.find((note) => note.name === name)?.value

const operations = (kind: 'bad' | 'good') => [
  `leak_${kind}()`,
  `twice_${kind}()`,
  `unset_${kind}()`,
  `memory_${kind}()`,
  `work_${kind}()`,
  `ended_${kind}(() => {})`,
]

describe('seamproof check --inject', { timeout: 600_000 }, () => {
  it('finds what error paths do wrong, each with the call that was made to fail', async () => {
    const file = faultsWorkload('bad', ...operations('bad'))
    const { status, serious } = await checkJson('--inject', '--budget', '4m', file)
    const seen = serious.map(({ kind, stacks }) => {
      const [first] = stacks
      const own = first?.frames.filter(({ origin }) => origin === 'subject') ?? []
      const what = kind === 'null-pointer' ? 'crash' : kind
      return `${what} ${own.at(-1)?.functionName}`
    })
    expect(seen).toEqual(
      expect.arrayContaining([
        'leak leak_bad',
        'double-free twice_bad',
        'crash unset_bad',
        'crash memory_bad',
        'leak work_bad',
        'crash call_bad',
      ]),
    )
    for (const report of reportsOf(serious)) {
      expect(report.stacks.map(({ role }) => role)).toContain('made-to-fail')
      expect(noteOf(report, 'made to fail')).toMatch(/had returned|had given no memory|had ended/)
    }
    const leak = reportsOf(serious).find(({ message }) => message.startsWith('leak_bad'))
    expect(leak!.perOperation).toEqual({ bytes: 64, blocks: 1 })
    expect(status).toBe(1)
  })

  it('says nothing against twins that throw, reject or give back', async () => {
    const file = faultsWorkload('good', ...operations('good'))
    const { status, list, stderr } = await checkJson('--inject', '--budget', '4m', file)
    expect(list.findings.map(({ message }) => message)).toEqual([])
    expect(list.runs, stderr).toMatchObject([{ status: 'ran' }])
    expect(status).toBe(0)
  })

  it('sees that a program does not end any more, and one fault can be replayed', async () => {
    sandbox.write('hang.cjs', `require(${addonOf('faults')}).hang_bad(1)\n`)
    const program = ['--', process.execPath, 'hang.cjs']
    const { serious } = await checkJson('--inject', '--timeout', '4s', ...program)
    expect(serious).toMatchObject([{ kind: 'hang' }])
    const fault = /--fault '([^']+)'/.exec(noteOf(reportsOf(serious)[0], 'replay') ?? '')?.[1]
    const again = await checkJson('--fault', fault!, '--timeout', '4s', ...program)
    expect(again.serious).toMatchObject([{ kind: 'hang', fingerprint: serious[0]!.fingerprint }])
  })

  it('says what there was no time for, and goes on from there', async () => {
    const file = faultsWorkload('cut', 'leak_good()')
    const first = await check('--inject', '--budget', '1ms', file)
    expect(first.stdout).toContain('NOT TRIED')
    const second = await check('--inject', '--budget', '8m', '--resume', first.out, file)
    expect(second.stdout).toContain('each place once: 2 of 2 tried (100 %)')
    expect(second.stdout).not.toContain('NOT TRIED')
    expect(second.status).toBe(0)
  })

  it('finds the same again, and one failure that is passed over is one defect', async () => {
    const file = faultsWorkload('again', 'spite_bad()', 'unset_bad()')
    const runs = [await checkJson('--inject', file), await checkJson('--inject', file)]
    const [found, again] = runs.map(({ list }) =>
      list.findings.map(({ fingerprint, message }) => `${fingerprint} ${message}`),
    )
    expect(again).toEqual(found)
    const reports = reportsOf(runs[0]!.list.findings)
    const inSpite = reports.filter(({ rule }) => rule === 'SEAM-ERROR-001')
    expect(inSpite).toHaveLength(1)
    expect(noteOf(inSpite[0], 'places that call in spite of it')).toBe('3')
  })

  it.each([22, 26])('works with Node %i', async (major) => {
    const file = faultsWorkload(`node-${major}`, 'memory_bad()')
    const { serious } = await checkJson('--inject', '--node', nodeBinary(major), file)
    expect(serious).toMatchObject([{ kind: 'null-pointer' }])
  })

  it('is no pass where nothing can fail', async () => {
    const { list, status } = await checkJson('--inject', '--', process.execPath, '-e', '0')
    expect(list.runs).toMatchObject([{ status: 'not-run', cause: 'not-applicable' }])
    expect(status).toBe(1)
  })
})

/** Functions of `stressed.c`. */
function stressedWorkload(name: string, body: string): string {
  sandbox.write(
    `${name}.seam.cjs`,
    `const addon = require(${addonOf('stressed')})
const hold = (name) => addon[name](Buffer.alloc(65536, 1))
exports.run = async (n) => { for (let i = 0; i < n; i++) { ${body} } }\n`,
  )
  return `${name}.seam.cjs`
}

const holds = (kind: string) =>
  `hold('hold_${kind}'); if (addon.sum_${kind}() !== 65536) throw new Error('another sum')`
const waits = {
  bad: 'const done = addon.start_bad(); addon.take_bad(); await done',
  good: `if (await addon.start_good() !== 42) throw new Error('another answer')`,
}

describe('seamproof check --stress', { timeout: 300_000 }, () => {
  it('finds a pointer into a buffer that JavaScript has let go of, with who was given it', async () => {
    const { serious, status } = await checkJson(
      '--stress',
      '--seed',
      '1',
      '--runs',
      '2',
      stressedWorkload('held', holds('bad')),
    )
    expect(serious).toMatchObject([{ kind: 'use-after-free' }])
    const stacks = serious[0]!.stacks.map(({ role, frames }) => [role, frames[0]!.functionName])
    expect(stacks).toEqual([
      ['now', 'sum'],
      ['handed-over', 'hold'],
    ])
    expect(status).toBe(1)
  })

  // The seed settles the delays; what the scheduler adds to them on a busy machine it cannot.
  it('finds what only a late callback shows, and the seed shows it again', {
    retry: 3,
  }, async () => {
    const file = stressedWorkload('late', waits.bad)
    const { serious } = await checkJson('--stress', '--seed', '2', '--runs', '1', file)
    expect(serious).toMatchObject([{ kind: 'crash' }])
    const replay = noteOf(reportsOf(serious)[0], 'replay')
    expect(replay).toBe(`seamproof check --stress --seed 2 --runs 1 ${file}`)
    const again = await runCommandLine(sandbox.folder, `${replay} --json --quiet -o replayed`)
    const { findings } = JSON.parse(again.stdout.slice(again.stdout.indexOf('{'))) as FindingList
    const told = (list: readonly Finding[]) =>
      list.map(({ fingerprint, kind, message }) => ({ fingerprint, kind, message }))
    expect(told(findings.filter(({ severity }) => severity === 'error'))).toEqual(told(serious))
  })

  it('says nothing against twins that keep the buffer and wait', async () => {
    const file = stressedWorkload('calm', `${holds('good')}; ${waits.good}`)
    const { list, status } = await checkJson('--stress', '--seed', '1', '--runs', '3', file)
    expect(list.findings).toEqual([])
    expect(list.runs[0]!.notes.join()).toMatch(/[1-9]\d* full collections/)
    expect(status).toBe(0)
  })

  it.each([24, 26])('works with Node %i', async (major) => {
    const { serious } = await checkJson(
      '--stress',
      '--seed',
      '1',
      '--runs',
      '1',
      '--node',
      nodeBinary(major),
      stressedWorkload(`held-${major}`, holds('bad')),
    )
    expect(serious).toMatchObject([{ kind: 'use-after-free' }])
  })
})
