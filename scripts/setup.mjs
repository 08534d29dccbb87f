// Makes a fresh clone ready: modules, builds, and with --tools what the tests need from the system. Runs before anything is
// installed, so it uses Node alone. Doing it again is quick: each step looks first whether it is done.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeBinary, nodeFolder, otherNodeMajors } from './node-versions.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const wantsTools = process.argv.includes('--tools')

/** What the tests run besides Node and the compiler. */
const tools = [
  { package: 'binutils', commands: ['addr2line', 'objcopy'] },
  { package: 'chromium', commands: ['chromium', 'chromium-browser', 'google-chrome'], any: true },
  { package: 'vim', commands: ['vim'] },
  { package: 'valgrind', commands: ['valgrind'] },
  // Subjects that are built with them.
  { package: 'cmake', commands: ['cmake'] },
  { package: 'cargo', commands: ['cargo'] },
  { package: 'clang libclang-rt-dev', commands: ['clang', 'clang++'] },
  // Names of Rust code are read from a library that the tests compile.
  { package: 'rustc', commands: ['rustc'] },
  // The agent beside other allocators.
  { package: 'libjemalloc2', files: ['/usr/lib/x86_64-linux-gnu/libjemalloc.so.2'] },
  { package: 'libmimalloc-dev', files: ['/usr/lib/x86_64-linux-gnu/libmimalloc.so'] },
  // termcore's NEON kernels: built for AArch64 and run in an emulator.
  {
    package: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross',
    commands: ['aarch64-linux-gnu-gcc'],
  },
  { package: 'qemu-user', commands: ['qemu-aarch64'] },
]
/** What everything needs: named with the rest, so that one line installs it all. */
const compilers = [
  { package: 'gcc', commands: ['gcc'] },
  { package: 'g++', commands: ['g++'] },
  { package: 'make', commands: ['make'] },
  { package: 'python3', commands: ['python3'] },
]

assertNode()
installTools(wantsTools ? [...compilers, ...tools] : compilers)
installModules()
build()
if (wantsTools) fetchNodes()

function assertNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  fail(`Node ${process.versions.node} is too old; Node 20.19 or later is needed`)
}

function installTools(wanted) {
  const missing = wanted.filter(({ commands = [], files = [], any }) =>
    any ? !commands.some(isInPath) : !(commands.every(isInPath) && files.every(existsSync)),
  )
  if (missing.length === 0) return
  const packages = missing.map((tool) => tool.package)
  const line = `apt-get install --yes --no-install-recommends ${packages.join(' ')}`
  if (process.getuid?.() !== 0 || !isInPath('apt-get'))
    fail(`missing: ${packages.join(', ')}. Install them, then run this again:\n  sudo ${line}`)
  say(`installing ${packages.join(', ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update', '--quiet'], { env, quiet: true, mayFail: true })
  run('apt-get', line.split(' ').slice(1), { env, quiet: true })
}

function installModules() {
  if (areModulesInstalled()) return
  // Not `npm ci`: it refuses a lock file that lacks an optional package for another platform, and not every registry has
  // them all. The versions are those of the lock file, which stays as it is.
  say('installing modules')
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'])
}

/** npm keeps a list of what it installed; it is held against the lock file, package by package. */
function areModulesInstalled() {
  const installed = readLock(join(root, 'node_modules/.package-lock.json'))
  const wanted = readLock(join(root, 'package-lock.json'))
  if (installed === undefined || wanted === undefined) return false
  return Object.entries(wanted.packages).every(([path, { version, link, optional }]) => {
    if (!path.startsWith('node_modules/') || link || optional) return true
    return installed.packages[path]?.version === version
  })
}

function readLock(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}

function build() {
  say('building')
  run('npm', ['run', 'build', '--silent'])
}

function fetchNodes() {
  for (const major of otherNodeMajors) {
    if (existsSync(nodeBinary(major))) continue
    say(`fetching Node ${major}`)
    const folder = nodeFolder(major)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    run(
      'npm',
      ['install', '--no-audit', '--no-fund', '--silent', `node-linux-${process.arch}@${major}`],
      { cwd: folder },
    )
  }
}

function run(
  command,
  args,
  { env = process.env, cwd = root, quiet = false, mayFail = false } = {},
) {
  const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit']
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env,
    stdio,
    encoding: 'utf8',
  })
  if (status === 0 || mayFail) return
  if (quiet) process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`)
  fail(`\`${command} ${args.join(' ')}\` failed${error ? `: ${error.message}` : ''}`)
}

function isInPath(command) {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${command}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function say(text) {
  console.error(`setup: ${text}`)
}

function fail(message) {
  console.error(`setup: ${message}`)
  process.exit(1)
}
