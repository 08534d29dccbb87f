import { readFileSync } from 'node:fs'

const known = new Map<string, boolean>()

/**
 * Whether a module asks the kernel by itself, through `syscall`: what makes its own locks (GLib, Rust's standard library) waits
 * and wakes with futex, for which libc has no function. The name stands between zeros in the table of dynamic names.
 */
export function makesOwnLocks(modulePath: string): boolean {
  let answer = known.get(modulePath)
  if (answer === undefined) {
    answer = namesSyscall(modulePath)
    known.set(modulePath, answer)
  }
  return answer
}

function namesSyscall(path: string): boolean {
  try {
    return readFileSync(path).includes('\0syscall\0')
  } catch {
    return false
  }
}
