import { describe, expect, test } from 'vitest'
import type { CaptureFacts } from '../../src/contract/facts.js'
import { buildFlamegraphDocument } from '../../src/report/flamegraph/build-document.js'
import { leaksJson } from '../../src/report/json/report-json.js'
import { renderLeaks } from '../../src/report/text/render-leaks.js'
import { columns } from '../../src/report/text/text-style.js'
import { cleanFacts, cleanVerdicts, leakyFacts, leakyVerdicts } from './synthetic-facts.js'
import { js } from './synthetic-frames.js'

const leaky = () => {
  const facts = leakyFacts(40)
  return renderLeaks(facts, leakyVerdicts(facts), { capture: 'thumbs.seamproof' })
}

/** As if the call that leaks also led to the group that is uneven. */
function withPart() {
  const facts = leakyFacts(40)
  const verdicts = leakyVerdicts(facts)
  const part = verdicts.leaks.find((leak) => leak.groupId === 'c3d2-uneven')!
  Object.assign(part, { status: 'fail', partOf: 'a1f0-encode' })
  return { facts, verdicts }
}

describe('leaks as text', () => {
  test('a leak is told from the verdict to the next command', () => {
    expect(leaky()).toMatchSnapshot()
  })

  test('the first line of a leak gives rate, function, native line and JavaScript line', () => {
    expect(leaky()).toContain('LEAK  64 B/op, 1.00 block/op  encode  addon.cc:88  ← thumb.ts:12')
  })

  test('the function that is named is the one its author wrote, not the template around malloc', () => {
    expect(leaky()).not.toMatch(/^LEAK .*std::vector/m)
  })

  test('the JavaScript line is the program’s own, not that of a package around the addon', () => {
    const facts = leakyFacts(40)
    const group = facts.processes[0]!.groups[0]!
    const wrapper = js('createThumb', '/srv/thumbs/node_modules/thumb/index.js', 67)
    const index = facts.processes[0]!.frames.push(wrapper) - 1
    for (const site of group.callSites) site.frameIndexes.unshift(index)
    expect(renderLeaks(facts, leakyVerdicts(facts))).toMatch(/^LEAK .* ← thumb\.ts:12$/m)
    for (const site of group.callSites) site.frameIndexes = [index]
    expect(renderLeaks(facts, leakyVerdicts(facts))).toMatch(/^LEAK .* ← index\.js:67$/m)
  })

  test('a suppressed group is listed with its reason and not counted as a leak', () => {
    const text = leaky()
    expect(text).toMatch(/^1 leak$/m)
    expect(text).toContain('thumb.node+0x960e: known, fixed upstream in 2.1')
  })

  test('what the same call leaks elsewhere is a line of the leak, and not a leak of its own', () => {
    const { facts, verdicts } = withPart()
    const text = renderLeaks(facts, verdicts)
    expect(text).toMatch(/^1 leak$/m)
    expect(text).toMatch(
      /^LEAK .* encode .*\n {2}also by the same call: 26\.6 B\/op, 0\.013 block\/op {2}cache_row$/m,
    )
    expect(text.match(/^LEAK/gm)).toHaveLength(1)
    const { leaks } = leaksJson(facts, verdicts)
    const partOf = leaks.map((leak) => [leak.groupId, leak.partOf])
    expect(partOf).toContainEqual(['c3d2-uneven', 'a1f0-encode'])
    const page = buildFlamegraphDocument(facts, verdicts)
    expect(page.leaks.filter((leak) => leak.status === 'fail')).toHaveLength(1)
  })

  test('a part whose leak is gone from the facts is told by itself', () => {
    const { facts, verdicts } = withPart()
    const { groups } = facts.processes[0]!
    groups.splice(0, 1)
    expect(renderLeaks(facts, verdicts)).toMatch(/^LEAK .* cache_row /m)
  })

  test('call sites of one line are one, told as far out as they are the same', () => {
    const facts = leakyFacts(40)
    const { frames, groups } = facts.processes[0]!
    const frame = (name: string, line: number) => frames.push(js(name, 'src/a.ts', line)) - 1
    const [inner, middle, left, right] = [
      frame('read', 3),
      frame('load', 9),
      frame('one', 20),
      frame('two', 30),
    ]
    const other = frame('save', 50)
    groups[0]!.callSites = [
      { frameIndexes: [inner!, middle!, left!], share: 0.5 },
      { frameIndexes: [inner!, middle!, right!], share: 0.4 },
      { frameIndexes: [other], share: 0.1 },
    ]
    const text = renderLeaks(facts, leakyVerdicts(facts))
    expect(text).toMatch(
      /called from\n +90\.0 % {2}read a\.ts:3 ← load a\.ts:9\n +10\.0 % {2}save a\.ts:50\n/,
    )
  })

  test('without a leak the evidence is given, and nothing is called a leak', () => {
    const text = renderLeaks(cleanFacts(), cleanVerdicts)
    expect(text).toMatch(/^No leak$/m)
    expect(text).toContain('0 of 312 groups grow over 6 rounds of 2,000 operations')
    expect(text).not.toContain('LEAK')
  })

  test('a check that did not run is never called "No leak"', () => {
    const verdicts = {
      ...cleanVerdicts,
      checks: [{ check: 'leaks', status: 'not-run' as const, reason: 'too short', evidence: '' }],
    }
    const text = renderLeaks(cleanFacts(), verdicts)
    expect(text).toMatch(/^Nothing was checked$/m)
    expect(text).toContain('too short')
  })

  test('an inconclusive check beside passing ones is not all clear', () => {
    const [pass] = cleanVerdicts.checks
    const verdicts = {
      ...cleanVerdicts,
      checks: [
        pass!,
        { check: 'threads', status: 'inconclusive' as const, reason: 'uneven', evidence: '11 12' },
      ],
    }
    expect(renderLeaks(cleanFacts(), verdicts)).toMatch(/^No leak proven/m)
  })

  test('growth over the life of a program is said to be weaker evidence', () => {
    const facts = leakyFacts(40)
    for (const group of facts.processes[0]!.groups) group.evidence = 'lifetime'
    const text = renderLeaks(facts, leakyVerdicts(facts))
    expect(text).toContain('Weaker evidence')
    expect(text).toContain('64 B/s, 1.00 block/s')
  })

  test('everything that was not seen is printed', () => {
    const facts = leakyFacts(40)
    const process = facts.processes[0]!
    process.end = 'killed'
    process.losses = {
      eventsDropped: 1,
      stacksTruncated: 2,
      walksEndedEarly: 3,
      nodeTableFull: 4,
      foreignStackWalks: 5,
      untrackedCalls: 6,
      damagedChunks: 7,
      damagedBytes: 4096,
      notes: ['the module is gone: thumb.node'],
    }
    const text = renderLeaks(facts, leakyVerdicts(facts))
    for (const part of [
      'killed',
      '1 event dropped',
      '2 stacks cut',
      '3 stack walks ended',
      '4 stacks cut because',
      '5 walks on a stack',
      '6 calls passed untracked',
      '7 damaged chunks skipped (4.00 KiB',
      'the module is gone: thumb.node',
    ])
      expect(text).toContain(part)
  })

  test('no line is wider than asked, whatever the names', () => {
    const facts = leakyFacts(40)
    for (const frame of facts.processes[0]!.frames) frame.functionName += '<T>'.repeat(80)
    for (const width of [80, 100, 160]) {
      const lines = renderLeaks(facts, leakyVerdicts(facts), { width }).split('\n')
      expect(lines.filter((line) => columns(line) > width)).toEqual([])
    }
  })

  test('colours are there only when asked for', () => {
    const facts = leakyFacts(40)
    expect(leaky()).not.toContain('\u001b')
    expect(renderLeaks(facts, leakyVerdicts(facts), { color: true })).toContain('\u001b[')
  })

  test('control characters in names never reach the terminal', () => {
    const facts: CaptureFacts = leakyFacts(40)
    const hostile = '\u001b]0;owned\u0007\u001b[2J\u202e'
    for (const frame of facts.processes[0]!.frames) {
      frame.functionName += hostile
      if (frame.file !== undefined) frame.file += hostile
      if (frame.moduleName !== undefined) frame.moduleName += hostile
    }
    facts.processes[0]!.argv = [hostile]
    facts.processes[0]!.losses.notes = [hostile]
    const verdicts = leakyVerdicts(facts)
    for (const leak of verdicts.leaks) leak.reason += hostile
    for (const check of verdicts.checks) check.evidence += hostile
    const text = renderLeaks(facts, verdicts)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(text).toContain('encode')
  })

  test('a capture name with a quote can be pasted into a shell', () => {
    const facts = leakyFacts(40)
    const text = renderLeaks(facts, leakyVerdicts(facts), { capture: "it's here" })
    expect(text).toContain(`seamproof flamegraph 'it'\\''s here'`)
  })
})
