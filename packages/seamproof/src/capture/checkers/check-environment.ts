import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SubjectBuild } from '../build/subject-build.js'
import { type CheckPlan, checkPlanVariable } from '../subject/check-plan.js'
import { quoteNodeOption } from '../subject-environment.js'
import type { Launch } from './checker.js'

export interface CheckEnvironmentQuestion {
  folder: string
  env: NodeJS.ProcessEnv
  launch: Launch
  builds: readonly SubjectBuild[]
  probePath: string | undefined
  isWorkload: boolean
  mustCheckBeforeExit: boolean
  /** The command is Node itself: what V8 makes can be named. */
  namesJavaScript: boolean
}

/** The environment of a checked process, and the plan that its preload reads. */
export function checkEnvironment(question: CheckEnvironmentQuestion): Record<string, string> {
  const { folder, launch, builds, probePath, isWorkload } = question
  const plan: CheckPlan = {
    folder,
    redirects: builds.map(({ projectDir, libraries }) => ({ projectDir, libraries })),
    ...(probePath === undefined ? {} : { probePath }),
    v8Flags: [],
    mustCheckBeforeExit: question.mustCheckBeforeExit,
  }
  mkdirSync(folder, { recursive: true })
  const planPath = join(folder, 'check-plan.json')
  writeFileSync(planPath, `${JSON.stringify(plan, null, 2)}\n`)
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(question.env))
    if (value !== undefined) env[name] = value
  // 400,000 allocations at every start, each of them ten times as slow under valgrind.
  if (isWorkload) delete env.NODE_EXTRA_CA_CERTS
  const preloads = [...launch.preloads, env.LD_PRELOAD ?? ''].filter((path) => path !== '')
  const nodeOptions = [
    env.NODE_OPTIONS ?? '',
    '--expose-gc',
    ...launch.nodeOptions,
    ...(question.namesJavaScript ? ['--interpreted-frames-native-stack'] : []),
    `--require ${quoteNodeOption(preloadModule())}`,
  ].filter((option) => option !== '')
  return {
    ...env,
    ...launch.env,
    ...(preloads.length === 0 ? {} : { LD_PRELOAD: preloads.join(':') }),
    NODE_OPTIONS: nodeOptions.join(' '),
    [checkPlanVariable]: planPath,
  }
}

function preloadModule(): string {
  return fileURLToPath(new URL('../subject/check-preload.cjs', import.meta.url))
}

/** V8 writes where its code is, for frames that have no other name. */
export function javaScriptNameFlags(nodeMajor: number, folder: string): string[] {
  return [
    '--interpreted-frames-native-stack',
    '--perf-basic-prof',
    '--no-logfile-per-isolate',
    `--logfile=${join(folder, 'v8.log')}`,
    // Node 20 knows only /tmp.
    ...(nodeMajor >= 22 ? [`--perf-basic-prof-path=${folder}`] : []),
  ]
}
