import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FindingList } from '../../src/contract/finding.js'
import { buildAddon } from './build-addon.js'
import { type Finished, Sandbox, until } from './run-seamproof.js'

let sandbox: Sandbox
beforeAll(() => {
  sandbox = new Sandbox()
  buildAddon('twins', sandbox.folder)
})
afterAll(() => sandbox.remove())

/** One workload file; each workload is a call of a twin. */
function workloads(file: string, calls: Record<string, string>): string {
  const declared = Object.entries(calls).map(
    ([name, call]) => `workload('${name}', { run: () => { twins.${call} } })`,
  )
  sandbox.write(
    file,
    `import { createRequire } from 'node:module'
import { workload } from 'seamproof'
const twins = createRequire(import.meta.url)('./twins.node') as Record<string, (value?: object) => unknown>
${declared.join('\n')}
`,
  )
  return file
}

const short = ['--operations', '200', '--rounds', '4']
let folders = 0

async function check(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const folder = `check-${folders++}.seamproof`
  const run = await sandbox.run(['check', ...short, '-o', folder, ...args], { env })
  return { ...run, folder, list: listIn(folder) }
}

const listIn = (folder: string) =>
  JSON.parse(readFileSync(sandbox.path(join(folder, 'findings.json')), 'utf8')) as FindingList

const told = ({ stdout, stderr, status }: Finished) => `exit ${status}\n${stdout}\n${stderr}`

