// Profiles of other tools through every command that takes them, and a capture with the seam layer.
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Sandbox } from './run-seamproof.js'

const sandbox = new Sandbox()
afterAll(() => sandbox.remove())

beforeAll(() => {
  sandbox.write(
    'work.js',
    'function spin(n) { let sum = 0; for (let i = 0; i < n; i++) sum += i % 7; return sum }\nspin(6e8)\n',
  )
  const env = { ...process.env }
  delete env.NODE_OPTIONS
  execFileSync(process.execPath, ['--cpu-prof', '--cpu-prof-name=work.cpuprofile', 'work.js'], {
    cwd: sandbox.folder,
    env,
  })
  cpSync(
    join(import.meta.dirname, '../symbols/fixtures/node-cpu-clock.perf.txt'),
    sandbox.path('perf.txt'),
  )
})

const run = async (...args: string[]) => {
  const finished = await sandbox.run(args)
  expect([finished.status, finished.stderr.replace(/^note:.*\n/gm, '')]).toEqual([0, ''])
  return finished.stdout
}

describe('a .cpuprofile and the text of perf script', () => {
  test('are shown as a call tree', async () => {
    const tree = await run('tree', 'work.cpuprofile')
    expect(tree).toMatch(/^Time on a core: .*\n\n +100 % +\S+ m?s +all\n/)
    expect(tree).toMatch(/└ spin +work\.js:1/)
    expect(tree).toMatch(/n = [\d,]+ samples/)
    const { root, sampleCount } = JSON.parse(
      await run('tree', 'work.cpuprofile', '--inverted', '--json'),
    )
    expect(root.children[0]).toMatchObject({ name: 'spin', location: 'work.js:1' })
    expect(root.children[0].share).toBeGreaterThan(0.5)
    expect(sampleCount).toBeGreaterThan(30)
    expect(await run('tree', 'perf.txt')).toContain('all')
    const other = await sandbox.run(['tree', 'work.cpuprofile', '--metric', 'leaked'])
    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining('on-cpu')])
  })

  test('are summed up, analyzed and written as Markdown', async () => {
    expect(await run('summary', 'work.cpuprofile')).toMatch(/By self time\n.*spin +work\.js:1/)
    const json = JSON.parse(await run('summary', 'perf.txt', '--json'))
    expect(json.processes[0].bySelf[0]).toMatchObject({
      functionName: expect.any(String),
      kind: expect.any(String),
    })
    expect(await run('analyze', 'work.cpuprofile')).toContain('spin computes [hotspot]')
    expect((await run('analyze', 'perf.txt', '--markdown', 'perf.md')).trim()).toBe('perf.md')
    expect(readFileSync(sandbox.path('perf.md'), 'utf8')).toContain('## Where time could be saved')
  })

  test('become flame graphs and every format, and never overwrite themselves', async () => {
    expect((await run('flamegraph', 'perf.txt')).trim()).toBe('perf.flamegraph.html')
    const before = readFileSync(sandbox.path('work.cpuprofile'), 'utf8')
    const written = new Map<string, string>()
    for (const format of ['pprof', 'speedscope', 'collapsed', 'firefox', 'cpuprofile'])
      written.set(format, (await run('export', 'work.cpuprofile', '--format', format)).trim())
    expect([...written.values()]).toEqual([
      'work.pb.gz',
      'work.speedscope.json',
      'work.collapsed.txt',
      'work.firefox.json',
      'work.exported.cpuprofile',
    ])
    expect(readFileSync(sandbox.path('work.cpuprofile'), 'utf8')).toBe(before)
    const profile = Profile.decode(gunzipSync(readFileSync(sandbox.path('work.pb.gz'))))
    expect(profile.stringTable.strings).toContain('spin')
    expect(await run('diff', 'work.cpuprofile', 'work.exported.cpuprofile')).toContain(
      'No function differs by more than chance would do.',
    )
  })

  test('are refused where they say nothing', async () => {
    const heap = await sandbox.run(['export', 'perf.txt', '--format', 'heaptrack'])
    expect([heap.status, heap.stderr]).toEqual([2, expect.stringContaining('cannot hold them')])
    sandbox.write('notes.txt', 'nothing of the kind\n')
    const other = await sandbox.run(['analyze', 'notes.txt'])
    expect([other.status, other.stderr]).toEqual([
      2,
      expect.stringContaining('no profile that can be read'),
    ])
    const gone = await sandbox.run(['analyze', 'gone'])
    expect(gone.status).toBe(2)
  })
})

test('a capture has the same reports, and allocations are not looked for in it', async () => {
  const made = await sandbox.run([
    'profile',
    '-o',
    'work.seamproof',
    '--',
    process.execPath,
    'work.js',
  ])
  expect(made.status).toBe(0)
  expect(await run('analyze', 'work.seamproof')).toContain('spin computes')
  expect(await run('flamegraph', 'work.seamproof')).toContain('work.seamproof/flamegraph.html')
  expect(await run('export', 'work.seamproof', '--format', 'firefox')).toContain(
    'work.seamproof/profile.firefox.json',
  )
  const { status, stderr } = await sandbox.run(['leaks', 'work.seamproof'])
  expect([status, stderr]).toEqual([2, expect.stringContaining('holds CPU samples')])
  const unlike = await sandbox.run(['analyze', 'work.seamproof', '--json'])
  expect(JSON.parse(unlike.stdout).processes[0].opportunities[0].title).toBe('spin computes')
})
