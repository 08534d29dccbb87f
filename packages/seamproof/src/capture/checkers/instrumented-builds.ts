import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { SeamproofError } from '../../base/seamproof-error.js'
import { type BuildPlan, planBuild } from '../build/build-plan.js'
import { buildSubject, type SubjectBuild } from '../build/subject-build.js'
import { variantOf } from '../build/variant.js'
import type { LoadedAddon } from '../subject/check-plan.js'
import type { CheckOptions } from './check-capture.js'
import type { CheckerName } from './checker.js'

export interface Builds {
  builds: SubjectBuild[]
  /** Why a project was not built, in sentences; it is checked as it is installed then. */
  faults: { projectDir: string; error: SeamproofError }[]
}

/** How the project around a file is built: its own folder, or one above it up to the repository. */
export function planAround(path: string): BuildPlan | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    // A Makefile above a workload is too often something else than a build of an addon.
    const plan = planBuild(folder)
    if (plan !== undefined && plan.system !== 'make') return plan
    if (plan !== undefined && existsSync(join(folder, 'package.json'))) return plan
    if (existsSync(join(folder, '.git')) || folder === dirname(folder)) return undefined
  }
}

export function plansOf(options: CheckOptions): BuildPlan[] {
  if (options.mustBuild === false) return []
  const plans: BuildPlan[] = []
  if (options.build !== undefined) plans.push(planBuild(options.cwd, options.build)!)
  for (const folder of options.projectDirs ?? []) {
    const plan = planBuild(resolve(options.cwd, folder))
    if (plan !== undefined) plans.push(plan)
  }
  if (plans.length > 0) return plans
  const start = resolve(options.cwd, options.file ?? 'package.json')
  const plan = planAround(start)
  return plan === undefined ? [] : [plan]
}

export async function buildAll(
  instrument: CheckerName,
  plans: readonly BuildPlan[],
  options: CheckOptions,
): Promise<Builds> {
  const result: Builds = { builds: [], faults: [] }
  for (const plan of plans) {
    try {
      const build = await buildSubject({
        plan,
        variant: variantOf(instrument)!,
        compiler: options.compiler,
        nodePath: options.nodePath,
        env: options.env,
        ignored: [options.outDir, dirname(options.outDir)],
        onStep: options.onStep,
      })
      result.builds.push(build)
    } catch (error) {
      if (!(error instanceof SeamproofError)) throw error
      result.faults.push({ projectDir: plan.projectDir, error })
    }
  }
  return result
}

/** Projects that a run loaded addons of, that could be built and were not: a workspace's package is found only this way. */
export function plansOfLoaded(
  loaded: readonly LoadedAddon[],
  known: readonly BuildPlan[],
): BuildPlan[] {
  const plans = new Map<string, BuildPlan>()
  for (const { asked } of loaded) {
    if (asked.includes('/node_modules/')) continue
    const plan = planAround(asked)
    if (plan === undefined || known.some(({ projectDir }) => projectDir === plan.projectDir))
      continue
    plans.set(plan.projectDir, plan)
  }
  return [...plans.values()]
}
