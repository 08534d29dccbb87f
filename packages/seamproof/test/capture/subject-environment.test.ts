import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentLibrary } from '@seamproof/agent'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
// The built one: the modules that it preloads are files of dist.
import { quoteNodeOption, subjectEnvironment } from '../../dist/capture/subject-environment.js'

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'seamproof-environment-'))
  await agentLibrary()
})
afterAll(() => rmSync(folder, { recursive: true }))

const environment = (userEnv: NodeJS.ProcessEnv, isWorkload = false) =>
  subjectEnvironment({ captureDir: folder, mode: 'full', isExact: false, isWorkload, userEnv })

describe('quoteNodeOption', () => {
  test.each(['plain', 'with blank', 'with "quotes"', 'with \\ backslash', "with 'single'"])(
    'a module in a folder "%s" is found by Node',
    (name) => {
      const path = join(folder, name, 'hook.cjs')
      mkdirSync(join(folder, name), { recursive: true })
      writeFileSync(path, 'globalThis.wasLoaded = true\n')
      const env = { NODE_OPTIONS: `--require ${quoteNodeOption(path)}` }
      const printed = execFileSync(process.execPath, ['-p', 'globalThis.wasLoaded'], { env })
      expect(printed.toString()).toBe('true\n')
    },
  )
})

describe('subjectEnvironment', () => {
  test('keeps what a program had, and puts the agent before its own preloads', () => {
    const env = environment({
      MINE: '1',
      LD_PRELOAD: '/lib/mine.so',
      NODE_OPTIONS: '--no-warnings',
      NODE_EXTRA_CA_CERTS: '/etc/certs.pem',
    })
    expect(env).toMatchObject({ MINE: '1', NODE_EXTRA_CA_CERTS: '/etc/certs.pem' })
    expect(env.LD_PRELOAD).toMatch(/seamproof-agent\.so:\/lib\/mine\.so$/)
    expect(env.NODE_OPTIONS).toMatch(/^--no-warnings --perf-basic-prof /)
  })

  test('drops the certificates of a workload, whose reading would be 400,000 allocations', () => {
    expect(environment({ NODE_EXTRA_CA_CERTS: '/etc/certs.pem' }, true)).not.toHaveProperty(
      'NODE_EXTRA_CA_CERTS',
    )
  })

  test('is an environment in which the agent records', () => {
    const script = "console.log(require('@seamproof/agent/control').isRecording)"
    const env = environment({ PATH: process.env.PATH })
    const printed = execFileSync(process.execPath, ['-e', script], {
      env,
      cwd: import.meta.dirname,
    })
    expect(printed.toString()).toBe('true\n')
  })
})
