import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
// The built one: what a bundle calls 'seamproof' is a file of dist.
import { bundleWorkload } from '../../dist/capture/workload-bundle.js'

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'seamproof bundle #1 ')))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

/** Bundles and runs a module that prints one JSON value. */
async function printed(path: string): Promise<unknown> {
  const outDir = join(folder, 'out')
  mkdirSync(outDir)
  const bundle = await bundleWorkload(path, outDir)
  return JSON.parse(execFileSync(process.execPath, [bundle], { encoding: 'utf8' }))
}

describe('bundleWorkload', () => {
  test('every module knows its own original place, in both ways of saying it', async () => {
    const inner = write(
      'lib/inner.ts',
      'export const inner: unknown[] = [import.meta.url, __filename, __dirname, import.meta.dirname]\n',
    )
    const entry = write(
      'a.seam.ts',
      "import { inner } from './lib/inner.js'\nconsole.log(JSON.stringify([import.meta.filename, ...inner]))\n",
    )
    expect(await printed(entry)).toEqual([
      entry,
      pathToFileURL(inner).href,
      inner,
      dirname(inner),
      dirname(inner),
    ])
  })

  test('only TypeScript is bundled: a JavaScript neighbour is loaded from where it lies', async () => {
    const neighbour = write('neighbour.cjs', 'exports.place = __filename\n')
    const entry = write(
      'a.seam.ts',
      "import { place } from './neighbour.cjs'\nconsole.log(JSON.stringify(place as string))\n",
    )
    expect(await printed(entry)).toBe(neighbour)
  })

  test('packages are resolved from the workload, not from the capture', async () => {
    write('node_modules/some-addon/package.json', '{ "name": "some-addon", "main": "main.js" }')
    const main = write('node_modules/some-addon/main.js', 'module.exports = __filename\n')
    const entry = write(
      'deep/er/a.seam.ts',
      "import place from 'some-addon'\nconsole.log(JSON.stringify(place as string))\n",
    )
    expect(await printed(entry)).toBe(main)
  })

  test('a package is taken by its "import" condition, as Node would', async () => {
    write(
      'node_modules/dual/package.json',
      '{ "name": "dual", "exports": { "import": "./esm.mjs", "require": "./cjs.cjs" } }',
    )
    write('node_modules/dual/esm.mjs', "export const kind = 'esm'\n")
    write('node_modules/dual/cjs.cjs', "exports.kind = 'cjs'\n")
    const entry = write(
      'a.seam.ts',
      "import { kind } from 'dual'\nconsole.log(JSON.stringify(kind as string))\n",
    )
    expect(await printed(entry)).toBe('esm')
  })

  test('require works in a TypeScript workload, relative to the workload', async () => {
    write('addon.cjs', 'module.exports = { answer: 42 }\n')
    const entry = write(
      'a.seam.ts',
      "const name = './addon.cjs'\nconsole.log(JSON.stringify([require('./addon.cjs').answer, require(name).answer]))\n",
    )
    expect(await printed(entry)).toEqual([42, 42])
  })

  test("'seamproof' means the light registry, wherever the package is or is not installed", async () => {
    const entry = write(
      'a.seam.ts',
      "import { workload } from 'seamproof'\nworkload('x', { run() {} })\nconsole.log(JSON.stringify(typeof workload))\n",
    )
    expect(await printed(entry)).toBe('function')
  })

  test('the source map leads from the bundle back to the line and column of the TypeScript', async () => {
    const entry = write(
      'a.seam.ts',
      "interface Wide {\n  a: number\n}\nconst wide: Wide = { a: 1 }\nexport function marker(): Wide {\n  throw new Error('here')\n}\nconsole.log(JSON.stringify(wide))\n",
    )
    await printed(entry)
    const bundle = readFileSync(join(folder, 'out/workload.mjs'), 'utf8').split('\n')
    const line = bundle.findIndex((text) => text.includes('throw new Error("here")'))
    const map = new TraceMap(readFileSync(join(folder, 'out/workload.mjs.map'), 'utf8'))
    const original = originalPositionFor(map, {
      line: line + 1,
      column: bundle[line]!.indexOf('throw'),
    })
    expect(original).toMatchObject({ line: 6, column: 2 })
    expect(original.source).toContain('a.seam.ts')
  })

  test('a file that does not parse is refused with its line and column', async () => {
    const entry = write('a.seam.ts', 'const a: number = 1\nconst b = = 2\n')
    const error = await bundleWorkload(entry, folder).catch((e) => e)
    expect(error.code).toBe('WORKLOAD_NOT_BUNDLED')
    expect(error.exitCode).toBe(4)
    expect(error.message).toMatch(/a\.seam\.ts:2:11/)
  })

  test('an import that does not exist is refused by its name', async () => {
    const entry = write('a.seam.ts', "import { x } from 'no-such-package'\nconsole.log(x)\n")
    const error = await bundleWorkload(entry, folder).catch((e) => e)
    expect(error.message).toContain('no-such-package')
  })
})
