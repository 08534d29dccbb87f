import { createRequire } from 'node:module'
import AjvModule from 'ajv-draft-04'
import addFormatsModule from 'ajv-formats'
import type { Result } from 'sarif'
import { describe, expect, it } from 'vitest'
import { extendedBaseline } from '../../src/judge/accepted-findings.js'
import { findingsMarkdown } from '../../src/report/ci/findings-markdown.js'
import { githubAnnotations } from '../../src/report/ci/github-annotations.js'
import { findingsJunit } from '../../src/report/ci/junit.js'
import { findingsSarif } from '../../src/report/ci/sarif.js'
import { renderFindings } from '../../src/report/text/render-findings.js'
import { madeRun, own } from '../analyze/made-reports.js'
import { madeReport, runs } from './made-findings.js'

const Ajv = AjvModule.default
const schema = createRequire(import.meta.url)(
  '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json',
) as object
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
addFormatsModule.default(ajv)
const validateSarif = ajv.compile(schema)

/** Names with everything that a format gives a meaning to. */
const hostile = madeRun('asan', [
  {
    kind: 'overflow',
    rule: 'heap-buffer-overflow',
    message: 'a % of <b>&"\'`|*\n::error::\u0007\u001b[31m]]>',
    stacks: [
      {
        role: 'now',
        frames: [own('operator<<(\u202e, "x")', { file: '/app/a dir/ü,:%.cc', line: 3 })],
      },
    ],
  },
])

const accepted = (pattern: RegExp) =>
  extendedBaseline(
    [],
    madeReport().list.findings.filter(({ message }) => pattern.test(message)),
    { reason: 'before the checks', expires: '2027-01-31' },
  )

describe('findings as text', () => {
  it('show each defect with its life, its workload and how to see it again, then who looked at what', () => {
    expect(renderFindings(madeReport(runs, accepted(/deleted twice/)))).toMatchSnapshot()
  })

  it('begin with the rates where leaks were asked for', () => {
    const text = renderFindings(madeReport(), { isLeakSuite: true })
    expect(text.indexOf('Leaks per workload')).toBeLessThan(text.indexOf('ERROR'))
    expect(text).toMatch(/make a thumbnail +64 B\/op +1\.00\/op +64 B\/op +1\.00\/op/)
  })

  it('say in words that nothing was found', () => {
    const text = renderFindings(madeReport([madeRun('asan', [])]))
    expect(text).toContain('✓ pass  no new finding, 1 of 1 run made')
    expect(text).not.toContain('ERROR')
  })

  it('do not show half a look as a whole pass', () => {
    const report = madeReport([madeRun('asan', [], { isPartial: true })])
    expect(renderFindings(report)).toMatch(/thumb\.seam\.ts +✓ partly/)
    expect(findingsMarkdown(report)).toContain('partly')
  })

  it('let no name reach the terminal as control characters', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(renderFindings(madeReport([hostile]))).not.toMatch(/[\u0007\u001b\u202e]/)
  })

  it('stop at the limit, and say how to see the rest', () => {
    expect(renderFindings(madeReport(), { limit: 1 })).toContain('… and 2 more findings: --limit 3')
  })
})

