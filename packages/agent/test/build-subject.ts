import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll } from 'vitest'

const here = dirname(fileURLToPath(import.meta.url))
export const subjectFolder = join(here, 'subjects')
export const nativeFolder = join(here, '../native')

/** A folder that is gone after the tests of the file. No blank in its name: LD_PRELOAD is split at them. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'seamproof-agent-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface BuildOptions {
  /** Name of the output; the source's base name unless given. */
  as?: string
  shared?: boolean
  flags?: readonly string[]
}

/** Compiles `subjects/<source>`; the test fails with how to get the compiler when there is none. */
export async function buildSubject(
  folder: string,
  source: string,
  { as, shared = false, flags = [] }: BuildOptions = {},
): Promise<string> {
  const isCpp = extname(source) === '.cc'
  const compiler = isCpp ? 'g++' : 'gcc'
  const output = join(folder, as ?? source.replace(/\.cc?$/, shared ? '.so' : ''))
  const kind = shared ? ['-shared', '-fPIC'] : []
  const args = [
    '-g',
    '-O1',
    '-Wall',
    '-Wno-unused-result',
    '-fno-builtin',
    '-fno-inline',
    ...kind,
    ...flags,
    '-o',
    output,
  ]
  const result = await execa(
    compiler,
    [...args, join(subjectFolder, source), '-ldl', '-lpthread', '-lm'],
    { reject: false, extendEnv: false, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' } },
  )
  if (result.code === 'ENOENT')
    throw new Error(`this test needs ${compiler}: apt-get install ${isCpp ? 'g++' : 'gcc'}`)
  if (result.failed) throw new Error(`${compiler} ${source}:\n${result.stderr}`)
  return output
}
