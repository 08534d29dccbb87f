import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { expect, it } from 'vitest'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..')

it('every rule has its page, and no page is stale', async () => {
  const result = await execa(process.execPath, ['scripts/rule-pages.mjs', '--check'], {
    cwd: root,
    reject: false,
  })
  expect(result.stderr).toBe('')
  expect(result.exitCode).toBe(0)
})
