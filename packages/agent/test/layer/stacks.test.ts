// The part of a stack that lies outside of a callback is walked once while it runs: it must be that callback's.
import { expect, it } from 'vitest'
import { scratchFolder } from '../build-subject.js'
import { nodeOptions } from '../traced-run.js'
import { buildLayerAddon, runLayer } from './layer-addon.js'

const folder = scratchFolder()

it('each object has the stack that led to it, in nested callbacks and from several callers', async () => {
  const addon = await buildLayerAddon(folder, 'within.c')
  const code = `const { both, inner } = require(${JSON.stringify(addon)})
    function deep() { inner() }
    function first() { both(deep) }
    function second() { both(deep) }
    first(); second()`
  const run = await runLayer(folder, ['-e', code], { env: { NODE_OPTIONS: nodeOptions } })
  const seen = new Set<string>()
  for (const { stacks } of run.trace.meta.layer!.findings)
    for (const { role, stack } of stacks) {
      const names = await run.trace.stackNames(stack)
      const kept = names.flatMap((name) => {
        const plain = /(one_way|other_way|both|inner|deep|first|second)\b/.exec(name)
        return plain === null ? [] : [plain[1]!]
      })
      seen.add(`${role}: ${kept.join(' ')}`)
    }
  const outer = ['first', 'second']
  const inside = outer.flatMap((caller) => [
    `one_way both ${caller}`,
    `inner deep both ${caller}`,
    `other_way both ${caller}`,
  ])
  const roles = ['now', 'created', 'freed']
  expect([...seen].sort()).toEqual(
    roles.flatMap((role) => inside.map((names) => `${role}: ${names}`)).sort(),
  )
}, 60_000)
