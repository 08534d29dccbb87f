import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { readTraceMeta } from '../trace/trace-meta.js'
import { ElfFile } from './elf-file.js'
import { moduleOrigin } from './module-origin.js'

/** One native module of the subject that a capture had loaded. */
export interface LoadedModule {
  path: string
  buildId: string
}

/** The modules of the subject in a trace. */
export function subjectModulesOf(
  traceFile: string,
  subjectModules: readonly string[] = [],
): LoadedModule[] {
  const { modules, process } = readTraceMeta(traceFile)
  const found = new Map<string, LoadedModule>()
  for (const { path, buildId } of modules) {
    const origin = moduleOrigin({
      path,
      isExecutable: path === process?.executable,
      hasJavaScript: true,
      subjectModules,
    })
    if (origin === 'subject' && path.startsWith('/')) found.set(path, { path, buildId })
  }
  return [...found.values()]
}

/** What ties a module to one that another run had loaded; undefined when nothing does. */
export function sameCode(one: LoadedModule, others: readonly LoadedModule[]): string | undefined {
  const name = basename(one.path)
  if (one.buildId !== '' && others.some(({ buildId }) => buildId === one.buildId))
    return `${name} with the same build-id, ${one.buildId.slice(0, 12)}`
  // Another checkout has another build-id, since debug information names folders: the machine code itself can tell.
  const code = codeHash(one)
  if (code === undefined) return undefined
  return others.some((other) => codeHash(other) === code)
    ? `${name} with the same machine code, SHA-256 ${code.slice(0, 12)}`
    : undefined
}

const codeSections = ['.text', '.rodata']

/** Undefined when the file is gone or is no longer the one that was loaded. */
function codeHash({ path, buildId }: LoadedModule): string | undefined {
  const file = ElfFile.open(path)
  if (!(file instanceof ElfFile)) return undefined
  try {
    if (buildId !== '' && file.buildId !== buildId) return undefined
    const sections = codeSections.flatMap((name) => file.section(name) ?? [])
    if (sections.length === 0) return undefined
    const hash = createHash('sha256')
    for (const { name, offset, sizeBytes } of sections)
      hash.update(`${name} ${sizeBytes}\n`).update(file.read(offset, sizeBytes))
    return hash.digest('hex')
  } finally {
    file.close()
  }
}
