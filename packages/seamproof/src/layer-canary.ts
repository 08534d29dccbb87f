import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { traceFilesIn } from './capture/capture-directory.js'
import { captureProgram } from './capture/capture-program.js'
import { requireCanary } from './capture/require-agent.js'
import { openTrace } from './trace/open-trace.js'

/** What the canary breaks, each seen in another way: a scope's stack, values in scopes, handles in quarantine. */
export const canaryRules = ['SEAM-REF-002', 'SEAM-SCOPE-001', 'SEAM-SCOPE-004'] as const

export interface CanarySong {
  /** Of the Node that ran; absent when not even an addon was seen to start. */
  nodeVersion?: string
  /** Rules that were seen to be broken; all of `canaryRules` when the layer works. */
  heard: string[]
  missed: string[]
  /** How the process ended, when not by itself. */
  ended?: string
}

/** Runs a known-bad addon under the layer. A layer that is not active can look clean; a canary that is not heard cannot. */
export async function runCanary(nodePath: string, env: NodeJS.ProcessEnv): Promise<CanarySong> {
  const addon = await requireCanary()
  const folder = mkdtempSync(join(tmpdir(), 'seamproof-canary-'))
  try {
    const { captureDir, manifest } = await captureProgram({
      command: nodePath,
      args: ['-e', `require(${JSON.stringify(addon)})()`],
      cwd: folder,
      env: { ...env, SEAMPROOF_LAYER: '1' },
      mode: 'aggregate',
      isExact: false,
      isForced: true,
      outDir: join(folder, 'canary.seamproof'),
      timeoutMs: 60_000,
    })
    const layers = traceFilesIn(captureDir).map((name) => layerOf(join(captureDir, name)))
    const findings = layers.flatMap((layer) => layer?.findings ?? [])
    const own = findings.filter(({ addonPath }) => addonPath === addon)
    const heard = canaryRules.filter((rule) => own.some(({ ruleId }) => ruleId === rule))
    const nodeVersion = layers.find((layer) => layer?.nodeVersion !== undefined)?.nodeVersion
    const { code, signal } = manifest.exit
    return {
      ...(nodeVersion === undefined ? {} : { nodeVersion }),
      heard,
      missed: canaryRules.filter((rule) => !heard.includes(rule)),
      ...(code === 0 ? {} : { ended: signal ?? `exit code ${code}` }),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function layerOf(path: string) {
  const trace = openTrace(path)
  try {
    return trace.meta.layer
  } finally {
    trace.close()
  }
}
