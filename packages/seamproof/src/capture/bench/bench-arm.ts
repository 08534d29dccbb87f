import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { bundleWorkload } from '../workload-bundle.js'
import { findWorkloadFile, type WorkloadFile } from '../workload-file.js'

/** One side of a comparison: the same workloads under other variables, or of another checkout. A plain bench has one. */
export interface BenchArm {
  name: string
  /** Set, or taken away, beside what the user has. */
  env: Record<string, string | undefined>
  /** Folder in which the workload files of this side are looked up. */
  cwd: string
  files: PreparedFile[]
}

export interface PreparedFile {
  /** As the user gave it. */
  shown: string
  file: WorkloadFile
  /** The module that the subject loads. */
  modulePath: string
  /** What of the run belongs to this file on this side. */
  folder: string
}

/** Compiles what is TypeScript before anything is measured. */
export async function prepareArm(
  arm: Omit<BenchArm, 'files'>,
  given: readonly string[],
  runFolder: string,
): Promise<BenchArm> {
  const files: PreparedFile[] = []
  for (const [index, shown] of given.entries()) {
    const file = findWorkloadFile(shown, arm.cwd)
    const folder = join(runFolder, arm.name, `${index + 1}-${file.name}`)
    // Where a fault looks for the bundle and its source map.
    const bundleFolder = join(folder, 'workload')
    mkdirSync(bundleFolder, { recursive: true })
    const modulePath = file.mustBundle ? await bundleWorkload(file.path, bundleFolder) : file.path
    files.push({ shown, file, modulePath, folder })
  }
  return { ...arm, files }
}
