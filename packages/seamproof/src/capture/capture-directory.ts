import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { tryWriteWholeFile, writeWholeFile } from '../base/whole-file.js'
import type { CaptureManifest } from '../contract/capture.js'

export const manifestFile = 'manifest.json'

export interface CaptureDirectoryOptions {
  cwd: string
  /** What the user asked for; a name with the time in it otherwise. */
  outDir?: string | undefined
  /** Names the default directory: `<name>-<time>.seamproof`. */
  name: string
  isForced: boolean
  now: Date
}

/** Makes an empty directory for a capture. Never writes into one that holds something, and with force removes only captures. */
export function createCaptureDirectory(options: CaptureDirectoryOptions): string {
  const path = resolve(options.cwd, options.outDir ?? defaultName(options))
  try {
    clearTheWay(path, options.isForced)
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    if (cause instanceof SeamproofError) throw cause
    throw new SeamproofError(
      'CAPTURE_UNWRITABLE',
      `${path} cannot be made: ${(cause as Error).message}`,
      { exitCode: ExitCode.usage, hint: 'give a directory that you may write to with -o', cause },
    )
  }
  return path
}

function clearTheWay(path: string, isForced: boolean): void {
  const existing = statSync(path, { throwIfNoEntry: false })
  if (existing === undefined) return
  if (!existing.isDirectory()) throw occupied(path, 'is a file')
  if (readdirSync(path).length === 0) return
  if (!isCapture(path) && !isCheckFolder(path)) throw occupied(path, 'exists and is no capture')
  if (!isForced)
    throw new SeamproofError('CAPTURE_EXISTS', `${path} already holds a capture`, {
      exitCode: ExitCode.usage,
      hint: 'give another directory with -o, or --force to replace it',
    })
  rmSync(path, { recursive: true })
}

export function isCapture(path: string): boolean {
  if (!(statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)) return false
  return existsSync(join(path, manifestFile)) || traceFilesIn(path).length > 0
}

/** What `seamproof check` leaves: findings, and a folder for each run. */
export const findingsFile = 'findings.json'

export const isCheckFolder = (path: string): boolean => existsSync(join(path, findingsFile))

export function traceFilesIn(path: string): string[] {
  return readdirSync(path)
    .filter((name) => name.endsWith('.trace'))
    .sort()
}

export function writeManifest(captureDir: string, manifest: CaptureManifest): void {
  writeWholeFile(join(captureDir, manifestFile), manifestText(manifest))
}

/** Once the subject has run, a disk that it filled must not take its exit code from it: the first manifest stays then. */
export function updateManifest(captureDir: string, manifest: CaptureManifest): void {
  tryWriteWholeFile(join(captureDir, manifestFile), manifestText(manifest))
}

const manifestText = (manifest: CaptureManifest) => `${JSON.stringify(manifest, null, 2)}\n`

function occupied(path: string, fault: string): SeamproofError {
  return new SeamproofError('CAPTURE_OCCUPIED', `${path} ${fault}; it is left as it is`, {
    exitCode: ExitCode.usage,
    hint: 'give another directory with -o',
  })
}

function defaultName({ name, now }: CaptureDirectoryOptions): string {
  const digits = now
    .toISOString()
    .replace(/[-:]|\..*$/g, '')
    .replace('T', '-')
  const stem =
    basename(name)
      .replace(/[^\w.-]+/g, '_')
      .replace(/^\.+/, '') || 'capture'
  return `${stem}-${digits}.seamproof`
}
