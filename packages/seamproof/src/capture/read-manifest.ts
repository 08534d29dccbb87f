import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { type CaptureManifest, captureFormatVersion } from '../contract/capture.js'
import { manifestFile } from './capture-directory.js'

/** Traces without a manifest (it was lost, or they were recorded without `track`) can be read all the same. */
export function readManifest(captureDir: string): CaptureManifest {
  const path = join(captureDir, manifestFile)
  if (!existsSync(path)) return unknownRun
  const manifest = parse(path)
  if (manifest.formatVersion !== captureFormatVersion)
    throw new SeamproofError(
      'CAPTURE_VERSION',
      `${path} has format ${manifest.formatVersion} (Seamproof ${manifest.seamproofVersion}); this Seamproof reads ${captureFormatVersion}`,
      {
        exitCode: ExitCode.usage,
        hint: `read it with npx seamproof@${manifest.seamproofVersion}, or track again`,
      },
    )
  return manifest
}

const unknownRun: CaptureManifest = {
  formatVersion: captureFormatVersion,
  seamproofVersion: '',
  createdAt: '',
  command: [],
  cwd: '',
  mode: 'full',
  isExact: false,
  exit: { code: null, signal: null },
  wallMs: 0,
  machine: { os: '', arch: '', libc: '', nodeVersion: '' },
}

function parse(path: string): CaptureManifest {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as CaptureManifest
  } catch (cause) {
    throw new SeamproofError(
      'MANIFEST_UNREADABLE',
      `${path} is not readable: ${(cause as Error).message}`,
      {
        exitCode: ExitCode.usage,
        hint: 'remove it to read the traces without it, or track again',
        cause,
      },
    )
  }
}
