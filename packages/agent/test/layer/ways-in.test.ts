import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, it } from 'vitest'
import { scratchFolder } from '../build-subject.js'
import { brokenRules, buildLayerAddon, layerSubjects, runLayer } from './layer-addon.js'

const folder = scratchFolder()
const root = join(import.meta.dirname, '../../../..')
let inner = ''
let outer = ''
let wrapper = ''

async function buildWrapper(): Promise<string> {
  const output = join(folder, 'wrapper.node')
  const headers = ['node-api-headers/include', 'node-addon-api']
  const includes = headers.flatMap((one) => ['-I', join(root, 'node_modules', one)])
  const flags = ['-std=c++17', '-g', '-O0', '-shared', '-fPIC', '-DNAPI_VERSION=8']
  const source = join(layerSubjects, 'wrapper.cc')
  const options = { reject: false, env: { LC_ALL: 'C' } }
  const result = await execa('g++', [...flags, ...includes, '-o', output, source], options)
  if (result.code === 'ENOENT') throw new Error('this test needs g++: apt-get install g++')
  if (result.failed) throw new Error(`g++ wrapper.cc:\n${result.stderr}`)
  return output
}

beforeAll(async () => {
  ;[inner, outer, wrapper] = await Promise.all([
    buildLayerAddon(folder, 'ways-in.c'),
    buildLayerAddon(folder, 'loads-another.c'),
    buildWrapper(),
  ])
}, 120_000)

describe('an addon that another addon loads is seen as itself', () => {
  const own = () => ({ addonPath: inner, exportName: 'broken', phase: 'callback' })

  it.each([
    ['opened with dlopen and started by hand', 'open'],
    ['loaded with process.dlopen from native code', 'openByProcess'],
  ])('when it is %s', async (_, way) => {
    const code = `require(${JSON.stringify(outer)}).${way}(${JSON.stringify(inner)}).broken()`
    const run = await runLayer(folder, ['-e', code])
    expect(brokenRules(run)).toEqual(['SEAM-REF-002'])
    expect(run.trace.meta.layer!.findings[0]).toMatchObject(own())
  })
})

describe.each(['main thread', 'Worker'])('C++ with node-addon-api, on the %s', (thread) => {
  const drive = (code: string) => {
    const whole = `const addon = require(${JSON.stringify(wrapper)}); ${code}`
    return runLayer(folder, [
      '-e',
      thread === 'Worker'
        ? `new (require('node:worker_threads').Worker)(${JSON.stringify(whole)}, { eval: true })`
        : whole,
    ])
  }

  it('is silent when it keeps the rules: a class, a worker, a thread-safe function', async () => {
    const run = await drive(
      'const counter = new addon.Counter(); counter.add(); addon.sum(false).then(() => addon.notify(() => {}, false))',
    )
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const { findings, crossings } = run.trace.meta.layer!
    // On a busy machine a thread may wait 50 ms for a page to be read: that is so, and no rule of Node-API.
    expect(findings.filter(({ ruleId }) => ruleId !== 'SEAM-LOOP-001')).toEqual([])
    const names = crossings.map((crossing) => crossing.exportName)
    expect(names).toEqual(expect.arrayContaining(['Counter.add', 'sum', 'notify']))
  })

  it.each([
    [
      'a method of a class',
      'new addon.Counter().forget()',
      {
        ruleId: 'SEAM-REF-002',
        exportName: 'Counter.forget',
        phase: 'callback',
        functionName: 'napi_delete_reference',
      },
    ],
    [
      'the thread of a worker',
      'addon.sum(true)',
      { ruleId: 'SEAM-ENV-002', exportName: 'sum', phase: 'execute' },
    ],
    [
      'a thread of its own',
      'addon.notify(() => {}, true)',
      { ruleId: 'SEAM-TSFN-002', phase: 'native', objectKind: 'thread-safe function' },
    ],
  ])('names the rule, the addon and the phase in %s', async (_, code, expected) => {
    const run = await drive(code)
    expect(run.trace.meta.layer!.findings.filter(({ severity }) => severity === 'error')).toEqual([
      expect.objectContaining({ addonPath: wrapper, ...expected }),
    ])
  })
})
