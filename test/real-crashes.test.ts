import { copyFileSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { describe, expect, it } from 'vitest'
import type { FindingList } from '../packages/seamproof/src/contract/finding.js'
import { packagesFrom } from './real-packages.js'

const root = resolve(import.meta.dirname, '..')
const program = 'leveldown-close.cjs'

/** As npm installs it: no sources are built, and the checker sees what passes through malloc and memcpy. */
async function check(instrument: string, version: string) {
  const folder = await packagesFrom(`leveldown-${version}`, { leveldown: version })
  copyFileSync(join(root, 'examples/crashes', program), join(folder, program))
  const out = join(folder, `${instrument}.seamproof`)
  const env = { NODE_EXTRA_CA_CERTS: undefined, NODE_OPTIONS: undefined, GITHUB_ACTIONS: undefined }
  const options = ['--with', instrument, '--no-build', '--strict', '--force', '-o', out]
  const seamproof = join(root, 'packages/seamproof/bin/seamproof.js')
  const run = await execa(
    process.execPath,
    [seamproof, 'check', ...options, '--', process.execPath, program, '30'],
    { cwd: folder, env, reject: false, all: true },
  )
  const list = JSON.parse(readFileSync(join(out, 'findings.json'), 'utf8')) as FindingList
  return { errors: list.findings.filter(({ severity }) => severity === 'error'), output: run.all }
}

describe('leveldown, closed while pool threads work on it', { timeout: 300_000 }, () => {
  // A race: now and then it does no harm.
  it.each([
    ['asan', ['use-after-free', 'crash']],
    ['layer', ['crash']],
  ])('%s finds 5.0.1 out', { retry: 3 }, async (instrument, kinds) => {
    const { errors, output } = await check(instrument, '5.0.1')
    expect(errors.length, output).toBeGreaterThan(0)
    for (const { kind } of errors) expect(kinds).toContain(kind)
  })

  it.each(['asan', 'layer'])('%s says nothing of the kind about 5.0.2', async (instrument) => {
    const { errors, output } = await check(instrument, '5.0.2')
    expect(errors, output).toEqual([])
  })
})