describe('findings as SARIF', () => {
  const log = findingsSarif(madeReport(runs, accepted(/deleted twice/)).list, {
    rootUri: 'file:///app/',
  })
  const [run] = log.runs
  const resultOf = (id: string): Result => run!.results!.find(({ ruleId }) => ruleId === id)!

  it.each([
    ['all kinds', madeReport(runs, accepted(/deleted twice/))],
    ['hostile names', madeReport([hostile])],
    ['nothing', madeReport([])],
  ])('keep the schema of SARIF 2.1.0 with %s', (_, { list }) => {
    const text = JSON.stringify(findingsSarif(list, { rootUri: 'file:///app/' }))
    validateSarif(JSON.parse(text))
    expect(validateSarif.errors ?? []).toEqual([])
  })

  it('would not pass with a field of the wrong kind', () => {
    expect(validateSarif({ ...log, version: '2.0.0' })).toBe(false)
  })

  it('name the line in the checkout, and the stacks with both sides of the seam', () => {
    const { locations, stacks, relatedLocations, codeFlows } = resultOf('use-after-free')
    expect(locations![0]!.physicalLocation).toEqual({
      artifactLocation: { uri: 'src/thumb.cc', uriBaseId: 'ROOT' },
      region: { startLine: 61 },
    })
    expect(stacks!.map(({ message }) => message!.text)).toEqual([
      'here (thread 1)',
      'freed',
      'allocated',
    ])
    expect(
      relatedLocations!.map(({ physicalLocation }) => physicalLocation!.region!.startLine),
    ).toEqual([61, 70, 20])
    expect(
      codeFlows![0]!.threadFlows[0]!.locations.map(({ location }) => location!.message!.text),
    ).toEqual(['allocated: open', 'freed: drop', 'here: paint', 'here: paint'])
  })

  it('carry the fingerprint, and for a rule of Node-API the page that explains it', () => {
    const { partialFingerprints, ruleIndex, suppressions, baselineState } = resultOf('SEAM-REF-002')
    expect(partialFingerprints).toEqual({
      'seamproof/v1': expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    expect(run!.tool.driver.rules![ruleIndex!]!.helpUri).toContain('napi_delete_reference')
    expect(suppressions).toMatchObject([{ justification: 'before the checks' }])
    expect(baselineState).toBe('unchanged')
  })

  it('tell what did not run', () => {
    const [notification] = run!.invocations![0]!.toolExecutionNotifications!
    expect(notification!.message.text).toContain('tsan did not run on thumb.seam.ts')
  })
})

describe('findings as JUnit', () => {
  const xml = findingsJunit(madeReport().list)

  it('have a case for each instrument and for the leaks of each workload', () => {
    expect(xml).toMatch(/<testsuites name="seamproof" tests="5" failures="3" skipped="1"/)
    expect(xml).toMatch(/<testsuite name="thumb\.seam\.ts" tests="5" failures="3" skipped="1"/)
    expect(
      [...xml.matchAll(/<testcase classname="[^"]*" name="([^"]*)"/g)].map(([, name]) => name),
    ).toEqual(['layer', 'memcheck', 'track', 'tsan', 'leaks: make a thumbnail'])
  })

  it('skip what did not run, with the reason', () => {
    expect(xml).toContain('<skipped message="gcc was not found; apt-get install --yes gcc"/>')
  })

  it('fail with the findings, their place and how to see them again', () => {
    expect(xml).toMatch(/<failure message="2 errors;[^"]*" type="finding">[^<]*use after free/)
    expect(xml).toContain('paint (thumb.cc:61)')
    expect(xml).toContain('seamproof check --with memcheck thumb.seam.ts')
  })

  it('hold nothing that XML cannot', () => {
    const text = findingsJunit(madeReport([hostile]).list)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(text).not.toMatch(/[\u0007\u001b]/)
    expect(text).toContain('&lt;b')
    expect(text).not.toContain('<b>')
  })
})

describe('findings as annotations of GitHub', () => {
  it('name file and line of what is new, from the root of the checkout', () => {
    const lines = githubAnnotations(madeReport(runs, accepted(/deleted twice/)).list, '/app/')
      .trim()
      .split('\n')
    expect(lines).toEqual([
      expect.stringMatching(
        /^::error file=src\/thumb\.cc,line=88,title=leak \(.*\)::64 B in 1 block/,
      ),
      expect.stringMatching(/^::error file=src\/thumb\.cc,line=61,title=use after free/),
      expect.stringMatching(/^::notice title=tsan did not run::/),
    ])
  })

  it('escape what would end the command or begin another', () => {
    const text = githubAnnotations(madeReport([hostile]).list, '/app/')
    expect(text.trim().split('\n')).toHaveLength(1)
    expect(text).toContain('file=a dir/ü%2C%3A%25.cc,line=3')
    expect(text).toContain('a %25 of')
  })
})

describe('findings as Markdown', () => {
  it('have the table of verdicts, the rates and each finding with its stacks folded', () => {
    expect(findingsMarkdown(madeReport(runs, accepted(/deleted twice/)))).toMatchSnapshot()
  })

  it('let no name be markup', () => {
    const text = findingsMarkdown(madeReport([hostile]))
    expect(text).toContain('a % of \\<b\\>&')
    expect(text).not.toMatch(/^::error/m)
  })
})
