// Bundles the code that runs inside the HTML reports into string modules, so that a report needs no file beside it.
// Run by `npm run build` and, as a global set-up, by vitest.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const report = join(dirname(fileURLToPath(import.meta.url)), '../src/report')
const sha256 = (text) => createHash('sha256').update(text).digest('base64')

async function bundle(page) {
  const result = await build({
    entryPoints: [join(report, page, 'client/main.ts'), join(report, page, 'client/page.css')],
    bundle: true,
    write: false,
    outdir: '/bundle',
    minify: true,
    format: 'iife',
    target: ['es2022'],
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  })
  const output = (extension) =>
    result.outputFiles.find((file) => file.path.endsWith(extension)).text.trim()
  // `</script` or `</style` in a string would end the element that the code sits in.
  const script = output('.js').replaceAll('</script', '<\\/script')
  const style = output('.css')
  const fields = { script, scriptSha256: sha256(script), style, styleSha256: sha256(style) }
  const text = `// Made by scripts/bundle-client.mjs from ${page}/client. Not in git.
import type { ClientBundle } from '../html-page.js'

export const clientBundle: ClientBundle = ${JSON.stringify(fields, null, 2)}
`
  const target = join(report, page, 'client-bundle.generated.ts')
  // An unchanged file keeps its time stamp, so that tsc and vitest do not start over.
  if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text)
}

export default async function bundleClients() {
  await Promise.all(['flamegraph', 'soak', 'timeline'].map(bundle))
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await bundleClients()
