import { createRequire } from 'node:module'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { popularPackages } from '../../../../test/popular-packages.js'
import { scratchFolder } from '../build-subject.js'
import { layerSubjects, runLayer } from './layer-addon.js'

const folder = scratchFolder()
let require: NodeJS.Require

beforeAll(async () => {
  require = createRequire(join(await popularPackages(), 'package.json'))
}, 1_200_000)

/** What each does in `real-addons.cjs`, and a function that must have been seen to be called. */
const used: [name: string, exportName: string | null][] = [
  ['sharp', 'pipeline'],
  ['bcrypt', 'encrypt'],
  ['koffi', 'strlen'],
  ['@node-rs/crc32', 'crc32'],
  ['@napi-rs/canvas', 'CanvasElement.encode'],
  ['argon2', 'hash'],
  ['@parcel/watcher', 'subscribe'],
  ['@swc/core', 'transform'],
  ['lightningcss', 'transform'],
  ['@node-rs/bcrypt', 'hash'],
  ['bufferutil', 'mask'],
  // napi-rs that looks every function up with dlsym; the others above are linked against Node’s symbols.
  ['oxc-parser', 'parseSync'],
  ['lmdb', 'Env.open'],
  // Made with V8's own API: nothing of it is seen, and nothing may be said of it.
  ['better-sqlite3', null],
]

describe('the layer says nothing against', () => {
  it.each(used)('%s', { timeout: 120_000 }, async (name, exportName) => {
    const run = await runLayer(folder, [
      join(layerSubjects, 'real-addons.cjs'),
      require.resolve(name),
      name,
    ])
    expect(run).toMatchObject({ code: 0, signal: undefined })
    const { findings, crossings } = run.trace.meta.layer!
    const serious = findings.filter((finding) => finding.severity !== 'advice')
    expect(serious.map(({ ruleId, exportName, notes }) => ({ ruleId, exportName, notes }))).toEqual(
      [],
    )
    const seen = crossings.map((crossing) => crossing.exportName)
    if (exportName === null) expect(seen).toEqual([])
    else expect(seen).toContain(exportName)
  })
})
