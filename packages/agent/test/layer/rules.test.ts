import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { nodeBinary, otherNodeMajors } from '../../../../scripts/node-versions.mjs'
import { layerRules } from '../../../seamproof/src/contract/layer-rules/layer-rules.js'
import { nativeFolder, scratchFolder } from '../build-subject.js'
import { brokenRules, buildLayerAddon, driveArguments, runLayer } from './layer-addon.js'

const folder = scratchFolder()
let addon = ''
beforeAll(async () => {
  addon = await buildLayerAddon(folder, 'rules.c')
}, 60_000)

/** Decided from round to round by the judge: see packages/seamproof/test. */
const decidedInRounds = ['SEAM-REF-004', 'SEAM-TSFN-003']
const decidedInRun = layerRules.map((rule) => rule.id).filter((id) => !decidedInRounds.includes(id))
const caseOf = (id: string) => id.replace('SEAM-', '').replace('-', '_')

/** What a subject that breaks these does to itself, layer or not. */
const endsBadly = new Set(['SEAM-SCOPE-003', 'SEAM-HANDOFF-006'])

/** On a machine that is busy with other things every callback may hold the loop for long. */
const patient = { SEAMPROOF_LAYER_LOOP_MS: '60000' }

describe('the rules of the seam layer', () => {
  it.each(decidedInRun)('%s fires with exactly that id when it is broken', async (id) => {
    const run = await runLayer(folder, driveArguments(addon, `${caseOf(id)}_bad`))
    expect(brokenRules(run)).toEqual([id])
    if (!endsBadly.has(id)) expect(run).toMatchObject({ code: 0, signal: undefined })
  })

  it('say nothing to the twins that do the same rightly', async () => {
    const cases = layerRules.map((rule) => `${caseOf(rule.id)}_good`)
    const run = await runLayer(folder, driveArguments(addon, ...cases), { env: patient })
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(brokenRules(run)).toEqual([])
  })

  it('are the same in the agent and in the table of the rules, severities too', () => {
    const source = readFileSync(join(nativeFolder, 'layer_rules.h'), 'utf8')
    const inAgent = [...source.matchAll(/RULE\(\w+, "([\w-]+)", LYR_(\w+)\)/g)].map(
      ([, id, severity]) => `${id} ${severity!.toLowerCase()}`,
    )
    const inTable = layerRules
      .filter((rule) => decidedInRun.includes(rule.id))
      .map((rule) => `${rule.id} ${rule.severity}`)
    expect(inAgent.sort()).toEqual(inTable.sort())
  })

  it('name the addon, the export, the phase and the stacks of the object', async () => {
    const run = await runLayer(folder, driveArguments(addon, 'REF_002_bad'))
    const finding = run.trace.meta.layer!.findings[0]!
    expect(finding).toMatchObject({
      ruleId: 'SEAM-REF-002',
      exportName: 'REF_002_bad',
      functionName: 'napi_delete_reference',
      phase: 'callback',
      objectKind: 'reference',
      addonPath: addon,
    })
    expect(finding.stacks.map((stack) => stack.role)).toEqual(['now', 'created', 'freed'])
    for (const { stack } of finding.stacks)
      expect((await run.trace.stackNames(stack)).includes('REF_002_bad')).toBe(true)
  })
})

/** One of each way in which the layer sees things. */
const spotChecks = [
  'SEAM-REF-002',
  'SEAM-SCOPE-001',
  'SEAM-ENV-001',
  'SEAM-ENV-004',
  'SEAM-WORK-002',
  'SEAM-PROMISE-001',
  'SEAM-TSFN-001',
  'SEAM-HANDOFF-001',
  'SEAM-HOOK-001',
  'SEAM-ERROR-002',
]

describe.each(otherNodeMajors)('on Node %i', (major) => {
  const node = nodeBinary(major)

  it('the twins are silent', { timeout: 120_000 }, async () => {
    if (!existsSync(node)) throw new Error(`this test needs Node ${major}: npm run setup`)
    const cases = layerRules.map((rule) => `${caseOf(rule.id)}_good`)
    const run = await runLayer(folder, driveArguments(addon, ...cases), { node, env: patient })
    expect(run.code).toBe(0)
    expect(brokenRules(run)).toEqual([])
  })

  it.each(spotChecks)('%s fires', { timeout: 120_000 }, async (id) => {
    if (!existsSync(node)) throw new Error(`this test needs Node ${major}: npm run setup`)
    const run = await runLayer(folder, driveArguments(addon, `${caseOf(id)}_bad`), { node })
    expect(brokenRules(run)).toEqual([id])
  })
})
