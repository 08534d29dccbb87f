import { fileURLToPath } from 'node:url'
import { agentEnvironment, type SamplerOptions } from '@seamproof/agent'
import type { CaptureMode } from '../contract/capture.js'

export interface SubjectEnvironmentOptions {
  captureDir: string
  mode: CaptureMode
  /** Switch inlining off, so that every JavaScript frame is its own. */
  isExact: boolean
  /** A workload is measured against itself, so what disturbs it from outside is removed; a program keeps all it has. */
  isWorkload: boolean
  /** Start as fast as can be: JavaScript frames have no names then. */
  isLean?: boolean | undefined
  userEnv: NodeJS.ProcessEnv
  maxDepth?: number | undefined
  fileLimitBytes?: number | undefined
  /** With mode `samples`. */
  sampler?: SamplerOptions | undefined
}

/**
 * V8 must say where its code is (the agent takes the map from V8 itself), give every interpreted function an address of its
 * own, and not start from a snapshot whose functions share one. All three are allowed in NODE_OPTIONS from Node 20 to 26, so
 * they reach `npm test`, shell scripts and child processes alike.
 */
const v8Options = ['--perf-basic-prof', '--interpreted-frames-native-stack', '--no-node-snapshot']

/** The user's environment with the agent in it. Nothing else is changed for a program. */
export function subjectEnvironment(options: SubjectEnvironmentOptions): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.userEnv))
    if (value !== undefined) env[name] = value
  // Parsing a certificate bundle adds 400,000 allocations to the start of every Node process.
  if (options.isWorkload) delete env.NODE_EXTRA_CA_CERTS
  const agent = agentEnvironment({
    captureDir: options.captureDir,
    mode: options.mode,
    ...(options.sampler === undefined ? {} : { sampler: options.sampler }),
    ...(options.maxDepth === undefined ? {} : { maxDepth: options.maxDepth }),
    ...(options.fileLimitBytes === undefined ? {} : { fileLimitBytes: options.fileLimitBytes }),
  })
  const preloads = [agent.LD_PRELOAD, env.LD_PRELOAD].filter(
    (path) => path !== undefined && path !== '',
  )
  const naming = options.isLean ? [] : v8Options
  const nodeOptions = [env.NODE_OPTIONS ?? '', agent.NODE_OPTIONS ?? '', ...naming]
  nodeOptions.push(`--require ${quoteNodeOption(controlModule())}`)
  if (options.isExact && !options.isLean)
    nodeOptions.push(`--require ${quoteNodeOption(noInliningModule())}`)
  return {
    ...env,
    ...agent,
    LD_PRELOAD: preloads.join(':'),
    NODE_OPTIONS: nodeOptions.filter((option) => option !== '').join(' '),
  }
}

function controlModule(): string {
  return fileURLToPath(import.meta.resolve('@seamproof/agent/control'))
}

function noInliningModule(): string {
  return fileURLToPath(new URL('./subject/no-inlining.cjs', import.meta.url))
}

/** NODE_OPTIONS splits at spaces, and takes double quotes with backslash escapes. */
export function quoteNodeOption(value: string): string {
  return /[\s"\\]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value
}
