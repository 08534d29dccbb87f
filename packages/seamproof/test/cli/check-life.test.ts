import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FindingList } from '../../src/contract/finding.js'
import { type Finished, runCommandLine, Sandbox } from './run-seamproof.js'

const headers = join(
  dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')),
  'include',
)
const fixture = join(import.meta.dirname, '../fixtures/native/checked.c')
const makefile = (flags: string) =>
  `checked.node: checked.c\n\t$(CC) ${flags} -fPIC -shared -I${headers} -o $@ $<\n`

let sandbox: Sandbox
beforeAll(() => {
  sandbox = new Sandbox()
})
afterAll(() => sandbox.remove())

const told = ({ stdout, stderr, status }: Finished) => `exit ${status}\n${stdout}\n${stderr}`

/** A project of its own with an overflow and a leak in it. */
function makeProject(name: string): string {
  const folder = sandbox.path(name)
  mkdirSync(folder)
  copyFileSync(fixture, join(folder, 'checked.c'))
  writeFileSync(join(folder, 'package.json'), '{ "name": "checked", "private": true }')
  writeFileSync(join(folder, 'Makefile'), makefile('-O2'))
  const workloads = ['overflow', 'leak'].map(
    (one) => `workload('${one} it', { run: () => addon.${one}() })`,
  )
  writeFileSync(
    join(folder, 'bugs.seam.ts'),
    `import { createRequire } from 'node:module'
import { workload } from 'seamproof'
const addon = createRequire(import.meta.url)('./checked.node')
${workloads.join('\n')}
`,
  )
  return folder
}

let count = 0

/** A line as the user types it, in a folder; and the list of findings that it leaves. */
async function run(folder: string, line: string) {
  const out = `check-${count++}.seamproof`
  const cache = `export SEAMPROOF_CACHE='${sandbox.path('cache')}'`
  const finished = await runCommandLine(folder, `${cache}; ${line} -o ${out}`)
  const text = readFileSync(join(folder, out, 'findings.json'), 'utf8')
  const list = JSON.parse(text) as FindingList
  const fingerprints = list.findings.map(({ fingerprint }) => fingerprint).sort()
  return { ...finished, list, fingerprints }
}

describe('a finding', { timeout: 300_000 }, () => {
  it('keeps its fingerprint over rebuilds, moved lines and moved folders, and its line shows it again', async () => {
    const folder = makeProject('first')
    const check = 'seamproof check --with asan --operations 20 --rounds 4 bugs.seam.ts'
    const accept = '--write-baseline --reason "known since May" --expires 2999-01-01'
    const before = await run(folder, `${check} ${accept}`)
    expect(before.list.findings.map(({ kind }) => kind).sort(), told(before)).toEqual([
      'leak',
      'overflow',
    ])

    const leak = before.list.findings.find(({ kind }) => kind === 'leak')!
    const again = await run(folder, `${leak.reproduce} --baseline none.json`)
    expect(again.status, told(again)).toBe(1)
    expect(again.fingerprints, leak.reproduce).toEqual([leak.fingerprint])

    const moved = sandbox.path('elsewhere')
    renameSync(folder, moved)
    writeFileSync(join(moved, 'Makefile'), makefile('-O0 -DOTHER'))
    writeFileSync(join(moved, 'checked.c'), `// one line more\n\n${readFileSync(fixture, 'utf8')}`)
    const after = await run(moved, check)
    expect(after.fingerprints, told(after)).toEqual(before.fingerprints)
    // The baseline went along: all is known, nothing fails, and the reason is told.
    expect(after.status, told(after)).toBe(0)
    expect(after.list.findings.map(({ status }) => status)).toEqual(['known', 'known'])
    expect(after.stdout).toContain('known since May')

    const baseline = join(moved, 'seamproof.baseline.json')
    const expired = readFileSync(baseline, 'utf8').replaceAll('2999-01-01', '2026-01-31')
    writeFileSync(baseline, expired)
    const late = await run(moved, check)
    expect(late.status, told(late)).toBe(1)
    expect(late.list.findings.map(({ status }) => status)).toEqual(['new', 'new'])
    expect(late.stdout).toMatch(/known since May.*2026-01-31.*that day has passed/s)
  })
})
