import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildSubject, scratchFolder } from './build-subject.js'
import { agentPath, newCapture, runTraced } from './traced-run.js'

const folder = scratchFolder()
let startUp: string
let dlsymAllocates: string

beforeAll(async () => {
  startUp = await buildSubject(folder, 'start-up.c')
  dlsymAllocates = await buildSubject(folder, 'dlsym-allocates.c', { shared: true })
})

describe('pitfall 1: the first malloc comes before our constructor', () => {
  test('a block from before every constructor can be grown and freed', async () => {
    const run = await runTraced(folder, startUp)
    expect([run.code, run.stdout]).toEqual([0, 'unharmed'])
    expect(run.trace.allocationsOf(7001)).toHaveLength(0)
    expect(run.trace.allocationsOf(7013)).toHaveLength(1)
    expect(run.trace.violations).toEqual([])
  })

  test('a malloc that the program declares weak is the hooked one', async () => {
    const run = await runTraced(folder, startUp)
    expect(run.trace.allocationsOf(7019)).toHaveLength(1)
    expect(run.trace.liveOf(7019)).toBe(1)
  })

  test('blocks that dlsym allocates while it looks up malloc keep their bytes and can be grown', async () => {
    const run = await runTraced(folder, startUp, { before: [dlsymAllocates] })
    expect([run.code, run.stdout, run.stderr]).toEqual([0, 'unharmed', ''])
    expect(run.trace.violations).toEqual([])
  })
})

describe('an agent that must not record', () => {
  test('without its variables it leaves no file and no thread, and the program runs', async () => {
    const capture = newCapture(folder)
    const env = { PATH: process.env.PATH ?? '', LD_PRELOAD: await agentPath() }
    const result = await execa('ls', ['/proc/self/task'], { env, extendEnv: false, cwd: capture })
    expect(result.stdout.split('\n')).toHaveLength(1)
    expect((await execa(startUp, { env, extendEnv: false, cwd: capture })).stdout).toBe('unharmed')
    expect(readdirSync(capture)).toEqual([])
  })

  test.each([
    ['a directory that does not exist', () => join(folder, 'absent')],
    ['a file', () => join(folder, 'a-file')],
    ['a relative path', () => 'capture'],
    ['an empty name', () => ''],
    ['a name that is too long', () => `/${'x'.repeat(5000)}`],
    ['a directory without permission to write', () => join(folder, 'locked')],
  ])('with %s as its capture the program runs as if there were no agent', async (_, path) => {
    writeFileSync(join(folder, 'a-file'), '')
    mkdirSync(join(folder, 'locked'), { recursive: true })
    chmodSync(join(folder, 'locked'), 0o555)
    const asNobody =
      process.getuid?.() === 0 && path().endsWith('locked') ? { uid: 65534, gid: 65534 } : {}
    chmodSync(folder, 0o755)
    const env = {
      PATH: process.env.PATH ?? '',
      LD_PRELOAD: await agentPath(),
      SEAMPROOF_CAPTURE: path(),
    }
    const result = await execa(startUp, { env, extendEnv: false, reject: false, ...asNobody })
    expect([result.exitCode, result.stdout, result.stderr]).toEqual([0, 'unharmed', ''])
    expect(readdirSync(join(folder, 'locked'))).toEqual([])
  })
})
