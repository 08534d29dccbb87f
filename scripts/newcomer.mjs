// The newcomer's path, as on a machine that has never seen Seamproof: the packages are packed, an addon repository is made
// outside of this one, with a home and a cache of its own, and what the README says is typed. Prints what each step took.
//
//   node scripts/newcomer.mjs [--keep]
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const limitS = 120
const folder = mkdtempSync(join(tmpdir(), 'seamproof-newcomer-'))
const project = join(folder, 'hello-addon')

const files = {
  'package.json': JSON.stringify({
    name: 'hello-addon',
    version: '1.0.0',
    main: 'index.js',
    gypfile: true,
    scripts: { install: 'node-gyp rebuild' },
  }),
  'index.js': "module.exports = require('./build/Release/hello.node')\n",
  'binding.gyp': JSON.stringify({ targets: [{ target_name: 'hello', sources: ['hello.c'] }] }),
  // The planted leak: the text is copied once too often, and that copy is nobody's.
  'hello.c': `#include <node_api.h>
#include <stdlib.h>
#include <string.h>

static char *copy_greeting(const char *text) {
  char *copy = malloc(100);
  if (copy != NULL) strncpy(copy, text, 100);
  return copy;
}

static napi_value greet(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result;
  char *copy = copy_greeting("hello");
  napi_create_string_utf8(env, copy, NAPI_AUTO_LENGTH, &result);
  return result;
}

static napi_value init(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "greet", NAPI_AUTO_LENGTH, greet, NULL, &function);
  napi_set_named_property(env, exports, "greet", function);
  return exports;
}

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
`,
}

// How this machine reaches its registry is its own business, and the one thing that is kept of the old home.
const userconfig = spawnSync('npm', ['config', 'get', 'userconfig'], {
  encoding: 'utf8',
}).stdout.trim()
const env = {
  PATH: process.env.PATH,
  TERM: 'dumb',
  HOME: join(folder, 'home'),
  npm_config_cache: join(folder, 'npm-cache'),
  npm_config_userconfig: userconfig,
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) =>
      /^(https?_proxy|no_proxy|npm_config_|NODE_EXTRA_CA_CERTS)/i.test(name),
    ),
  ),
}
env.npm_config_cache = join(folder, 'npm-cache')

const steps = []

function step(shown, command, args, { cwd = project, expect = [0] } = {}) {
  const startedMs = performance.now()
  const ran = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 64e6 })
  const seconds = (performance.now() - startedMs) / 1000
  steps.push({ shown, seconds })
  console.log(`$ ${shown}    ${seconds.toFixed(1)} s, exit ${ran.status}`)
  if (expect.includes(ran.status)) return ran
  throw new Error(`${shown} ended with ${ran.status}\n${ran.stdout}\n${ran.stderr}`)
}

function packed() {
  return workspaces.map((workspace) => {
    const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error']
    const ran = spawnSync('npm', [...args, '--pack-destination', folder], {
      cwd: join(root, workspace),
      encoding: 'utf8',
    })
    const { filename } = Object.values(JSON.parse(ran.stdout))[0]
    return join(folder, filename.replace('@', '').replace('/', '-'))
  })
}

try {
  const tarballs = packed()
  for (const path of [project, env.HOME]) mkdirSync(path, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text)
  console.log(`a fresh addon repository in ${project}, load ${loadavg()[0].toFixed(1)}`)
  // The author has built the addon before he hears of Seamproof.
  step('npx node-gyp rebuild', 'npx', ['--yes', 'node-gyp', 'rebuild'])
  const before = steps.length
  step('npm install --save-dev seamproof', 'npm', [
    ...['install', '--save-dev', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs],
  ])
  step('npx seamproof init', 'npx', ['seamproof', 'init'])
  const track = step(
    'npx seamproof track first.seam.ts',
    'npx',
    ['seamproof', 'track', 'first.seam.ts'],
    {
      expect: [1],
    },
  )
  const seconds = steps.slice(before).reduce((sum, one) => sum + one.seconds, 0)
  // A release build has no lines, and its small functions are inlined: the exported one is what can be named.
  for (const expected of ['LEAK  100 B/op', 'greet', 'hello.node', 'first.seam.ts'])
    if (!track.stdout.includes(expected))
      throw new Error(`the planted leak was not told ("${expected}" is missing):\n${track.stdout}`)
  console.log(track.stdout)
  const told = `first verdict ${seconds.toFixed(1)} s after "npm install", the planted leak among it; load ${loadavg()[0].toFixed(1)}`
  console.log(told)
  if (seconds > limitS) throw new Error(`${told}: more than ${limitS} s`)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  if (process.argv.includes('--keep')) console.log(`kept: ${folder}`)
  else rmSync(folder, { recursive: true, force: true })
}
