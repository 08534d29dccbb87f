import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makesOwnLocks } from '../../src/symbols/own-locks.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'own-locks-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function library(name: string, source: string): string {
  const path = join(folder, `${name}.so`)
  writeFileSync(join(folder, `${name}.c`), source)
  execFileSync('cc', ['-shared', '-fPIC', '-o', path, join(folder, `${name}.c`)])
  return path
}

test('a library makes its own locks if it asks the kernel by itself', () => {
  const futex = library(
    'futex',
    `#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>
void wake(int *word) { syscall(SYS_futex, word, 1, 1); }`,
  )
  const mutex = library(
    'mutex',
    `#include <pthread.h>
const char *text = "a syscall by name";
void enter(pthread_mutex_t *lock) { pthread_mutex_lock(lock); }`,
  )
  expect([makesOwnLocks(futex), makesOwnLocks(mutex)]).toEqual([true, false])
  expect(makesOwnLocks(join(folder, 'none.so'))).toBe(false)
})