describe('seamproof check', { timeout: 180_000 }, () => {
  it('gives one finding for what two instruments saw, and fails', async () => {
    const file = workloads('bad.seam.ts', { 'leaks a reference': 'leakReference({})' })
    const run = await check(['--with', 'layer,track', file])
    expect(run.status, told(run)).toBe(1)
    expect(run.list.findings).toMatchObject([
      {
        kind: 'leak',
        severity: 'error',
        status: 'new',
        instruments: ['layer', 'track'],
        workloads: ['leaks a reference'],
        location: { functionName: 'leak_reference' },
        perOperation: { blocks: expect.closeTo(1, 1) },
      },
    ])
    expect(run.stdout).toContain('layer SEAM-REF-004')
    expect(run.stdout).toMatch(/bad\.seam\.ts +✗ FAIL +✗ FAIL/)
    for (const { folder } of run.list.runs)
      expect(existsSync(sandbox.path(join(run.folder, folder, 'manifest.json')))).toBe(true)
  })

  it('passes the twin that gives back what it takes', async () => {
    const file = workloads('good.seam.ts', { 'deletes a reference': 'deleteReference({})' })
    const run = await check(['--with', 'layer,track', file])
    expect(run.list.findings, told(run)).toEqual([])
    expect(run.status).toBe(0)
    expect(run.list.checks.map(({ status }) => status)).toEqual(['pass', 'pass', 'pass'])
  })

  it('accepts what is there with a reason, lists it, and fails on what is new', async () => {
    const one = workloads('one.seam.ts', { 'leaks a block': 'leakBlock()' })
    const both = workloads('both.seam.ts', {
      'leaks a block': 'leakBlock()',
      'leaks a reference': 'leakReference({})',
    })
    const baseline = ['--baseline', 'accepted.json']
    const noReason = await sandbox.run(['check', '--write-baseline', '--with', 'track', one])
    expect(noReason.status, told(noReason)).toBe(2)
    const reason = ['--write-baseline', '--reason', 'before the checks']
    const written = await check(['--with', 'track', ...baseline, ...reason, one])
    expect(written.status, told(written)).toBe(0)
    const again = await check(['--with', 'track', ...baseline, both])
    expect(again.status).toBe(1)
    expect(
      again.list.findings.map(({ status, location }) => [status, location?.functionName]),
    ).toEqual(
      expect.arrayContaining([
        ['known', 'leak_block'],
        ['new', 'leak_reference'],
      ]),
    )
    expect(again.stdout).toContain('before the checks')
  })

  it('splits its runs over shards, and a merge of all is the whole check', async () => {
    const file = workloads('shards.seam.ts', { 'leaks a block': 'leakBlock()' })
    const parts = [
      await check(['--with', 'layer,track', '--shard', '1/2', file]),
      await check(['--with', 'layer,track', '--shard', '2/2', file]),
    ]
    expect(
      parts.flatMap(({ list }) => list.runs.map(({ instrument }) => instrument)).sort(),
    ).toEqual(['layer', 'track'])
    const merge = (out: string, ...given: string[]) => sandbox.run(['merge', ...given, '-o', out])
    const whole = await merge('whole.seamproof', ...parts.map(({ folder }) => folder))
    expect(whole.status, told(whole)).toBe(1)
    expect(listIn('whole.seamproof').findings).toMatchObject([
      { location: { functionName: 'leak_block' } },
    ])
    const clean = parts.find(({ list }) => list.findings.length === 0)!
    const half = await merge('half.seamproof', clean.folder)
    // Nothing was found in what is there; what is missing might have found it.
    expect(half.status, told(half)).not.toBe(0)
    expect(half.stdout).toMatch(/shard \d, which makes this run, is not among the folders/)
  })

  it('makes a valid part of a shard that has nothing to do, and says so', async () => {
    const file = workloads('idle.seam.ts', { 'deletes a reference': 'deleteReference({})' })
    const work = await check(['--with', 'layer', '--shard', '1/2', file])
    const idle = await check(['--with', 'layer', '--shard', '2/2', file])
    expect([work.status, idle.status], told(idle)).toEqual([0, 0])
    expect(idle.stdout).toContain('– not run')
    expect(idle.stdout).toContain('shard 2 of 2 has nothing to do: other shards make its only run')
    const again = await sandbox.run(['findings', idle.folder])
    expect([again.status, again.stdout]).toEqual([0, idle.stdout])
    const merge = (...parts: string[]) =>
      sandbox.run(['merge', ...parts, '--force', '-o', 'idle.seamproof'])
    const whole = await merge(work.folder, idle.folder)
    expect(whole.status, told(whole)).toBe(0)
    expect(whole.stdout).toContain('✓ pass')
    // By itself it is no check.
    const alone = await merge(idle.folder)
    expect(alone.status, told(alone)).not.toBe(0)
    expect(alone.stdout).toMatch(/shard 1, which makes this run, is not among the folders/)
  })

  it('writes files for CI, and annotations where GitHub runs it', async () => {
    const file = workloads('ci.seam.ts', { 'leaks a block': 'leakBlock()' })
    const files = ['--sarif', 'ci/f.sarif', '--junit', 'ci/f.xml', '--markdown', 'ci/f.md']
    const run = await check(['--with', 'track', ...files, file], { GITHUB_ACTIONS: 'true' })
    expect(run.stderr).toMatch(/^::error .*title=leak/m)
    const sarif = JSON.parse(readFileSync(sandbox.path('ci/f.sarif'), 'utf8')) as {
      runs: { results: { ruleId: string }[] }[]
    }
    expect(sarif.runs[0]!.results.map(({ ruleId }) => ruleId)).toEqual(['leak'])
    expect(readFileSync(sandbox.path('ci/f.xml'), 'utf8')).toContain('<failure')
    expect(readFileSync(sandbox.path('ci/f.md'), 'utf8')).toContain('# Seamproof: ❌ **fail**')
  })

  it('shows a stored list again, chosen by kind, instrument and workload', async () => {
    const file = workloads('again.seam.ts', { 'leaks a block': 'leakBlock()' })
    const { folder, stdout } = await check(['--with', 'track', file])
    const again = await sandbox.run(['findings', folder])
    expect(again.stdout).toBe(stdout)
    expect(again.status).toBe(1)
    const shown = async (...args: string[]) => {
      const run = await sandbox.run(['findings', folder, '--json', ...args])
      expect(run.status).toBe(1)
      return (JSON.parse(run.stdout) as FindingList).findings.length
    }
    expect(await shown('--kind', 'leak', '--instrument', 'track')).toBe(1)
    expect(await shown('--kind', 'race')).toBe(0)
    expect(await shown('--workload', 'another')).toBe(0)
    const none = await sandbox.run(['findings', 'nowhere.seamproof'])
    expect(none.status, told(none)).toBe(2)
  })

  it('keeps what is finished when it is interrupted', async () => {
    const file = workloads('long.seam.ts', { 'leaks a block': 'leakBlock()' })
    const args = ['check', ...short, '--jobs', '1', '--with', 'layer,track', '-o', 'cut.seamproof']
    const { child, seen, finished } = sandbox.start([...args, file])
    await until(() => seen.stderr.includes('[1/2]'))
    child.kill('SIGINT')
    const run = await finished
    expect(run.status, told(run)).toBe(130)
    const { runs, isInterrupted } = listIn('cut.seamproof')
    expect(isInterrupted).toBe(true)
    expect(runs.map(({ status, cause }) => cause ?? status).sort()).toEqual(['interrupted', 'ran'])
  })

  it('runs a program under several instruments, with its output in their folders', async () => {
    const script = sandbox.write(
      'program.cjs',
      `const twins = require('./twins.node'); console.log('from the program'); twins.deleteReference({})`,
    )
    const run = await check(['--with', 'layer,track', '--', process.execPath, script])
    const layer = run.list.runs.find(({ instrument }) => instrument === 'layer')!
    expect(layer.status, told(run)).toBe('ran')
    expect(run.stdout).not.toContain('from the program')
    const output = readFileSync(sandbox.path(join(run.folder, layer.folder, 'output.txt')), 'utf8')
    expect(output).toContain('from the program')
    // Too short for growth to be told from start-up, and asked for by name: no pass.
    expect(run.list.checks).toContainEqual(
      expect.objectContaining({ instrument: 'track', status: 'not-run' }),
    )
    expect(run.status).not.toBe(0)
  })

  it('leaves the list of findings beside the report of the layer alone', async () => {
    const file = workloads('layer.seam.ts', { 'leaks a reference': 'leakReference({})' })
    const { stdout, list } = await check(['--with', 'layer', file])
    expect(stdout).toContain('SEAM-REF-004')
    expect(list.findings).toMatchObject([{ kind: 'leak', instruments: ['layer'] }])
  })

  it('agrees over tracker, AddressSanitizer and memcheck, each on a build of its own', async () => {
    const headers = dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json'))
    const project = sandbox.path('project')
    mkdirSync(project)
    copyFileSync(join(import.meta.dirname, '../fixtures/native/twins.c'), join(project, 'twins.c'))
    sandbox.write('project/package.json', '{ "name": "twins" }')
    sandbox.write(
      'project/Makefile',
      `twins.node: twins.c\n\t$(CC) -O2 -g -fPIC -shared -pthread $(CFLAGS) $(LDFLAGS) -I${headers}/include -o $@ $<\n`,
    )
    execFileSync('make', ['-s', '-C', project, 'CC=gcc'])
    const file = workloads('project/leak.seam.ts', { 'leaks a block': 'leakBlock()' })
    const few = ['--operations', '50', '--only', 'leaks a block']
    const run = await check(['--with', 'track,asan,memcheck', ...few, file])
    expect(run.list.findings, told(run)).toMatchObject([
      { kind: 'leak', instruments: ['asan', 'memcheck', 'track'] },
    ])
    expect(run.list.findings[0]!.location).toMatchObject({ functionName: 'leak_block' })
    const [leaks] = run.list.leaks
    // Fifty operations are few, but each leaks the same block.
    expect(leaks!.growth!.blocks).toBeCloseTo(1, 1)
    expect(leaks!.lost).toEqual({
      bytes: expect.closeTo(leaks!.growth!.bytes, 0),
      blocks: expect.closeTo(1, 1),
    })
  }, 400_000)

  it('ends with 3 when a tool that was asked for is missing, and says how to get it', async () => {
    const file = workloads('tools.seam.ts', { 'frees a block': 'freeBlock()' })
    const tools = sandbox.path('tools')
    mkdirSync(tools)
    for (const command of ['gcc', 'g++', 'cc', 'addr2line', 'sh'])
      symlinkSync(
        execFileSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).trim(),
        join(tools, command),
      )
    const run = await check(['--with', 'track,memcheck', file], { PATH: tools })
    expect(run.status, told(run)).toBe(3)
    expect(run.stdout).toContain('apt-get install --yes valgrind')
    expect(run.stdout).toMatch(/tools\.seam\.ts +– not run +✓ pass/)
  })

  it('begins nothing when a file is missing or an option is wrong', async () => {
    for (const args of [
      ['check', '--with', 'asn', 'x.seam.ts'],
      ['check', '--with', 'track', '--suite', 'leaks', 'x.seam.ts'],
      ['check', '--shard', '3/2', 'x.seam.ts'],
      ['check', '--expires', '2027-02-30', 'x.seam.ts'],
    ])
      expect((await sandbox.run(args)).status, args.join(' ')).toBe(2)
    const missing = await sandbox.run(['check', '--with', 'track,layer', 'no.seam.ts'])
    expect(missing.status, told(missing)).toBe(4)
  })
})
