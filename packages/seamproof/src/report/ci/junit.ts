/** JUnit XML: one suite for each workload file or program, one case for each instrument, and one for each workload's leaks. */
import { create, type XMLElement } from 'xmlbuilder'
import type { Finding, FindingList } from '../../contract/finding.js'
import type { CheckVerdict } from '../../contract/verdict.js'
import { kindTitles, locationText } from '../finding-text.js'

export function findingsJunit(list: FindingList): string {
  const root = create('testsuites', { encoding: 'UTF-8' })
  const { checks, createdAt } = list
  root.att({ name: 'seamproof', ...countsOf(checks), time: secondsOf(checks, list) })
  for (const target of new Set(checks.map((check) => check.target ?? ''))) {
    const own = checks.filter((check) => (check.target ?? '') === target)
    const suite = root.ele('testsuite', {
      name: xmlText(target),
      ...countsOf(own),
      errors: 0,
      time: secondsOf(own, list),
      timestamp: createdAt.replace(/\.\d+Z$/, ''),
      hostname: 'localhost',
    })
    for (const check of own) addCase(suite, check, list)
  }
  return `${root.end({ pretty: true })}\n`
}

function countsOf(checks: readonly CheckVerdict[]) {
  const of = (status: CheckVerdict['status']) =>
    checks.filter((check) => check.status === status).length
  return { tests: checks.length, failures: of('fail'), skipped: of('not-run') }
}

function secondsOf(checks: readonly CheckVerdict[], list: FindingList): string {
  return checks.reduce((sum, check) => sum + caseSeconds(check, list), 0).toFixed(3)
}

function caseSeconds({ instrument, target }: CheckVerdict, { runs }: FindingList): number {
  const run = runs.find((one) => one.instrument === instrument && one.target === target)
  return (run?.wallMs ?? 0) / 1000
}

function addCase(suite: XMLElement, check: CheckVerdict, list: FindingList): void {
  const { target = 'seamproof', status, evidence, reason, instrument } = check
  const one = suite.ele('testcase', {
    classname: xmlText(target),
    name: xmlText(instrument ?? check.check),
    time: caseSeconds(check, list).toFixed(3),
  })
  const told = list.findings.filter((finding) => finding.status === 'new' && isOf(finding, check))
  const text = [
    evidence,
    reason === undefined ? '' : `${status}: ${reason}`,
    ...told.map(findingLines),
  ]
    .filter(Boolean)
    .join('\n\n')
  // A check that did not run is no pass; what is merely unsure is told, and is no failure either.
  if (status === 'fail')
    one.ele('failure', { message: xmlText(evidence), type: 'finding' }, xmlText(text))
  else if (status === 'not-run') one.ele('skipped', { message: xmlText(reason ?? '') })
  if (status !== 'fail') one.ele('system-out', {}, xmlText(text))
}

function isOf(
  { seenBy, kind, workloads }: Finding,
  { instrument, target, check }: CheckVerdict,
): boolean {
  if (instrument === undefined)
    return kind === 'leak' && workloads.some((workload) => check === `leaks: ${workload}`)
  return seenBy.some((one) => one.instrument === instrument && one.target === target)
}

function findingLines(finding: Finding): string {
  return [
    `${finding.severity}: ${kindTitles[finding.kind]}: ${finding.message}`,
    locationText(finding),
    `fingerprint ${finding.fingerprint}`,
    finding.reproduce,
  ]
    .filter(Boolean)
    .join('\n  ')
}

/** XML 1.0 has no way to write control characters; names come from files that others made. */
const xmlText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
