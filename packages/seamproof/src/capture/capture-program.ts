import { basename, join } from 'node:path'
import type { SamplerOptions } from '@seamproof/agent'
import { seamproofVersion } from '../base/seamproof-version.js'
import {
  type CaptureManifest,
  type CaptureMode,
  captureFormatVersion,
} from '../contract/capture.js'
import { assertTraced } from './assert-traced.js'
import { createCaptureDirectory, updateManifest, writeManifest } from './capture-directory.js'
import { describeMachine } from './machine.js'
import { assertNodeScriptExists, nodeScriptOf } from './node-script.js'
import { requireAgent } from './require-agent.js'
import { runSubject } from './run-subject.js'
import { subjectEnvironment } from './subject-environment.js'
import { findSubjectExecutable } from './subject-executable.js'

export interface CaptureProgramOptions {
  command: string
  args: readonly string[]
  cwd: string
  env: NodeJS.ProcessEnv
  mode: CaptureMode
  isExact: boolean
  outDir?: string | undefined
  isForced: boolean
  timeoutMs?: number | undefined
  /** Without names for JavaScript frames, which costs most of the time that Node takes to start. */
  isLean?: boolean | undefined
  maxDepth?: number | undefined
  fileLimitBytes?: number | undefined
  /** The subject's output goes into this file of the capture, and nothing is typed into it. */
  outputFile?: string | undefined
  /** Ends the subject when it is aborted. */
  cancelSignal?: AbortSignal | undefined
  /** Told before the subject starts: where its trace will be. */
  onCaptureDir?: ((captureDir: string) => void) | undefined
  /** With mode `samples`. */
  sampler?: SamplerOptions | undefined
}

export interface Capture {
  captureDir: string
  manifest: CaptureManifest
  didTimeOut: boolean
}

/** Runs any program with the agent in it. What can be known to fail is refused before the program starts. */
export async function captureProgram(options: CaptureProgramOptions): Promise<Capture> {
  const executable = findSubjectExecutable(options.command, options)
  if (executable.isNode && isDirectNode(options.command))
    assertNodeScriptExists(options.args, options.cwd)
  await requireAgent()
  const captureDir = createCaptureDirectory({
    cwd: options.cwd,
    outDir: options.outDir,
    name: captureName(options),
    isForced: options.isForced,
    now: new Date(),
  })
  const manifest: CaptureManifest = {
    formatVersion: captureFormatVersion,
    seamproofVersion,
    createdAt: new Date().toISOString(),
    command: [options.command, ...options.args],
    cwd: options.cwd,
    mode: options.mode,
    isExact: options.isExact,
    exit: { code: null, signal: null },
    wallMs: 0,
    machine: describeMachine(executable.isNode ? executable.path : undefined),
  }
  // Once before the run, so that a capture reads even when we are killed.
  writeManifest(captureDir, manifest)
  const env = subjectEnvironment({
    ...options,
    captureDir,
    isWorkload: false,
    userEnv: options.env,
  })
  options.onCaptureDir?.(captureDir)
  const { outputFile } = options
  const run = await runSubject({
    ...options,
    env,
    ...(outputFile === undefined ? {} : { outputFile: join(captureDir, outputFile) }),
  })
  manifest.exit = run.exit
  manifest.wallMs = run.wallMs
  updateManifest(captureDir, manifest)
  assertTraced(captureDir, run.exit, executable.path)
  return { captureDir, manifest, didTimeOut: run.didTimeOut }
}

function isDirectNode(command: string): boolean {
  return /^node(js)?$/.test(basename(command))
}

/** `node server.js` is better named for its script than for node. */
function captureName({ command, args }: CaptureProgramOptions): string {
  const script = isDirectNode(command) ? nodeScriptOf(args) : undefined
  return basename(script ?? command).replace(/\.[cm]?[jt]s$/, '')
}
