// The main job on a real package: @node-rs/crc32 1.5.1 leaks 40 bytes per call (napi-rs/node-rs#655), 1.10.8 does not.
// The same workload runs on both; the verdicts must differ, or this script fails.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const seamproof = join(root, 'packages/seamproof/bin/seamproof.js')
const sides = [
  { name: 'leaky', version: '1.5.1', expectedExitCode: 1 },
  { name: 'fixed', version: '1.10.8', expectedExitCode: 0 },
]

const outcomes = sides.map(trackSide)
console.log('\n── What was seen ──')
for (const { name, version, exitCode, expectedExitCode, flamegraph } of outcomes) {
  const verdict = { 0: 'no leak', 1: 'leaks' }[exitCode] ?? `exit code ${exitCode}`
  const surprise = exitCode === expectedExitCode ? '' : '   ← not as expected'
  console.log(`@node-rs/crc32 ${version.padEnd(7)} (${name}): ${verdict}${surprise}`)
  console.log(`  flame graph: ${flamegraph}`)
}
if (outcomes.some(({ exitCode, expectedExitCode }) => exitCode !== expectedExitCode))
  process.exitCode = 1

function trackSide({ name, version, expectedExitCode }) {
  console.log(`\n── @node-rs/crc32 ${version}: the ${name} version ──`)
  const folder = join(root, '.cache/demo', name)
  install(folder, version)
  copyFileSync(join(root, 'scripts/demo/crc32.seam.ts'), join(folder, 'crc32.seam.ts'))
  const capture = join(folder, 'crc32.seamproof')
  const exitCode = run(folder, ['track', 'crc32.seam.ts', '--out', capture, '--force'])
  const flamegraph = join(capture, 'flamegraph.html')
  run(folder, ['flamegraph', capture, '--out', flamegraph], { isQuiet: true })
  return {
    name,
    version,
    expectedExitCode,
    exitCode,
    flamegraph: relative(process.cwd(), flamegraph),
  }
}

function install(folder, version) {
  mkdirSync(folder, { recursive: true })
  const manifest = join(folder, 'package.json')
  const wanted = JSON.stringify({ private: true, dependencies: { '@node-rs/crc32': version } })
  const isThere = existsSync(join(folder, 'node_modules/@node-rs/crc32'))
  if (isThere && existsSync(manifest) && readFileSync(manifest, 'utf8') === wanted) return
  writeFileSync(manifest, wanted)
  const args = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' })
  if (status !== 0) {
    console.error('demo: the package could not be installed; is there a network?')
    process.exit(1)
  }
}

function run(cwd, args, { isQuiet = false } = {}) {
  const stdio = isQuiet ? ['ignore', 'ignore', 'inherit'] : ['ignore', 'inherit', 'inherit']
  return spawnSync(process.execPath, [seamproof, ...args], { cwd, stdio }).status
}
