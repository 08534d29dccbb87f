import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { type RunOptions, runTraced, type TracedRun } from '../traced-run.js'

const here = dirname(fileURLToPath(import.meta.url))
const headers = join(here, '../../../../node_modules/node-api-headers/include')
export const layerSubjects = join(here, 'subjects')

/** Compiles `subjects/<source>` into an addon; the test fails with how to get the compiler when there is none. */
export async function buildLayerAddon(
  folder: string,
  source: string,
  flags: readonly string[] = [],
): Promise<string> {
  const output = join(folder, source.replace(/\.c$/, '.node'))
  const args = ['-g', '-O0', '-Wall', '-Wextra', '-shared', '-fPIC', '-I', headers, ...flags]
  const result = await execa(
    'gcc',
    [...args, '-o', output, join(layerSubjects, source), '-ldl', '-lpthread'],
    { reject: false, extendEnv: false, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' } },
  )
  if (result.code === 'ENOENT') throw new Error('this test needs gcc: apt-get install gcc')
  if (result.failed) throw new Error(`gcc ${source}:\n${result.stderr}`)
  return output
}

/** Runs Node with the layer. */
export async function runLayer(
  folder: string,
  args: readonly string[],
  { node = process.execPath, ...options }: RunOptions & { node?: string } = {},
): Promise<TracedRun> {
  return await runTraced(folder, node, {
    mode: 'aggregate',
    ...options,
    args: ['--expose-gc', ...args],
    env: { SEAMPROOF_LAYER: '1', ...options.env },
  })
}

export function driveArguments(addon: string, ...cases: string[]): string[] {
  return [join(layerSubjects, 'drive.cjs'), addon, ...cases]
}

/** Ids of the rules that were broken, each once. */
export function brokenRules(run: TracedRun): string[] {
  const { layer } = run.trace.meta
  if (layer === null) throw new Error(`the layer was not active; stderr: ${run.stderr}`)
  return [...new Set(layer.findings.map((finding) => finding.ruleId))].sort()
}
