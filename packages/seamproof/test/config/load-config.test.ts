import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SeamproofError } from '../../src/base/seamproof-error.js'
import { loadConfig } from '../../src/config/load-config.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seamproof-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (name: string, text: string) => writeFileSync(join(folder, name), text)

describe('loadConfig', () => {
  test('gives an empty config when there is no file', async () => {
    const loaded = await loadConfig({ cwd: folder })
    expect(loaded).toEqual({ config: {}, folder })
  })

  test.each([
    ['seamproof.config.ts', 'const rounds: number = 9\nexport default { rounds }\n'],
    ['seamproof.config.js', 'module.exports = { rounds: 9 }\n'],
    ['seamproof.config.mjs', 'export default { rounds: 9 }\n'],
    ['seamproof.config.json', '{ "rounds": 9 }\n'],
  ])('reads %s', async (name, text) => {
    write(name, text)
    const loaded = await loadConfig({ cwd: folder })
    expect(loaded.config).toEqual({ rounds: 9 })
    expect(loaded.file).toBe(join(folder, name))
  })

  test('lets a config say defineConfig where seamproof is not installed', async () => {
    write(
      'seamproof.config.ts',
      "import { defineConfig } from 'seamproof'\nexport default defineConfig({ rounds: 7 })\n",
    )
    expect((await loadConfig({ cwd: folder })).config).toEqual({ rounds: 7 })
  })

  test('reads the file that it is told, and takes its folder for globs', async () => {
    mkdirSync(join(folder, 'settings'))
    write('settings/other.json', '{ "rounds": 5 }')
    const loaded = await loadConfig({ cwd: folder, configFile: 'settings/other.json' })
    expect(loaded.config).toEqual({ rounds: 5 })
    expect(loaded.folder).toBe(join(folder, 'settings'))
  })

  test('says that a file named by the user is not there', async () => {
    const error = await loadConfig({ cwd: folder, configFile: 'nowhere.json' }).catch((e) => e)
    expect(error).toBeInstanceOf(SeamproofError)
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain('nowhere.json')
  })

  test('says which file does not run, and why', async () => {
    write('seamproof.config.mjs', 'throw new Error("no such addon")\n')
    const error = await loadConfig({ cwd: folder }).catch((e) => e)
    expect(error.code).toBe('CONFIG_UNREADABLE')
    expect(error.message).toContain('no such addon')
  })
})
