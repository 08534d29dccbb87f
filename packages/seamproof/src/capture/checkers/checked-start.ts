import { checkEnvironment } from './check-environment.js'
import type { Launch } from './checker.js'
import { probeLibrary } from './probe.js'
import type { Drive } from './run-check.js'

export interface CheckedStart {
  launch: Launch
  env: Record<string, string>
  /** The addon that asks the checker for leaks between rounds, where it can tell. */
  probePath: string | undefined
}

/** What a process is started with so that the checker sees it: the same for programs and workloads. */
export function checkedStart(
  { checker, options, folder, builds, compiler, canTraceProcesses }: Drive,
  { isWorkload, isNode }: { isWorkload: boolean; isNode: boolean },
): CheckedStart {
  const probePath = checker.seesLeaks ? probeLibrary(options.env) : undefined
  const launch = checker.launch({
    folder,
    compiler,
    isInstrumented: builds.length > 0,
    isWorkload,
    canTraceProcesses,
  })
  const env = checkEnvironment({
    folder,
    env: options.env,
    launch,
    builds,
    probePath,
    isWorkload,
    mustCheckBeforeExit: checker.name === 'asan' && canTraceProcesses,
    namesJavaScript: isNode,
  })
  return { launch, env, probePath }
}
