// `npm run validate`: the reference subject and the kit, each to one verdict. Options are passed on: `npm run validate -- --full`.
import { spawnSync } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const seamproof = join(root, 'packages/seamproof/bin/seamproof.js')
const options = process.argv.slice(2)

/** An hour that was made before (`--soak FOLDER`) is termcore's. */
function optionsFor(name) {
  const at = options.indexOf('--soak')
  if (at === -1) return options
  const soak = ['--soak', resolve(options[at + 1] ?? '')]
  return [...options.toSpliced(at, 2), ...(name === 'termcore' ? soak : [])]
}

const codes = ['termcore', 'kit'].map((name) => {
  const out = join(root, 'validation', name)
  const given = options.includes('--out') ? [] : ['--out', out, '--force']
  console.log(`\n${name}`)
  const { status } = spawnSync(
    process.execPath,
    [seamproof, 'validate', ...given, ...optionsFor(name)],
    {
      cwd: join(root, 'packages', name),
      stdio: 'inherit',
    },
  )
  return status ?? 70
})
process.exitCode = Math.max(...codes)
