import { createRequire } from 'node:module'
import { workload } from 'seamproof'

/** `SEEDED=clean` in the environment takes the twin without the bugs. */
const name = process.env.SEEDED === 'clean' ? 'clean' : 'seeded'

export const addon = createRequire(import.meta.url)(`./build/Release/${name}.node`) as Record<
  string,
  (argument?: unknown) => unknown
>

/**
 * One workload per bug, of the bug's name; what is wrong is for docs/bug-matrix.md. Few operations: every one of them has the bug, and what cannot be seen in a hundred
 * cannot be seen.
 */
export function seed(
  name: string,
  _what: string,
  run: (call: (argument?: unknown) => unknown) => unknown,
): void {
  workload(name, {
    run: () => run(addon[name]!),
    operationsPerRound: 10,
    warmupOperations: 10,
    rounds: 5,
  })
}
