// All steps of the GitHub action in their order, as a runner would make them, on a package with a real leak. What needs GitHub
// itself (the upload) is only looked at.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { repositoryFolder } from '../packages/seamproof/src/cli/findings-options.js'
import { buildAddon } from '../packages/seamproof/test/cli/build-addon.js'
import { Sandbox } from '../packages/seamproof/test/cli/run-seamproof.js'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Step {
  name: string
  id?: string
  if?: string
  run?: string
  uses?: string
  env?: Record<string, string>
  with?: Record<string, string>
}
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as {
  inputs: Record<string, { default: string }>
  outputs: Record<string, { value: string }>
  runs: { steps: Step[] }
}

const sandbox = new Sandbox()
afterAll(() => sandbox.remove())
beforeAll(() => {
  buildAddon('twins', sandbox.folder)
  const workload = (name: string) => `
    const addon = require('./twins.node')
    require('seamproof').workload('${name}', { run: () => addon.${name}(), operationsPerRound: 200, warmupOperations: 200, rounds: 4 })`
  sandbox.write('bad.seam.cjs', workload('leakBlock'))
  sandbox.write('good.seam.cjs', workload('freeBlock'))
  sandbox.write('package.json', '{ "name": "twins", "version": "1.2.3" }')
  sandbox.write(
    'seamproof.config.json',
    JSON.stringify({ check: { instruments: ['track', 'layer'] } }),
  )
})

/** A job of one step that uses the action with these inputs. */
function runAction(job: string, given: Record<string, string>) {
  const inputs = Object.fromEntries(
    Object.entries(action.inputs).map(([name, { default: value }]) => [name, given[name] ?? value]),
  )
  const outputs: Record<string, Record<string, string>> = {}
  let hasFailed = false
  const evaluate = (expression: string): unknown => {
    const source = expression
      .replaceAll(/inputs\.([a-z-]+)/g, "inputs['$1']")
      .replaceAll(/steps\.(\w+)\.outputs\.([a-z-]+)/g, "(steps['$1']?.['$2'] ?? '')")
    const scope = { inputs, steps: outputs, github: { token: '' }, always: () => true }
    return runInNewContext(source, scope)
  }
  const filled = (text: string) =>
    text.replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) => String(evaluate(expression)))
  const made: { name: string; status?: number; log?: string; path?: string }[] = []

  for (const step of action.runs.steps) {
    const condition = step.if ?? 'true'
    if ((hasFailed && !condition.includes('always()')) || !evaluate(condition)) continue
    if (step.run === undefined) {
      made.push({ name: step.name, path: filled(step.with!.path!) })
      continue
    }
    const outputFile = join(sandbox.folder, `${job}-${step.id ?? 'step'}-output`)
    writeFileSync(outputFile, '')
    const env = Object.fromEntries(
      Object.entries(step.env ?? {}).map(([name, text]) => [name, filled(text)]),
    )
    const ran = spawnSync('bash', ['-e', '-c', step.run], {
      cwd: sandbox.folder,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        GITHUB_ACTIONS: 'true',
        GITHUB_ACTION_PATH: root,
        GITHUB_OUTPUT: outputFile,
        GITHUB_STEP_SUMMARY: join(sandbox.folder, `${job}-summary`),
        RUNNER_TEMP: join(sandbox.folder, job),
        ...env,
      },
    })
    made.push({ name: step.name, status: ran.status ?? -1, log: `${ran.stdout}${ran.stderr}` })
    hasFailed ||= ran.status !== 0
    if (step.id !== undefined) {
      const lines = readFileSync(outputFile, 'utf8').trim().split('\n')
      outputs[step.id] = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      )
    }
  }
  const told = Object.fromEntries(
    Object.entries(action.outputs).map(([name, { value }]) => [name, filled(value)]),
  )
  return { made, hasFailed, told }
}

const seamproof = `node ${join(root, 'packages/seamproof/bin/seamproof.js')}`
const inputsFor = (file: string) => ({
  seamproof,
  args: `${file} --skip bench,experiments,soak`,
  // Setup has installed them; an action that is tested must not change the machine.
  'install-tools': 'false',
  comment: 'false',
})

describe('a job that uses the action', () => {
  test('is red where the addon leaks, after its reports were kept and the leak annotated', () => {
    const { made, hasFailed, told } = runAction('bad', inputsFor('bad.seam.cjs'))
    expect(made.map(({ name, status }) => [name, status])).toEqual([
      ['Run Seamproof', 0],
      ['Keep the reports', undefined],
      ['Verdict', 1],
    ])
    expect(hasFailed).toBe(true)
    expect(told['exit-code']).toBe('1')
    const kept = made[1]!.path!
    expect(kept).toBe(told.folder)
    for (const name of ['report.html', 'report.md', 'report.json', 'report.sarif'])
      expect(existsSync(join(kept, name)), name).toBe(true)
    expect(made[0]!.log).toMatch(/^::error file=.*twins\.c,line=\d+,.*in leak_block/m)
    const summary = readFileSync(join(sandbox.folder, 'bad-summary'), 'utf8')
    expect(summary).toContain('leak_block')
  })

  test('is green where it does not', () => {
    const { made, hasFailed, told } = runAction('good', inputsFor('good.seam.cjs'))
    expect(made.map(({ name }) => name)).toEqual(['Run Seamproof', 'Keep the reports'])
    expect(hasFailed).toBe(false)
    expect(told['exit-code']).toBe('0')
    expect(made[0]!.log).not.toContain('::error')
  })
})

test('annotations name files as the repository does, of which the package is a folder', () => {
  vi.stubEnv('GITHUB_WORKSPACE', '/home/runner/grid')
  expect(repositoryFolder('/home/runner/grid/packages/core')).toBe('/home/runner/grid/')
  expect(repositoryFolder('/home/runner/grid')).toBe('/home/runner/grid/')
  expect(repositoryFolder('/home/runner/grid-two')).toBe('/home/runner/grid-two/')
  vi.unstubAllEnvs()
  expect(repositoryFolder('/home/ann/core')).toBe('/home/ann/core/')
})
