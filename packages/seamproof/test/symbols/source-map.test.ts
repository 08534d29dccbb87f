import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transform } from 'esbuild'
import { beforeEach, describe, expect, it } from 'vitest'
import { SourceFile, SourceFiles, type SourcePlace } from '../../src/symbols/source-file.js'
import { SourceMaps } from '../../src/symbols/source-map.js'
import { scratchFolder } from './native-fixtures.js'

const folder = scratchFolder()
const typeScript = `interface Options {
  width: number
}

export function encodeThumbnail(options: Options): number {
  const scaleEdges = (edge: number) => edge * 2
  return scaleEdges(options.width)
}
`

let maps: SourceMaps
beforeEach(() => {
  maps = new SourceMaps(new SourceFiles())
})

function write(path: string, text: string): string {
  const full = join(folder, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, text)
  return full
}

/** Where V8 says that the function behind `text` starts: at its parameters. */
function startAfter(path: string, text: string): SourcePlace {
  const source = new SourceFile(path, readFileSync(path, 'utf8'))
  return source.placeOf(source.text.indexOf(text) + text.length)!
}

async function compiled(options: { minify?: boolean; sourcefile?: string } = {}) {
  const { code, map } = await transform(typeScript, {
    loader: 'ts',
    sourcemap: true,
    minifyIdentifiers: options.minify ?? false,
    minifyWhitespace: options.minify ?? false,
    format: options.minify ? 'iife' : 'esm',
    sourcefile: options.sourcefile ?? 'thumb.ts',
  })
  return { code, map }
}

const dataUrl = (map: string) =>
  `data:application/json;charset=utf-8;base64,${Buffer.from(map).toString('base64')}`

