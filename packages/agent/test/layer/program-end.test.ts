import { describe, expect, it } from 'vitest'
import { scratchFolder } from '../build-subject.js'
import { brokenRules, buildLayerAddon, runLayer } from './layer-addon.js'

const folder = scratchFolder()

async function runCode(code: string) {
  const addon = await buildLayerAddon(folder, 'exit.c')
  const all = `const addon = require(${JSON.stringify(addon)}); globalThis.kept = addon.hold(); ${code}`
  return await runLayer(folder, ['-e', all])
}

describe('a block that JavaScript holds', { timeout: 60_000 }, () => {
  it.each([
    ['process.exit()', 'process.exit(0)'],
    ['an end by itself', ''],
    ['process.exit() in a later turn', 'setTimeout(() => process.exit(0), 10)'],
  ])('may be freed by a destructor after %s', async (_, code) => {
    const run = await runCode(code)
    expect(run.code).toBe(0)
    expect(brokenRules(run)).toEqual([])
  })

  it('may not be freed before, without a finalizer either', async () => {
    const run = await runCode('addon.drop(); process.exit(0)')
    expect(brokenRules(run)).toEqual(['SEAM-HANDOFF-001'])
    const finding = run.trace.meta.layer!.findings[0]!
    expect(finding.stacks.map((stack) => stack.role)).toEqual(['now', 'created', 'freed'])
    expect(await run.trace.stackNames(finding.stacks[0]!.stack)).toContain('drop')
    expect(await run.trace.stackNames(finding.stacks[1]!.stack)).toContain('hold')
  })
})
