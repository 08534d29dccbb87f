import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { nodeBinary, otherNodeMajors } from '../../../../scripts/node-versions.mjs'
import { Sandbox } from './run-seamproof.js'

const sandbox = new Sandbox()
afterAll(() => sandbox.remove())

const canary = (node: string) => sandbox.run(['check', '--canary', '--node', node, '--json'])

describe('the canary', () => {
  it.each<[string, string]>([
    ['this Node', process.execPath],
    ...otherNodeMajors.map((major): [string, string] => [`Node ${major}`, nodeBinary(major)]),
  ])('is heard on %s', { timeout: 60_000 }, async (_, node) => {
    if (!existsSync(node)) throw new Error(`this test needs ${node}: npm run setup`)
    const run = await canary(node)
    expect(JSON.parse(run.stdout)).toMatchObject({ status: 'pass', missed: [] })
    expect(run.status).toBe(0)
  })

  it('fails where the layer is not active', { timeout: 60_000 }, async () => {
    const deaf = sandbox.path('deaf-node')
    writeFileSync(deaf, `#!/bin/sh\nunset SEAMPROOF_LAYER\nexec ${process.execPath} "$@"\n`)
    chmodSync(deaf, 0o755)
    const run = await canary(deaf)
    expect(JSON.parse(run.stdout)).toMatchObject({ status: 'fail', heard: [] })
    expect(run.status).toBe(1)
  })

  it('is a row of doctor', { timeout: 60_000 }, async () => {
    const run = await sandbox.run(['doctor', '--json'])
    const { checks } = JSON.parse(run.stdout) as { checks: { name: string; status: string }[] }
    expect(checks).toContainEqual(expect.objectContaining({ name: 'seam layer', status: 'ok' }))
  })
})
