import { spawnSync } from 'node:child_process'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type ForgottenBlock, Handoff } from '@seamproof/kit'
import { describe, expect, test } from 'vitest'
import { buildKitAddon, loadKitAddon } from './kit-addon.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void
const addon = loadKitAddon()

async function collect(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    gc()
    await turn()
  }
}

describe('a handoff block', () => {
  const handoff = new Handoff(addon.handoff, { debug: true })

  test('shows the native memory itself, not a copy', () => {
    using block = handoff.own(addon.makeBlock(16))
    expect(block.state).toBe('js')
    expect([...new Uint8Array(block.buffer)]).toEqual(new Array(16).fill(7))
    expect(block.buffer).toBe(block.buffer)
  })

  test('cannot be released twice, and the message names both places', () => {
    const block = handoff.own(addon.makeBlock(16))
    block.release()
    expect(block.state).toBe('released')
    expect(() => block.release()).toThrow(
      expect.objectContaining({
        code: 'KIT_RELEASED',
        message: 'release after the block was released',
        hint: expect.stringMatching(
          /^released at\n[\s\S]*handoff\.test\.ts:32[\s\S]*\ncreated at\n[\s\S]*handoff\.test\.ts:31/,
        ),
      }),
    )
  })

  test('cannot be used after a transfer, and disposing it then is harmless', () => {
    const block = handoff.own(addon.makeBlock(16))
    const kept = new Uint8Array(block.buffer)
    block.transferToNative()
    expect(() => block.buffer).toThrow('use after the block was transferred')
    expect(kept.length).toBe(0)
    expect(() => block[Symbol.dispose]()).not.toThrow()
  })

  test('stays alive through a second reference', () => {
    const first = handoff.own(addon.makeBlock(16))
    const second = first.retain()
    first.release()
    expect(new Uint8Array(second.buffer)[15]).toBe(7)
    second.release()
  })

  test('is refused for a handle that names nothing', () => {
    expect(() => handoff.own(0)).toThrow(expect.objectContaining({ code: 'KIT_RELEASED' }))
    expect(() => handoff.own(0xdeadbeef)).toThrow(expect.objectContaining({ code: 'KIT_RELEASED' }))
  })

  test('that is forgotten is released by the collector and reported with its origin', async () => {
    const forgotten: ForgottenBlock[] = []
    const watched = new Handoff(addon.handoff, {
      debug: true,
      onForgotten: (f) => forgotten.push(f),
    })
    ;(() => {
      watched.own(addon.makeBlock(32))
    })()
    await collect()
    expect(watched.forgottenCount).toBe(1)
    expect(forgotten[0]?.createdAt).toContain('handoff.test')
    const released = watched.own(addon.makeBlock(32))
    released.release()
    await collect()
    expect(watched.forgottenCount).toBe(1)
  })

  test('leaves no handle behind: the table of 64 takes thousands of blocks one after another', () => {
    for (let index = 0; index < 5000; index++) handoff.own(addon.makeBlock(8)).release()
    using block = handoff.own(addon.makeBlock(8))
    expect(block.state).toBe('js')
  })
})

describe('native misuse', () => {
  const rules = ['double-transfer', 'release-after-release', 'use-after-release'] as const

  test('is refused and counted even without debugging', () => {
    addon.handoff.takeMisuse()
    for (const what of [0, 1, 2] as const) expect(addon.misuse(what)).toBe(0)
    expect(addon.handoff.takeMisuse().map((misuse) => misuse.rule)).toEqual(rules)
    expect(addon.handoff.takeMisuse()).toEqual([])
  })

  test('carries both native stacks in debug mode', () => {
    const script = `const a = require(${JSON.stringify(buildKitAddon())});
      for (const what of [0, 1, 2]) a.misuse(what);
      console.log(JSON.stringify(a.handoff.takeMisuse()))`
    const result = spawnSync(process.execPath, ['-e', script], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, SEAMPROOF_KIT_DEBUG: '1' },
    })
    const reports = JSON.parse(result.stdout) as {
      rule: string
      nowStack: string[]
      beforeStack: string[]
    }[]
    expect(reports.map((report) => report.rule)).toEqual(rules)
    expect(reports[0]?.nowStack.join()).toContain('kit_addon')
    expect(reports[0]?.beforeStack.join()).toContain('kit_addon')
    // On through Node's and V8's frames to main, not only the addon's two.
    expect(reports[0]?.nowStack.length).toBeGreaterThan(8)
    expect(result.status).toBe(0)
  })
})

test('the callback guard refuses late calls after it was closed, and reports them', () => {
  expect(addon.count(3)).toBe(3)
  addon.closeGuard()
  addon.handoff.takeMisuse()
  expect(addon.count(2)).toBe(0)
  expect(addon.handoff.takeMisuse().map((misuse) => misuse.rule)).toEqual([
    'late-callback',
    'late-callback',
  ])
})
