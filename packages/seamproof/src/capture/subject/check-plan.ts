import type { Checkpoint } from '../../contract/tool-report.js'

/** What the preload in a checked process knows; a JSON file named by SEAMPROOF_CHECK, for the process and its children. */
export interface CheckPlan {
  /** Where logs are, and where the preload writes which addons were loaded. */
  folder: string
  /** Builds to load instead of the originals, by the project that they were made from. */
  redirects: { projectDir: string; libraries: { name: string; path: string }[] }[]
  /** The native probe; absent where it could not be compiled. */
  probePath?: string
  /** V8's flags that NODE_OPTIONS does not take. */
  v8Flags: string[]
  /** Leaks are looked for before `process.exit` and after an uncaught error: what they leave behind is not lost. */
  mustCheckBeforeExit: boolean
}

export const checkPlanVariable = 'SEAMPROOF_CHECK'
export const loadedFile = 'loaded.jsonl'
export const checkpointFile = 'checkpoints.jsonl'

/** One line of `loaded.jsonl`: an addon that a process asked for. */
export interface LoadedAddon {
  pid: number
  asked: string
  /** What was loaded in its place; the same path when there is no build of it. */
  loaded: string
  /** It was made for this run. */
  isBuild: boolean
  /** Why the build of it could not be loaded; the original was loaded then. */
  error?: string
}

export type { Checkpoint }
