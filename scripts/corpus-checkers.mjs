// Published packages with a bug, and the versions that mended it, under the checkers: writes docs/results/corpus-checkers.md.
//   node scripts/corpus-checkers.mjs [--out FOLDER] [--only NAME]     goes on where it was cut short
//   node scripts/corpus-checkers.mjs --page-only                      the page of what is there already
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const seamproof = join(root, 'packages/seamproof/bin/seamproof.js')
const optionOf = (name) => {
  const at = process.argv.indexOf(name)
  return at === -1 ? undefined : process.argv[at + 1]
}
const out = resolve(optionOf('--out') ?? join(root, 'validation/corpus'))
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
const instruments = ['layer', 'asan', 'tsan', 'memcheck', 'helgrind', 'track']

const crash = {
  name: 'leveldown-close',
  file: join(root, 'examples/crashes/leveldown-close.cjs'),
  what: 'use after free by a race: closed while pool threads work',
  sides: { bad: { leveldown: '5.0.1' }, fixed: { leveldown: '5.0.2' } },
  // A crash of a race may need another try.
  timesOf: { memcheck: 10, helgrind: 5, default: 40 },
}
const leaks = JSON.parse(readFileSync(join(root, 'examples/leaks/cases.json'), 'utf8'))
  .filter(({ fixed }) => fixed !== undefined)
  .map(({ workload, leaky, fixed, leak }) => ({
    name: workload.replace('.seam.ts', ''),
    file: join(root, 'examples/leaks', workload),
    what: `leak of ${leak.blocksPerOperation} block${leak.blocksPerOperation === 1 ? '' : 's'} per operation`,
    sides: { bad: leaky, fixed },
  }))
const only = optionOf('--only')
const cases = [crash, ...leaks].filter(({ name }) => only === undefined || name === only)

/** Inside the repository, so that workloads find `seamproof`. */
function packagesOf(name, side, dependencies) {
  const folder = join(root, '.cache/packages', `corpus-${name}-${side}`)
  mkdirSync(folder, { recursive: true })
  const manifest = join(folder, 'package.json')
  const wanted = JSON.stringify({ private: true, type: 'module', dependencies })
  if (!existsSync(manifest) || readFileSync(manifest, 'utf8') !== wanted) {
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--silent']
    writeFileSync(manifest, wanted)
    execFileSync('npm', ['install', ...flags], { cwd: folder, stdio: 'inherit' })
  }
  return folder
}

const pathOf = (one, side, instrument) => join(out, one.name, side, instrument)

function check(one, side, instrument) {
  const path = pathOf(one, side, instrument)
  if (existsSync(join(path, 'done'))) return
  mkdirSync(dirname(path), { recursive: true })
  const startedMs = Date.now()
  const dependencies = one.sides[side]
  const folder = packagesOf(one.name, side, dependencies)
  const file = one.file.split('/').pop()
  copyFileSync(one.file, join(folder, file))
  const sources = Object.keys(dependencies)
    .map((name) => join('node_modules', name))
    .filter((project) => existsSync(join(folder, project, 'binding.gyp')))
  const times = one.timesOf?.[instrument] ?? one.timesOf?.default
  const target = times === undefined ? [file] : ['--', process.execPath, file, String(times)]
  const projects = sources.length > 0 ? ['--project', ...sources] : []
  // --strict has the layer by itself make a list of findings as all others do.
  const options = ['--with', instrument, '--strict', '--quiet', '--json', '--force', '-o', path]
  const { status, stderr } = spawnSync(
    process.execPath,
    [seamproof, 'check', ...projects, ...options, ...target],
    {
      cwd: folder,
      env: { ...env, SEAMPROOF_EXAMPLE_SIDE: side === 'bad' ? 'leaky' : 'fixed' },
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
    },
  )
  if (!existsSync(join(path, 'findings.json')))
    throw new Error(`${one.name} ${side} ${instrument}: exit code ${status}\n${stderr}`)
  writeFileSync(join(path, 'done'), '')
  console.error(
    `${one.name} ${side} ${instrument}: ${Math.round((Date.now() - startedMs) / 1000)} s`,
  )
}

/** Errors and warnings by kind; silence counts only where the run came to its end. */
function cellOf(one, side, instrument) {
  const path = join(pathOf(one, side, instrument), 'findings.json')
  if (!existsSync(path)) return '–'
  const { findings, runs } = JSON.parse(readFileSync(path, 'utf8'))
  const kinds = findings.filter(({ severity }) => severity !== 'advice').map(({ kind }) => kind)
  const counted = [...new Set(kinds)].map((kind) => {
    const count = kinds.filter((other) => other === kind).length
    return count === 1 ? kind : `${count} × ${kind}`
  })
  if (counted.length > 0) return counted.join(', ')
  const [run] = runs
  if (run?.status !== 'ran') return '–'
  return run.isPartial ? 'nothing (as installed)' : 'nothing'
}

const row = (one, side) =>
  `| ${one.name} | ${side} | ${Object.entries(one.sides[side])
    .map((pair) => pair.join(' '))
    .join(', ')} | ${instruments.map((name) => cellOf(one, side, name)).join(' | ')} |`

function page() {
  const shown = [crash, ...leaks]
  const reasons = shown.flatMap((one) =>
    Object.keys(one.sides).flatMap((side) =>
      instruments.flatMap((instrument) => {
        const path = join(pathOf(one, side, instrument), 'findings.json')
        if (!existsSync(path)) return []
        return JSON.parse(readFileSync(path, 'utf8'))
          .runs.filter(({ status }) => status !== 'ran')
          .map(({ reason }) => `- ${one.name} ${side}, ${instrument}: ${withoutPaths(reason)}`)
      }),
    ),
  )
  return `${[
    '# Published packages under the checkers',
    `Each package with its bug, and the version that mended it, does the same work. Where npm brings the sources, they are built for the checker that needs it; what came built is checked as it is. Made by \`node scripts/corpus-checkers.mjs\`; Node ${process.version}.`,
    [
      `| case | side | version | ${instruments.join(' | ')} |`,
      `|---|---|---|${instruments.map(() => '---').join('|')}|`,
      ...shown.flatMap((one) => [row(one, 'bad'), row(one, 'fixed')]),
    ].join('\n'),
    '– was not run, or not to its end.',
    shown.map(({ name, what }) => `- **${name}**: ${what}`).join('\n'),
    ...(reasons.length > 0 ? ['## Not run to the end', [...new Set(reasons)].join('\n')] : []),
  ].join('\n\n')}\n`
}

const withoutPaths = (reason) =>
  reason
    .replaceAll('\n', ' ')
    .replace(/; see .*$/, '')
    .replaceAll(`${root}/`, '')

if (!process.argv.includes('--page-only'))
  for (const one of cases)
    for (const instrument of instruments)
      for (const side of ['bad', 'fixed']) check(one, side, instrument)
writeFileSync(join(root, 'docs/results/corpus-checkers.md'), page())
console.error('docs/results/corpus-checkers.md')
