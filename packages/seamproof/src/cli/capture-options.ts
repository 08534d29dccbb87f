import { relative } from 'node:path'
import type { Command } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { loadConfig } from '../config/load-config.js'
import { findCapture, isCpuCapture, type ReadCapture, readCapture } from '../pipeline.js'
import { startProgress } from './progress.js'
import { createTerminal, type Terminal } from './terminal.js'

/** What every command that reads a capture is given. */
export interface CaptureOptions {
  json?: boolean
  color: boolean
  config?: string
}

export function addCaptureOptions(command: Command): Command {
  return command
    .option('--json', 'print JSON')
    .option('--config <file>', 'config with suppressions (default: seamproof.config.* here)')
}

export interface OpenedCapture {
  capture: ReadCapture
  terminal: Terminal
  /** The capture's folder as the user would type it. */
  shown: string
}

/** Finds the capture (the newest here when none is named), and brings it up to its verdicts. */
export async function openCapture(
  given: string | undefined,
  options: CaptureOptions,
): Promise<OpenedCapture> {
  const terminal = createTerminal(options)
  const captureDir = findCapture(given, process.cwd())
  const shown = given ?? shownPath(captureDir)
  if (isCpuCapture(captureDir))
    throw new SeamproofError('NOT_ALLOCATIONS', `${shown} holds CPU samples, not allocations`, {
      exitCode: ExitCode.usage,
      hint: `seamproof analyze ${shown}, or summary, flamegraph, export, diff`,
    })
  if (given === undefined && !options.json) terminal.remark(`seamproof: reading ${shown}`)
  const capture = await readWithProgress(captureDir, options)
  if (!options.json) for (const note of capture.notes) terminal.remark(`note: ${note}`)
  return { capture, terminal, shown }
}

export async function readWithProgress(
  captureDir: string,
  options: CaptureOptions,
): Promise<ReadCapture> {
  const { config } = await loadConfig({ cwd: process.cwd(), configFile: options.config })
  const progress = await startProgress(!options.json)
  try {
    return await readCapture(captureDir, {
      suppressions: config.suppressions,
      subjectModules: config.subjectModules,
      onStep: (text) => progress.step(text),
    })
  } finally {
    progress.stop()
  }
}

/** A path as short as it can be typed here. */
export function shownPath(path: string): string {
  const fromHere = relative(process.cwd(), path)
  if (fromHere === '') return '.'
  return fromHere.startsWith('..') ? path : fromHere
}
