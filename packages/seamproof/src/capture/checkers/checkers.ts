import { asan } from './asan.js'
import type { Checker, CheckerName } from './checker.js'
import { tsan } from './tsan.js'
import { ubsan } from './ubsan.js'
import { drd, helgrind, memcheck } from './valgrind.js'

export const checkers: Record<CheckerName, Checker> = { asan, ubsan, tsan, memcheck, helgrind, drd }
