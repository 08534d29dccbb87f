// Runs every instrument on the addon with seeded bugs and on its clean twin, and writes who found what to docs/bug-matrix.md.
//   node scripts/bug-matrix.mjs [--out FOLDER]     takes an hour on two cores; goes on where it was cut short
//   node scripts/bug-matrix.mjs --page-only        the page of what is there already
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { matrixMarkdown } from './bug-matrix-page.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const seeded = join(root, 'examples/seeded')
const seamproof = join(root, 'packages/seamproof/bin/seamproof.js')
const outIndex = process.argv.indexOf('--out')
const out = resolve(outIndex === -1 ? join(root, 'validation/matrix') : process.argv[outIndex + 1])

/** What each family is shown to: an instrument that looks for something else altogether would only take time. */
const instruments = [
  'layer',
  'asan',
  'ubsan',
  'tsan',
  'memcheck',
  'helgrind',
  'track',
  'inject',
  'stress',
]
const files = readdirSync(seeded)
  .filter((name) => name.endsWith('.seam.ts'))
  .sort()

function check(file, side) {
  const folder = join(out, side, file.replace('.seam.ts', ''))
  if (existsSync(join(folder, 'done'))) return
  console.error(`${side} ${file}`)
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      seamproof,
      'check',
      file,
      '--with',
      instruments.join(','),
      '--out',
      folder,
      '--force',
      '--json',
    ],
    { cwd: seeded, env: { ...env, SEEDED: side }, encoding: 'utf8', maxBuffer: 2 ** 30 },
  )
  if (!existsSync(join(folder, 'findings.json')))
    throw new Error(`${file}: exit code ${status}\n${stderr}`)
  writeFileSync(join(folder, 'done'), '')
}

mkdirSync(out, { recursive: true })
if (!process.argv.includes('--page-only'))
  for (const side of ['seeded', 'clean']) for (const file of files) check(file, side)

const listsOf = (side) =>
  files.flatMap((file) => {
    const path = join(out, side, file.replace('.seam.ts', ''), 'findings.json')
    return existsSync(path) ? [{ file, list: JSON.parse(readFileSync(path, 'utf8')) }] : []
  })
const sources = Object.fromEntries(
  files.map((file) => [file, readFileSync(join(seeded, file), 'utf8')]),
)
const page = matrixMarkdown({
  instruments,
  sources,
  seeded: listsOf('seeded'),
  clean: listsOf('clean'),
  machine: `Node ${process.version}, ${availableParallelism()} cores`,
})
writeFileSync(join(root, 'docs/bug-matrix.md'), page)
console.error('docs/bug-matrix.md')
