// `npm run validate`: the reference subject and the kit, each to one verdict. Options are passed on: `npm run validate -- --full`.
import { spawnSync } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const seamproof = join(root, 'packages/seamproof/bin/seamproof.js')
const options = process.argv.slice(2)

const codes = ['termcore', 'kit'].map((name) => {
  const out = join(root, 'validation', name)
  const given = options.includes('--out') ? [] : ['--out', out, '--force']
  console.log(`\n${name}`)
  const { status } = spawnSync(process.execPath, [seamproof, 'validate', ...given, ...options], {
    cwd: join(root, 'packages', name),
    stdio: 'inherit',
  })
  return status ?? 70
})
process.exitCode = Math.max(...codes)
