import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const seeded = join(root, 'examples/seeded')
const page = readFileSync(join(root, 'docs/bug-matrix.md'), 'utf8')

const bugs = readdirSync(seeded)
  .filter((name) => name.endsWith('.seam.ts'))
  .flatMap((name) => [...readFileSync(join(seeded, name), 'utf8').matchAll(/^seed\(\s*'(\w+)'/gm)])
  .map(([, name]) => name!)

const rowOf = (bug: string) => page.split('\n').find((line) => line.startsWith(`| \`${bug}\` |`))

describe('docs/bug-matrix.md', () => {
  it('is about an addon with some thirty bugs or more', () => {
    expect(bugs.length).toBeGreaterThanOrEqual(30)
    expect(new Set(bugs).size).toBe(bugs.length)
  })

  it.each(bugs)('says who found %s, and at least one did', (bug) => {
    expect(rowOf(bug), 'make it again: node scripts/bug-matrix.mjs').toBeDefined()
    expect(rowOf(bug)).toContain('✓')
  })

  it('was made from all runs, and the clean twin gave nothing', () => {
    expect(page).not.toContain('NOT FINISHED')
    expect(page).toContain('the clean twin gave 0 findings')
  })
})
