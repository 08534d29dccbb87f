import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseCommandSchema } from '@seamproof/kit'
import { buildNative } from '@seamproof/kit/native-build'
import { transformSync } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'

const require = createRequire(import.meta.url)
const docsDir = fileURLToPath(new URL('../docs', import.meta.url))
const { include_dir: nodeApi } = require('node-api-headers') as { include_dir: string }
const folder = mkdtempSync(join(tmpdir(), 'kit-docs-'))
afterAll(() => rmSync(folder, { recursive: true }))

const examples = readdirSync(docsDir).flatMap((page) =>
  [...readFileSync(join(docsDir, page), 'utf8').matchAll(/^```(c|ts|json)\n(.*?)^```/gms)].map(
    ([, language = '', code = ''], index) => ({ page, index, language, code }),
  ),
)
const of = (language: string) => examples.filter((example) => example.language === language)

describe('the documentation', () => {
  test('has an example in C or TypeScript on every page', () => {
    const pages = new Set(examples.map((example) => example.page))
    expect([...pages].sort()).toEqual(readdirSync(docsDir).sort())
  })

  test.each(of('c'))(
    '$page: C example $index compiles without a warning',
    ({ page, index, code }) => {
      const name = `${page.replace('.md', '')}-${index}`
      const source = join(folder, `${name}.c`)
      writeFileSync(source, code)
      expect(() =>
        buildNative({
          name,
          kind: 'shared',
          sources: [source],
          includeDirs: [nodeApi],
          flags: ['-Werror', '-Wno-unused-function', '-DNAPI_VERSION=8'],
          outDir: folder,
        }),
      ).not.toThrow()
    },
  )

  test.each(of('ts'))('$page: TypeScript example $index parses', ({ code }) => {
    expect(() => transformSync(code, { loader: 'ts', format: 'esm' })).not.toThrow()
  })

  test.each(of('json'))('$page: the schema in example $index is one', ({ code }) => {
    expect(parseCommandSchema(JSON.parse(code)).commands.length).toBeGreaterThan(0)
  })
})
