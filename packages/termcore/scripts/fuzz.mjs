// npm run fuzz -w @seamproof/termcore [-- --seconds 600] [-- --seed 7]
// The parser, the grid and the command buffer with made-up input, under ASan and UBSan, for as long as
// asked. Where clang is installed, libFuzzer decides what to try next; else seeds are counted up.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildNative } from '@seamproof/kit/native-build'
import { buildDir, nativeDir } from '../dist/native-build.js'

const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } } })
const seconds = Number(values.seconds ?? 60)
const testDir = fileURLToPath(new URL('../test', import.meta.url))
const recordings = join(testDir, 'peer-fixtures')
const core = readdirSync(nativeDir)
  .filter(
    (file) =>
      /^(grid|kernels|parser|terminal)[a-z0-9_]*\.c$/.test(file) && !file.includes('bindings'),
  )
  .map((file) => join(nativeDir, file))
const hasClang = spawnSync('clang', ['--version']).status === 0

const fuzzers = [
  {
    name: 'commands_fuzz',
    sources: [join(testDir, 'native/commands_fuzz.c'), join(nativeDir, 'bridge_canvas.c')],
    args: (seed) => [seed, '5000'],
  },
  {
    name: 'terminal_fuzz',
    sources: [join(testDir, 'terminal_fuzz.c')],
    args: (seed) => [seed, '40', ...readdirSync(recordings).map((file) => join(recordings, file))],
  },
]

function build({ name, sources }) {
  return buildNative({
    name: hasClang ? `${name}_libfuzzer` : name,
    kind: 'executable',
    sources: [...sources, ...core],
    includeDirs: [nativeDir, testDir],
    flags: hasClang ? ['-O1', '-DTC_LIBFUZZER', '-fsanitize=fuzzer'] : ['-O1'],
    sanitizers: ['address', 'undefined'],
    outDir: buildDir,
    ...(hasClang ? { compiler: 'clang' } : {}),
  })
}

function explore(program, fuzzer, budgetSeconds) {
  if (hasClang) {
    const corpus = join(buildDir, `corpus-${fuzzer.name}`)
    mkdirSync(corpus, { recursive: true })
    return (
      spawnSync(program, [corpus, `-max_total_time=${budgetSeconds}`, '-print_final_stats=1'], {
        stdio: 'inherit',
      }).status === 0
    )
  }
  const end = performance.now() + budgetSeconds * 1000
  let seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
  let runs = 0
  for (; performance.now() < end; seed++, runs++) {
    const result = spawnSync(program, fuzzer.args(String(seed)), { encoding: 'utf8' })
    if (result.status === 0) continue
    console.error(`${result.stdout}${result.stderr}`)
    console.error(
      `${fuzzer.name} failed with seed ${seed}; again: npm run fuzz -w @seamproof/termcore -- --seed ${seed}`,
    )
    return false
  }
  console.log(`${fuzzer.name}: ${runs} runs, last seed ${seed - 1}, nothing found`)
  return true
}

const found = fuzzers.filter((fuzzer) => !explore(build(fuzzer), fuzzer, seconds / fuzzers.length))
process.exitCode = found.length > 0 ? 1 : 0
