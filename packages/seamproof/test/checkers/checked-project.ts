import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
// As it is built: what it starts in the subject is there only then.
import { runChecker } from '../../dist/pipeline.js'
import type { CheckRun, DefectKind } from '../../src/contract/finding.js'
import type { CheckerName, RunCheckerOptions } from '../../src/pipeline.js'

const fixtures = join(import.meta.dirname, '../fixtures/native')
/** Nothing in its name that would make it somebody's build: the checkers build it in their cache. */
const bindingGyp = JSON.stringify({
  targets: [{ target_name: 'checked', sources: ['checked.c'], cflags: ['-Wno-unused'] }],
})

/** A package with `checked.c` in it, never built by its user, and a cache of its own. */
export class CheckedProject {
  readonly #base = realpathSync(mkdtempSync(join(tmpdir(), 'checked-')))
  readonly folder = join(this.#base, 'project')
  #runs = 0

  constructor(build: Record<string, string> = { 'binding.gyp': bindingGyp }) {
    this.write('package.json', '{ "name": "checked", "private": true }')
    copyFileSync(join(fixtures, 'checked.c'), this.path('checked.c'))
    for (const [name, text] of Object.entries(build)) this.write(name, text)
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string): string {
    const path = this.path(name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  /** A workload for each of the addon's functions, of the function's name. */
  workloads(...names: string[]): string {
    this.#runs++
    const lines = names.map(
      (name) =>
        `workload('${name}', { run: () => addon.${name}(), operationsPerRound: 20, warmupOperations: 20, rounds: 3 })`,
    )
    return this.write(
      `checked-${this.#runs}.seam.ts`,
      `import { createRequire } from 'node:module'
import { workload } from 'seamproof'
const addon = createRequire(import.meta.url)('./build/Release/checked.node')
${lines.join('\n')}
`,
    )
  }

  get environment(): NodeJS.ProcessEnv {
    const env: NodeJS.ProcessEnv = { ...process.env, SEAMPROOF_CACHE: join(this.#base, 'cache') }
    for (const name of ['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'LD_PRELOAD']) delete env[name]
    return env
  }

  run(instrument: CheckerName, options: Partial<RunCheckerOptions>): Promise<CheckRun> {
    this.#runs++
    return runChecker(instrument, {
      cwd: this.folder,
      env: this.environment,
      outDir: join(this.#base, `out/${this.#runs}-${instrument}`),
      timeoutMs: 400_000,
      ...options,
    })
  }

  remove(): void {
    rmSync(this.#base, { recursive: true, force: true })
  }
}

/** What was found in which workload, without repeats. */
export function found(run: CheckRun): [workload: string | undefined, kind: DefectKind][] {
  expect(run.reason).toBeUndefined()
  const pairs = run.reports.map(({ workload, kind }) => `${workload} ${kind}`)
  return [...new Set(pairs)].sort().map((pair) => pair.split(' ') as [string, DefectKind])
}

/** The innermost frame of the subject in the first stack of the report of a workload. */
export function subjectFrame(run: CheckRun, workload: string) {
  const report = run.reports.find((one) => one.workload === workload)
  return report?.stacks[0]?.frames.find(({ origin }) => origin === 'subject')
}
