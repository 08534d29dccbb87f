import { join } from 'node:path'
import { findInPath } from '../find-in-path.js'
import { type Checker, type CheckerName, type LaunchQuestion, toolMissing } from './checker.js'
import { suppressionFile } from './suppressions.js'

const depth = 40

/** Programs that subjects start in passing, and that nobody asked about. */
const untracedChildren = '*/git,*/ps,*/lsof,*/uname,*/getconf,*/ldd'

function valgrindPath(): string {
  const path = findInPath('valgrind')
  if (path === undefined)
    throw toolMissing(
      'VALGRIND_MISSING',
      'valgrind is not on this machine',
      'apt-get install --yes valgrind',
    )
  return path
}

function wrapper(tool: CheckerName, folder: string, options: readonly string[]): string[] {
  return [
    valgrindPath(),
    `--tool=${tool}`,
    '--xml=yes',
    `--xml-file=${join(folder, 'log.%p.xml')}`,
    '--child-silent-after-fork=yes',
    '--trace-children=yes',
    `--trace-children-skip=${untracedChildren}`,
    `--num-callers=${depth}`,
    '--error-limit=no',
    '--quiet',
    ...options,
  ]
}

/** Sees what no other tool does: uninitialised values, and JavaScript that reads memory after it was freed. */
export const memcheck: Checker = {
  name: 'memcheck',
  effort: {
    rounds: 2,
    roundTargetMs: 800,
    operationsMin: 10,
    operationsMax: 100,
    warmupTargetMs: 3000,
    collections: 2,
  },
  seesLeaks: true,
  withoutBuild: 'all',
  launch: ({ folder, isWorkload }: LaunchQuestion) => ({
    wrapper: wrapper('memcheck', folder, [
      '--leak-check=full',
      // Between rounds what something still points to is counted as well: it grows, or it does not.
      `--show-leak-kinds=${isWorkload ? 'all' : 'definite,possible'}`,
      '--leak-resolution=high',
      '--track-origins=yes',
      '--keep-debuginfo=yes',
      `--suppressions=${suppressionFile('memcheck.supp')}`,
    ]),
    preloads: [],
    env: {},
    nodeOptions: ['--disable-wasm-trap-handler'],
    nodeFlags: [],
  }),
  blindSpots: [
    'overflow inside one block, on the stack, and of globals (asan sees the last two)',
    'data races: valgrind runs one thread at a time',
  ],
  blindSpotsWithoutBuild: [],
}

/** The second opinion on threads, for code that cannot be rebuilt as well. */
export const helgrind: Checker = {
  name: 'helgrind',
  effort: {
    rounds: 1,
    roundTargetMs: 1500,
    operationsMin: 10,
    operationsMax: 50,
    warmupTargetMs: 1000,
    collections: 1,
  },
  seesLeaks: false,
  withoutBuild: 'all',
  launch: ({ folder }: LaunchQuestion) => ({
    wrapper: wrapper('helgrind', folder, [
      '--fair-sched=try',
      `--suppressions=${suppressionFile('helgrind.supp')}`,
    ]),
    preloads: [],
    env: {},
    nodeOptions: ['--v8-pool-size=0'],
    nodeFlags: ['--single-threaded'],
  }),
  blindSpots: [
    'order that atomics give (release and acquire) is not known to it: what it reports about lock-free code is only possible',
    'races in code that the workload does not run, or runs on one thread',
  ],
  blindSpotsWithoutBuild: [],
}

export const drd: Checker = {
  ...helgrind,
  name: 'drd',
  launch: ({ folder }: LaunchQuestion) => ({
    wrapper: wrapper('drd', folder, ['--fair-sched=try']),
    preloads: [],
    env: {},
    nodeOptions: ['--v8-pool-size=0'],
    nodeFlags: ['--single-threaded'],
  }),
  blindSpots: [
    ...helgrind.blindSpots,
    'the order in which locks are taken (helgrind and tsan see it)',
  ],
}
