/** JUnit XML of a validation: one suite for each component, one case for each row of the verdict table. */
import { create } from 'xmlbuilder'
import type { Validation, VerdictRow } from '../../contract/validation.js'

export function validationJunit({ rows, createdAt, subject }: Validation): string {
  const root = create('testsuites', { encoding: 'UTF-8' })
  root.att({ name: xmlText(`seamproof ${subject.name}`), ...countsOf(rows), time: '0' })
  for (const component of new Set(rows.map((row) => row.component))) {
    const own = rows.filter((row) => row.component === component)
    const suite = root.ele('testsuite', {
      name: xmlText(component),
      ...countsOf(own),
      errors: 0,
      time: '0',
      timestamp: createdAt.replace(/\.\d+Z$/, ''),
      hostname: 'localhost',
    })
    for (const row of own) {
      const { name, part, target, evidence, reason, status } = row
      const one = suite.ele('testcase', {
        classname: xmlText(`${component}.${part}`),
        name: xmlText(`${name}: ${target}`),
        time: '0',
      })
      const told = xmlText([evidence, reason].filter(Boolean).join('; '))
      if (isFailure(row)) one.ele('failure', { message: told, type: status }, told)
      else if (status === 'not-run' || status === 'inconclusive')
        one.ele('skipped', { message: told })
      else one.ele('system-out', {}, told)
    }
  }
  return `${root.end({ pretty: true })}\n`
}

/** A row that only advises fails no test. */
const isFailure = ({ status, level }: VerdictRow): boolean => status === 'fail' && level === 'error'

function countsOf(rows: readonly VerdictRow[]) {
  return {
    tests: rows.length,
    failures: rows.filter(isFailure).length,
    skipped: rows.filter(({ status }) => status === 'not-run' || status === 'inconclusive').length,
  }
}

/** XML 1.0 has no way to write these. */
const xmlText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
