import { describe, expect, test } from 'vitest'
import type { FindingList } from '../../src/contract/finding.js'
import type { ValidationStage, VerdictRow } from '../../src/contract/validation.js'
import {
  componentRisks,
  excuseUnmeasured,
  orderedRows,
  overallStatus,
  safetyRows,
} from '../../src/judge/judge-validation.js'
import { allInstruments, finding, listOf, notRunBy, ranBy } from '../report/validation-sample.js'

const options = {
  components: [{ component: 'grid', workloads: ['draw', 'scroll'] }],
  findingsPath: 'check/findings.json',
}
const rowsOf = (list: FindingList) => safetyRows(list, options)
const row = (rows: readonly VerdictRow[], name: string) => rows.find((one) => one.name === name)!

describe('safety rows', () => {
  test('pass only when an instrument that can answer ran every workload and found nothing', () => {
    const rows = rowsOf(listOf(allInstruments))
    expect(rows.map(({ status }) => status)).toEqual(rows.map(() => 'pass'))
    expect(row(rows, 'memory errors').evidence).toBe('0 errors by asan, memcheck on 2 workloads')
  })

  test('a row whose instruments did not run is not-run with the reason, never a pass', () => {
    const rows = rowsOf(listOf([ranBy('track'), notRunBy('tsan', 'gcc has no libtsan')]))
    expect(row(rows, 'leaks').status).toBe('pass')
    expect(row(rows, 'races')).toMatchObject({ status: 'not-run', reason: 'gcc has no libtsan' })
    expect(row(rows, 'Node-API rules').reason).toContain('seamproof check --with layer')
  })

  test('a workload that no instrument finished keeps the row from passing', () => {
    const rows = rowsOf(listOf([ranBy('track', { workloads: ['draw'] })]))
    expect(row(rows, 'leaks')).toMatchObject({ status: 'not-run' })
    expect(row(rows, 'leaks').reason).toContain('"scroll"')
  })

  test('a new error fails its row alone, and only in the component whose workload shows it', () => {
    const list = listOf(allInstruments, [finding({ workloads: ['draw'] })])
    const rows = safetyRows(list, {
      ...options,
      components: [
        { component: 'grid', workloads: ['draw'] },
        { component: 'other', workloads: ['scroll'] },
      ],
    })
    const failed = rows.filter(({ status }) => status === 'fail')
    expect(failed.map(({ component, name }) => [component, name])).toEqual([['grid', 'leaks']])
    expect(failed[0]!.evidence).toContain('grow<"x"> (grid.c:88)')
  })

  test('what was accepted with a reason does not fail, and is told', () => {
    const accepted = finding({ status: 'known', acceptedBy: { reason: 'upstream #12' } })
    const rows = rowsOf(listOf(allInstruments, [accepted]))
    expect(row(rows, 'leaks').status).toBe('pass')
    expect(row(rows, 'leaks').evidence).toContain('1 accepted with a reason')
  })

  test('a defect that only failing calls show is told in their row too', () => {
    const list = listOf(allInstruments, [finding({ kind: 'crash', instruments: ['inject'] })])
    expect(row(rowsOf(list), 'failing calls').status).toBe('fail')
  })
})

describe('risks', () => {
  const riskOf = (list: FindingList) => componentRisks(rowsOf(list))[0]

  test('are low when everything was looked at, high when something was found, unknown when nothing looked', () => {
    expect(riskOf(listOf(allInstruments))).toMatchObject({ risk: 'low' })
    expect(riskOf(listOf(allInstruments, [finding()]))).toMatchObject({ risk: 'high' })
    expect(riskOf(listOf([]))).toMatchObject({ risk: 'unknown' })
  })

  test('are medium when a required question is open, and the open one is named', () => {
    const risk = riskOf(listOf(allInstruments.filter(({ instrument }) => instrument !== 'tsan')))
    expect(risk).toMatchObject({ risk: 'medium' })
    expect(risk!.why).toContain('races')
  })
})

describe('the whole', () => {
  const some = (status: VerdictRow['status'], level: VerdictRow['level'] = 'error') => ({
    ...rowsOf(listOf(allInstruments))[0]!,
    status,
    level,
  })

  test('fails on a failed row, is not-run on a row that was not run, and passes only when all did', () => {
    expect(overallStatus([some('pass'), some('not-run'), some('fail')])).toBe('fail')
    expect(overallStatus([some('pass'), some('inconclusive'), some('not-run')])).toBe('not-run')
    expect(overallStatus([some('pass'), some('inconclusive')])).toBe('inconclusive')
    expect(overallStatus([some('pass')])).toBe('pass')
  })

  test('is not decided by rows that only advise, and is not-run without any other', () => {
    expect(overallStatus([some('pass'), some('fail', 'warn')])).toBe('pass')
    expect(overallStatus([some('pass', 'warn')])).toBe('not-run')
  })
})

describe('targets without a number', () => {
  const missed: VerdictRow = {
    component: 'subject',
    part: 'performance',
    name: 'memory growth',
    metric: 'memory growth',
    target: '< 10%',
    level: 'error',
    status: 'fail',
    evidence: 'no data',
    links: [],
  }
  const soak = { name: 'soak', wallMs: 0, folder: 'soak' } as const

  test('fail when the stage ran and measured nothing, and are not-run when it was left out or broke', () => {
    const of = (stage: ValidationStage) => excuseUnmeasured([missed], [stage])[0]!
    expect(of({ ...soak, status: 'done' }).status).toBe('fail')
    expect(of({ ...soak, status: 'skipped', reason: '--skip soak' })).toMatchObject({
      status: 'not-run',
      reason: 'soak was left out: --skip soak',
    })
    expect(of({ ...soak, status: 'failed', reason: 'it crashed' }).reason).toContain('it crashed')
  })

  test('rows of a component stand together, in the order of the config', () => {
    const rows = ['b', 'subject', 'a', 'b'].map((component) => ({ ...missed, component }))
    expect(orderedRows(rows, ['a', 'b']).map(({ component }) => component)).toEqual([
      'a',
      'b',
      'b',
      'subject',
    ])
  })
})
