import { describe, expect, it } from 'vitest'
import { scratchFolder } from '../build-subject.js'
import { buildLayerAddon, runLayer } from './layer-addon.js'

const folder = scratchFolder()

async function ask(env: Record<string, string>) {
  const addon = await buildLayerAddon(folder, 'exit.c')
  const code = `const { ask } = require(${JSON.stringify(addon)}); console.log(ask(), ask())`
  const run = await runLayer(folder, ['-e', code], { env })
  return { stdout: run.stdout, notes: run.trace.meta.notes }
}

const genericFailure = 9
const noExternalBuffersAllowed = 22

describe('a fault on purpose', { timeout: 60_000 }, () => {
  it('is not there unless it is asked for', async () => {
    expect(await ask({})).toEqual({ stdout: '0 0', notes: [] })
  })

  it('lets exactly the n-th call of the callbacks fail, and says which it was', async () => {
    // Each turn makes two calls: the buffer, and the number that is returned.
    expect(await ask({ SEAMPROOF_LAYER_FAIL: '1' })).toEqual({
      stdout: `${genericFailure} 0`,
      notes: ['injected: napi_create_external_buffer in ask was call 1, and failed'],
    })
    expect(await ask({ SEAMPROOF_LAYER_FAIL: '3' })).toEqual({
      stdout: `0 ${genericFailure}`,
      notes: ['injected: napi_create_external_buffer in ask was call 3, and failed'],
    })
  })

  it('is nothing when there are fewer calls', async () => {
    expect(await ask({ SEAMPROOF_LAYER_FAIL: '5' })).toEqual({ stdout: '0 0', notes: [] })
  })

  it('refuses external buffers as Electron does', async () => {
    const both = `${noExternalBuffersAllowed} ${noExternalBuffersAllowed}`
    expect(await ask({ SEAMPROOF_LAYER_REFUSE_EXTERNAL: '1' })).toEqual({ stdout: both, notes: [] })
  })
})
