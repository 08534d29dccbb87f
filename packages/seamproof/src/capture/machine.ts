import { execFileSync } from 'node:child_process'
import { arch, release, type } from 'node:os'
import type { CaptureManifest } from '../contract/capture.js'

/** What the manifest says about where a capture was made. `nodePath` is the subject's Node, when it is one. */
export function describeMachine(nodePath?: string): CaptureManifest['machine'] {
  return {
    os: `${type()} ${release()}`,
    arch: arch(),
    libc: libcName(),
    nodeVersion: nodePath === undefined ? '' : nodeVersionOf(nodePath),
  }
}

/** `glibc 2.36`, or `musl` when Node says nothing of glibc. */
function libcName(): string {
  const version = glibcVersion()
  return version === undefined ? 'musl' : `glibc ${version}`
}

export function glibcVersion(): string | undefined {
  // The report's types are loose; the field is absent on musl.
  // Asking the network for names would take seconds on some machines.
  Object.assign(process.report, { excludeNetwork: true })
  const report = process.report.getReport() as unknown as {
    header: { glibcVersionRuntime?: string }
  }
  return report.header.glibcVersionRuntime
}

function nodeVersionOf(path: string): string {
  if (path === process.execPath) return process.version
  try {
    return execFileSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000, env: {} }).trim()
  } catch {
    return ''
  }
}