describe('a place in JavaScript becomes one in TypeScript', () => {
  it('through a map beside the file', async () => {
    const { code, map } = await compiled({ sourcefile: '../src/thumb.ts' })
    const path = write('dist/thumb.js', `${code}//# sourceMappingURL=thumb.js.map\n`)
    write('dist/thumb.js.map', map)
    const original = maps.original(path, startAfter(path, 'function encodeThumbnail'))
    expect(original).toMatchObject({ file: join(folder, 'src/thumb.ts'), line: 5 })
    expect(maps.failure(path)).toBeUndefined()
  })

  it('through a map inside the file, base64 or percent-encoded', async () => {
    const { code, map } = await compiled()
    for (const url of [dataUrl(map), `data:application/json,${encodeURIComponent(map)}`]) {
      const path = write(`inline-${url.length}.js`, `${code}\n//# sourceMappingURL=${url}`)
      expect(maps.original(path, startAfter(path, 'scaleEdges = '))).toMatchObject({
        file: join(folder, 'thumb.ts'),
        line: 6,
      })
    }
  })

  it('with a sourceRoot, with file URLs, and with other URLs as they are', async () => {
    const { code, map } = await compiled()
    const at = (name: string, change: object) => {
      const text = JSON.stringify({ ...JSON.parse(map), ...change })
      const path = write(`${name}.js`, `${code}\n//# sourceMappingURL=${dataUrl(text)}`)
      return maps.original(path, startAfter(path, 'function encodeThumbnail'))?.file
    }
    expect(at('rooted', { sourceRoot: '../lib/', sources: ['thumb.ts'] })).toBe(
      join(folder, '../lib/thumb.ts'),
    )
    const elsewhere = pathToFileURL('/srv/my src/thumb.ts').href
    expect(at('absolute', { sources: [elsewhere] })).toBe('/srv/my src/thumb.ts')
    expect(at('webpack', { sources: ['webpack://app/./thumb.ts'] })).toMatch(/^webpack:\/\/app\//)
    expect(at('odd', { sources: ['pages/[id] #1.ts'] })).toBe(join(folder, 'pages/[id] #1.ts'))
  })

  it('through a map in sections, and behind a guard line', async () => {
    const { code, map } = await compiled()
    const indexed = {
      version: 3,
      sections: [{ offset: { line: 0, column: 0 }, map: JSON.parse(map) }],
    }
    const path = write('indexed.js', `${code}//# sourceMappingURL=indexed.js.map\n`)
    write('indexed.js.map', `)]}'\n${JSON.stringify(indexed)}`)
    expect(maps.original(path, startAfter(path, 'function encodeThumbnail'))?.line).toBe(5)
  })
})

describe('the name of a minified function', () => {
  it('is the original one where the map has it', async () => {
    const { code, map } = await compiled({ minify: true })
    const path = write('min.js', `${code.trim()}\n//# sourceMappingURL=${dataUrl(map)}`)
    const nameOf = (pattern: RegExp) => pattern.exec(code)?.[1] ?? ''
    const arrow = nameOf(/const (\w+)=/)
    const declared = nameOf(/function (\w+)\(/)
    expect([arrow, declared]).toEqual([
      expect.stringMatching(/^\w$/),
      expect.stringMatching(/^\w$/),
    ])
    expect(maps.originalName(path, startAfter(path, `${arrow}=`), arrow)).toBe('scaleEdges')
    const place = startAfter(path, `function ${declared}`)
    expect(maps.originalName(path, place, declared)).toBe('encodeThumbnail')
  })

  it('is not that of whatever stands before an anonymous function', async () => {
    const { code, map } = await transform('longFunctionName(() => 1, other)', {
      loader: 'ts',
      sourcemap: true,
      minify: true,
      sourcefile: 'call.ts',
    })
    const path = write('call.js', `${code}\n//# sourceMappingURL=${dataUrl(map)}`)
    expect(
      maps.originalName(path, startAfter(path, 'longFunctionName('), '(anonymous)'),
    ).toBeUndefined()
    expect(
      maps.originalName(path, startAfter(path, 'longFunctionName('), 'longFunctionName'),
    ).toBeUndefined()
  })
})

describe('a map that cannot be used', () => {
  const cases: [what: string, reference: string, map: string | undefined, reason: RegExp][] = [
    ['missing', 'gone.map', undefined, /ENOENT/],
    ['no JSON', 'text.map', '<html>', /JSON|Unexpected/],
    ['no map', 'empty.map', '{}', /no mappings/],
    ['null', 'null.map', 'null', /not a source map/],
    ['on a server', 'https://example.com/x.map', undefined, /https:\/\/example\.com/],
    ['a data URL without a comma', 'data:application/json', undefined, /comma/],
  ]
  it.each(cases)(
    '(%s) leaves the place in JavaScript, and says why',
    (what, reference, map, reason) => {
      const name = what.replace(/ /g, '-')
      const path = write(
        `broken/${name}.js`,
        `function f() {}\n//# sourceMappingURL=${reference}\n`,
      )
      if (map !== undefined) write(`broken/${reference}`, map)
      expect(maps.original(path, { line: 1, column: 11 })).toBeUndefined()
      expect(maps.original(path, { line: 1, column: 12 })).toBeUndefined()
      expect(maps.failure(path)).toMatch(reason)
    },
  )
})

it('what looks like a reference inside code is none', async () => {
  const text = [
    'const trailer = "//# sourceMappingURL=x.map"',
    'const pattern = `',
    '//# sourceMappingURL=name.map`',
    'module.exports = trailer + pattern',
  ].join('\n')
  const path = write('bundler.js', text)
  expect(maps.original(path, { line: 1, column: 1 })).toBeUndefined()
  expect(maps.failure(path)).toBeUndefined()
})

it('a file without a reference, or no file at all, needs no note', () => {
  const path = write('plain.js', 'function f() {}\n')
  expect(maps.original(path, { line: 1, column: 1 })).toBeUndefined()
  expect(maps.original(join(folder, 'nowhere.js'), { line: 1, column: 1 })).toBeUndefined()
  expect(maps.failure(path)).toBeUndefined()
})
