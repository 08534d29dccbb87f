import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileAddon } from './build-addon.js'

interface Manifest {
  name: string
  dependencies?: Record<string, string>
}

const root = resolve(import.meta.dirname, '../../../..')
const workspaces = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { workspaces: string[] }
).workspaces
const manifests = workspaces.map(
  (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest,
)

let folder: string
/** Name → the tarball that `npm pack` makes of it. Scripts are left out: what is packed is what was built. */
const tarballs = new Map<string, { path: string; files: string[] }>()

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seamproof-pack-'))
  for (const [index, { name }] of manifests.entries()) {
    const printed = execFileSync(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder],
      { cwd: join(root, workspaces[index]!), encoding: 'utf8' },
    )
    const packed = Object.values(JSON.parse(printed))[0] as {
      filename: string
      files: { path: string }[]
    }
    tarballs.set(name, {
      path: join(folder, packed.filename.replace('@', '').replace('/', '-')),
      files: packed.files.map((file) => file.path),
    })
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** An empty project with one package installed from its tarball, and those of ours that it needs from theirs. */
function install(name: string, projectName = name.replace('/', '-')): string {
  const project = join(folder, 'projects', projectName)
  mkdirSync(project, { recursive: true })
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
  const paths = [...ours(name)].map((needed) => tarballs.get(needed)!.path)
  execFileSync(
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', ...paths],
    { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] },
  )
  return project
}

function ours(name: string, found = new Set<string>()): Set<string> {
  found.add(name)
  const manifest = manifests.find((one) => one.name === name)!
  for (const needed of Object.keys(manifest.dependencies ?? {}))
    if (tarballs.has(needed) && !found.has(needed)) ours(needed, found)
  return found
}

const run = (project: string, command: string, args: string[]) =>
  spawnSync(command, args, { cwd: project, encoding: 'utf8' })

describe.each(manifests.map(({ name }) => name))('%s, from its own npm pack', (name) => {
  let project: string
  beforeAll(() => {
    project = install(name)
  })

  test('is imported by its name', () => {
    const { status, stdout, stderr } = run(project, process.execPath, [
      '--input-type=module',
      '--eval',
      `const module = await import('${name}'); console.log(Object.keys(module).length)`,
    ])
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(Number(stdout)).toBeGreaterThan(0)
  })

  test('brings types, and neither sources of tests nor build leftovers', () => {
    const { files } = tarballs.get(name)!
    expect(files).toContain('dist/index.d.ts')
    expect(files.filter((path) => /^(test|build|src)\/|\.tsbuildinfo$|\.map$/.test(path))).toEqual(
      [],
    )
  })
})

describe('seamproof, from its own npm pack', () => {
  let project: string
  beforeAll(() => {
    project = install('seamproof')
  })

  test('npx seamproof doctor finds this machine ready', () => {
    const { status, stdout, stderr } = run(project, 'npx', ['seamproof', 'doctor', '--json'])
    expect(`${stdout}${stderr}`).toContain('"isReady": true')
    expect(status).toBe(0)
  })

  test('npx seamproof init and track run a first TypeScript workload to its verdict', () => {
    expect(run(project, 'npx', ['seamproof', 'init']).status).toBe(0)
    const options = ['--rounds', '3', '--operations', '200', '--warmup', '2000', '--out', 'first']
    const { status, stdout, stderr } = run(project, 'npx', [
      'seamproof',
      'track',
      'first.seam.ts',
      ...options,
    ])
    expect(stderr).not.toContain('bug in Seamproof')
    expect(stdout).toContain('No leak')
    expect(status).toBe(0)
  })

  // The two minutes that a newcomer is promised are this test's time limit.
  test('in a fresh addon repository, init and track find a planted leak at its line within two minutes', () => {
    const repository = install('seamproof', 'fresh-addon')
    const source = [
      '#include <node_api.h>',
      '#include <stdlib.h>',
      '#include <string.h>',
      'static napi_value parse(napi_env env, napi_callback_info info) {',
      '  (void)info;',
      '  char *volatile copy = malloc(120);',
      '  memset(copy, 1, 120);',
      '  napi_value result;',
      '  napi_create_uint32(env, (uint32_t)copy[3], &result);',
      '  return result;',
      '}',
      'NAPI_MODULE_INIT() {',
      '  napi_value function;',
      '  napi_create_function(env, "parse", NAPI_AUTO_LENGTH, parse, NULL, &function);',
      '  napi_set_named_property(env, exports, "parse", function);',
      '  return exports;',
      '}',
    ]
    writeFileSync(join(repository, 'parse.c'), `${source.join('\n')}\n`)
    compileAddon(join(repository, 'parse.c'), join(repository, 'parse.node'))
    writeFileSync(join(repository, 'index.cjs'), "module.exports = require('./parse.node')\n")
    const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as object
    writeFileSync(
      join(repository, 'package.json'),
      JSON.stringify({ ...manifest, name: 'fresh-addon', main: 'index.cjs' }),
    )
    const init = run(repository, 'npx', ['seamproof', 'init'])
    expect(init.stdout).toContain('the workload calls parse() of fresh-addon')
    const { status, stdout } = run(repository, 'npx', ['seamproof', 'track', 'first.seam.ts'])
    expect(stdout).toMatch(
      /LEAK {2}120 B\/op, 1\.00 block\/op {2}parse {2}parse\.c:6 {2}← first\.seam\.ts:8/,
    )
    expect(status).toBe(1)
  })
})
