// Addons whose calls do not come by the wrappers: those of tables are brought back, of the others it is said.
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, it } from 'vitest'
import { scratchFolder } from '../build-subject.js'
import { runTraced } from '../traced-run.js'
import { brokenRules, buildLayerAddon, layerSubjects, runLayer } from './layer-addon.js'

const folder = scratchFolder()
const layer = { mode: 'aggregate' as const, env: { SEAMPROOF_LAYER: '1' } }

async function buildRuntime(): Promise<string> {
  const output = join(folder, 'table-runtime')
  const source = join(layerSubjects, 'table-runtime.c')
  const flags = ['-g', '-O0', '-Wall', '-Wextra', '-rdynamic']
  await execa('gcc', [...flags, '-o', output, source, '-ldl'])
  return output
}

describe('an addon whose env has tables of functions', { timeout: 60_000 }, () => {
  it('is checked through them, as if it had looked its functions up', async () => {
    const [runtime, addon] = await Promise.all([
      buildRuntime(),
      buildLayerAddon(folder, 'table-addon.c'),
    ])
    const run = await runTraced(folder, runtime, { ...layer, args: [addon] })
    expect(run.code).toBe(0)
    expect(brokenRules(run)).toEqual(['SEAM-REF-002'])
    const { findings, crossings, unseenAddons } = run.trace.meta.layer!
    expect(findings[0]).toMatchObject({ addonPath: addon, exportName: 'broken', phase: 'callback' })
    expect(crossings.map(({ exportName }) => exportName)).toEqual(['broken'])
    expect(unseenAddons).toEqual([])
  })

  it('is silent when it keeps the rules', async () => {
    const runtime = await buildRuntime()
    const addon = await buildLayerAddon(folder, 'table-addon.c', ['-DFIXED'])
    const run = await runTraced(folder, runtime, { ...layer, args: [addon] })
    expect(run.code).toBe(0)
    expect(brokenRules(run)).toEqual([])
  })

  it('is said to be unseen when the tables are not where they were expected', async () => {
    const runtime = await buildRuntime()
    const addon = await buildLayerAddon(folder, 'table-addon.c', ['-DFIXED'])
    const run = await runTraced(folder, runtime, { ...layer, args: [addon, 'hidden'] })
    expect(run.code).toBe(0)
    expect(run.trace.meta.layer!.unseenAddons).toEqual([{ addonPath: addon, reason: 'table' }])
  })
})

describe('the layer', { timeout: 60_000 }, () => {
  it('takes nothing from the allocator of the process in 100,000 callbacks that break a rule and make objects', async () => {
    const [runtime, addon] = await Promise.all([
      buildRuntime(),
      buildLayerAddon(folder, 'table-addon.c'),
    ])
    const run = await runTraced(folder, runtime, { ...layer, args: [addon, 'watch'] })
    // The second number is with one that the runtime makes: the count works.
    expect(run).toMatchObject({ code: 0, stdout: '0 1' })
    const { crossings, findings } = run.trace.meta.layer!
    expect(crossings[0]).toMatchObject({ callCount: 100_001 })
    expect(findings.map(({ ruleId, count }) => [ruleId, count])).toEqual([
      ['SEAM-REF-002', 1],
      ['SEAM-REF-002', 100_000],
    ])
  })
})

describe('an addon that nothing is seen of', { timeout: 60_000 }, () => {
  it('is named when it takes its functions past every lookup', async () => {
    const addon = await buildLayerAddon(folder, 'takes-pointers.c')
    const run = await runLayer(folder, ['-p', `require(${JSON.stringify(addon)}).seven()`])
    expect(run.stdout).toBe('7')
    expect(run.trace.meta.layer!.unseenAddons).toEqual([{ addonPath: addon, reason: 'no-call' }])
  })

  it.each([
    ['by a symbol', ['-DBY_SYMBOL']],
    ['by a constructor', []],
  ])('is named when it uses the interface of V8, registered %s', async (_, flags) => {
    const abi = `-DABI=${process.versions.modules}`
    const addon = await buildLayerAddon(folder, 'v8-addon.c', [abi, ...flags])
    const run = await runLayer(folder, ['-e', `require(${JSON.stringify(addon)})`])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.trace.meta.layer!.unseenAddons).toEqual([{ addonPath: addon, reason: 'v8' }])
  })

  it('is not an addon whose calls are seen', async () => {
    const addon = await buildLayerAddon(folder, 'ways-in.c')
    const run = await runLayer(folder, ['-e', `require(${JSON.stringify(addon)}).broken()`])
    expect(run.trace.meta.layer!.unseenAddons).toEqual([])
  })
})

describe('pass-through', { timeout: 60_000 }, () => {
  it('lets an addon work, checks nothing, and never looks like a check', async () => {
    const addon = await buildLayerAddon(folder, 'exit.c')
    const code = `const { ask } = require(${JSON.stringify(addon)}); console.log(ask(), ask())`
    const run = await runLayer(folder, ['-e', code], { env: { SEAMPROOF_LAYER: 'pass' } })
    expect(run).toMatchObject({ code: 0, stdout: '0 0' })
    expect(run.trace.meta.layer).toBeNull()
    expect(run.trace.meta.notes).toEqual([
      'the seam layer passes every call on: nothing is checked',
    ])
  })
})
