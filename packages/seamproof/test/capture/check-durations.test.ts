import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CheckDurations } from '../../src/capture/check-durations.js'
import { planChecks, programTarget } from '../../src/capture/check-plan.js'

let cache: string
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), 'durations-'))
})
afterAll(() => rmSync(cache, { recursive: true, force: true }))

const [asan, memcheck] = planChecks(['asan', 'memcheck'], [programTarget(['node', 'app.js'])])

test('two checks at once each leave how long their runs took', () => {
  const env = { XDG_CACHE_HOME: cache }
  const [first, second] = [new CheckDurations(env), new CheckDurations(env)]
  first.note(asan!, '/here', 1000)
  second.note(memcheck!, '/here', 2000)
  second.save()
  first.save()
  const later = new CheckDurations(env)
  expect([later.expectedMs(asan!, '/here'), later.expectedMs(memcheck!, '/here')]).toEqual([
    1000, 2000,
  ])
  // Of a program in another folder nothing is known.
  expect(later.expectedMs(asan!, '/there')).toBeUndefined()
})
