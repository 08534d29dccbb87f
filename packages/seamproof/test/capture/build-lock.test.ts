import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { withLock } from '../../src/capture/build/build-cache.js'

let folder: string
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'build-lock-')), 'debug')
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

describe('the lock of a build', () => {
  test('lets one work at a time, and leaves nothing behind', async () => {
    const order: string[] = []
    const work = (name: string) => async () => {
      order.push(`${name} begins`)
      await new Promise((resolve) => setTimeout(resolve, 30))
      order.push(`${name} ends`)
    }
    await Promise.all([
      withLock(folder, 10_000, work('one')),
      withLock(folder, 10_000, work('two')),
    ])
    expect(order).toEqual(['one begins', 'one ends', 'two begins', 'two ends'])
    expect(existsSync(`${folder}.lock`)).toBe(false)
  })

  test('of a process that is gone holds nobody up', async () => {
    const { pid } = spawnSync('true')
    mkdirSync(join(`${folder}.lock`, String(pid)), { recursive: true })
    await expect(withLock(folder, 5000, async () => 'built')).resolves.toBe('built')
  })

  test('of a process that was ended before it said who it is holds nobody up', async () => {
    mkdirSync(`${folder}.lock`)
    await expect(withLock(folder, 5000, async () => 'built')).resolves.toBe('built')
  })

  test('that is held for too long is an error with what to do', async () => {
    mkdirSync(join(`${folder}.lock`, String(process.ppid)), { recursive: true })
    await expect(withLock(folder, 300, async () => 'built')).rejects.toThrow('for too long')
  })
})
