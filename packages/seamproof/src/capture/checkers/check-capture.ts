import type { SubjectExit } from '../../contract/capture.js'
import type { NotRunCause } from '../../contract/finding.js'
import type { Checkpoint } from '../../contract/tool-report.js'
import type { CustomBuild } from '../build/build-plan.js'
import type { SubjectBuild } from '../build/subject-build.js'
import type { LoadedAddon } from '../subject/check-plan.js'
import type { CheckerName } from './checker.js'

export interface CheckOptions {
  /** A workload file… */
  file?: string | undefined
  /** …or a program and its arguments. */
  program?: readonly string[] | undefined
  cwd: string
  env: NodeJS.ProcessEnv
  /** Where this run's logs and notes go; made when it is not there. */
  outDir: string
  rounds?: number | undefined
  operations?: number | undefined
  only?: string | undefined
  /** The Node that runs a workload; ours by default. */
  nodePath?: string | undefined
  timeoutMs: number
  /** `gcc` (default), `clang`, or the path of one. */
  compiler?: string | undefined
  /** For a project whose build is none that is known. */
  build?: CustomBuild | undefined
  /** Projects to build besides the one that the workload lies in. */
  projectDirs?: readonly string[] | undefined
  /** False: checked as it is installed, even where it could be built. */
  mustBuild?: boolean | undefined
  onStep?: ((text: string) => void) | undefined
}

/** What one run of one checker left. Stages after the capture read it; nothing in it is judged yet. */
export interface CheckCapture {
  instrument: CheckerName
  target: string
  folder: string
  nodePath: string
  logs: { name: string; path: string }[]
  checkpoints: Checkpoint[]
  workloads: string[]
  builds: SubjectBuild[]
  loaded: LoadedAddon[]
  perfMaps: { pid: number; path: string }[]
  exits: SubjectExit[]
  /** Rounds were driven; without them leaks are judged at the end. */
  isWorkload: boolean
  wallMs: number
  notes: string[]
  blindSpots: string[]
  /** Set when the run did not come to its end. */
  failure?: { cause: NotRunCause; reason: string }
}
