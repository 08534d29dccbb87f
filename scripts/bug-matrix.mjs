// Runs every instrument on the addon with seeded bugs and on its clean twin, and writes who found what to docs/bug-matrix.md.
//   node scripts/bug-matrix.mjs [--out FOLDER]     about half an hour on two cores; goes on where it was cut short
//   node scripts/bug-matrix.mjs --page-only        the page of what is there already
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { matrixMarkdown, seedsIn } from './bug-matrix-page.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const seeded = join(root, 'examples/seeded')
const seamproof = join(root, 'packages/seamproof/bin/seamproof.js')
const outIndex = process.argv.indexOf('--out')
const out = resolve(outIndex === -1 ? join(root, 'validation/matrix') : process.argv[outIndex + 1])
// A certificate file in it costs Node 400,000 allocations at every start.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env

/** Instruments that run beside each other; `all.seam.ts` for those that take longest to start. */
const passes = [
  { pass: 'quick', names: 'layer,asan,ubsan,tsan,track', options: [] },
  {
    pass: 'faults',
    names: 'inject,stress',
    options: ['--seed', '1', '--runs', '4', '--budget', '30s'],
  },
  {
    pass: 'valgrind',
    names: 'memcheck,helgrind',
    options: ['--timeout', '2h'],
    inOne: 'all.seam.ts',
  },
]
const instruments = passes.flatMap(({ names }) => names.split(','))

const families = Object.fromEntries(
  readdirSync(seeded)
    .filter((name) => name.endsWith('.seam.ts') && name !== 'all.seam.ts')
    .sort()
    .map((name) => [name, readFileSync(join(seeded, name), 'utf8')]),
)

/** Without a checker these end the process: each is shown in one of its own. */
const ownProcess = (file, side) => file === 'aborts.seam.ts' && side === 'seeded'

const unitsOf = (side, { inOne }) =>
  inOne !== undefined
    ? [{ file: inOne, only: [] }]
    : Object.entries(families).flatMap(([file, source]) =>
        ownProcess(file, side)
          ? seedsIn(source).map(({ name }) => ({ file, only: ['--only', name] }))
          : [{ file, only: [] }],
      )

const units = ['seeded', 'clean'].flatMap((side) =>
  passes.flatMap((pass) =>
    unitsOf(side, pass).map((unit) => ({
      ...pass,
      ...unit,
      side,
      path: join(out, side, pass.pass, unit.only.at(-1) ?? unit.file.replace('.seam.ts', '')),
    })),
  ),
)

function check({ file, side, only, path, pass, names, options }, position) {
  if (existsSync(join(path, 'done'))) return
  const startedMs = Date.now()
  mkdirSync(dirname(path), { recursive: true })
  const line = [seamproof, 'check', file, '--with', names, ...options, ...only]
  const { status, stderr } = spawnSync(
    process.execPath,
    [...line, '--out', path, '--force', '--quiet', '--json'],
    { cwd: seeded, env: { ...env, SEEDED: side }, encoding: 'utf8', maxBuffer: 2 ** 30 },
  )
  if (!existsSync(join(path, 'findings.json')))
    throw new Error(`${file}: exit code ${status}\n${stderr}`)
  writeFileSync(join(path, 'done'), '')
  const seconds = Math.round((Date.now() - startedMs) / 1000)
  console.error(`${position} ${side} ${file} ${only.at(-1) ?? ''} ${pass}: ${seconds} s`)
}

function runsOf(wanted) {
  return units
    .filter(({ side, path }) => side === wanted && existsSync(join(path, 'findings.json')))
    .map(({ file, path }) => ({
      file,
      list: JSON.parse(readFileSync(join(path, 'findings.json'), 'utf8')),
    }))
}

mkdirSync(out, { recursive: true })
if (!process.argv.includes('--page-only')) {
  execFileSync('npm', ['run', 'build', '--silent'], { cwd: seeded, env, stdio: 'pipe' })
  for (const [index, unit] of units.entries()) check(unit, `[${index + 1}/${units.length}]`)
}
const page = matrixMarkdown({
  instruments,
  sources: families,
  seeded: runsOf('seeded'),
  clean: runsOf('clean'),
  missingCount: units.filter(({ path }) => !existsSync(join(path, 'done'))).length,
  machine: `Node ${process.version}, ${availableParallelism()} cores`,
})
writeFileSync(join(root, 'docs/bug-matrix.md'), page)
console.error('docs/bug-matrix.md')
