import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, it } from 'vitest'
import { nativeFolder, scratchFolder } from '../build-subject.js'
import { runTraced } from '../traced-run.js'
import { brokenRules, buildLayerAddon, driveArguments, runLayer } from './layer-addon.js'

const folder = scratchFolder()

describe('the wrappers of Node-API', () => {
  it('are those that the headers ask for', async () => {
    const script = join(nativeFolder, '../scripts/gen-napi-wrappers.mjs')
    const result = await execa(process.execPath, [script, '--check'], { reject: false })
    expect(result.stderr).toBe('')
    expect(result.exitCode).toBe(0)
  })

  it.each([
    ['bound at the first call', ['-Wl,-z,lazy']],
    ['bound when it is loaded', ['-Wl,-z,now', '-Wl,-z,relro']],
    ['called through the offset table', ['-fno-plt']],
    ['registered by a constructor', ['-DBY_CONSTRUCTOR']],
    ['looked up with dlsym', ['-DBY_DLSYM']],
  ])('are reached by an addon that is %s', { timeout: 60_000 }, async (name, flags) => {
    const own = `${folder}/${name.replaceAll(' ', '-')}`
    await execa('mkdir', ['-p', own])
    const addon = await buildLayerAddon(own, 'ways-in.c', flags)
    const run = await runLayer(folder, ['-e', `require(${JSON.stringify(addon)}).broken()`])
    expect(brokenRules(run)).toEqual(['SEAM-REF-002'])
    const finding = run.trace.meta.layer!.findings[0]!
    expect(finding).toMatchObject({ addonPath: addon, exportName: 'broken', phase: 'callback' })
  })

  it('are reached in a Worker, and by an addon that another one loads', async () => {
    const addon = await buildLayerAddon(folder, 'ways-in.c')
    const code = `new (require('node:worker_threads').Worker)('require(' + ${JSON.stringify(JSON.stringify(addon))} + ').broken()', { eval: true })`
    const run = await runLayer(folder, ['-e', code])
    expect(brokenRules(run)).toEqual(['SEAM-REF-002'])
    expect(run.code).toBe(0)
  })

  it('are not there without SEAMPROOF_LAYER', async () => {
    const addon = await buildLayerAddon(folder, 'rules.c')
    const run = await runTraced(folder, process.execPath, {
      args: ['--expose-gc', ...driveArguments(addon, 'REF_004_bad')],
    })
    expect(run.code).toBe(0)
    expect(run.trace.meta.layer).toBeNull()
  })
})
