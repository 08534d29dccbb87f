import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, extname, resolve } from 'node:path'
import { type ErrorCode, ExitCode, SeamproofError } from '../base/seamproof-error.js'

const scriptExtension = /\.([cm]?[jt]s|tsx)$/

export interface WorkloadFile {
  path: string
  /** `thumbnail` for `thumbnail.seam.ts`. */
  name: string
  /** TypeScript, or JavaScript that says `from 'seamproof'` where no such package is installed. */
  mustBundle: boolean
}

export function findWorkloadFile(given: string, cwd: string): WorkloadFile {
  const path = resolve(cwd, given)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined)
    throw notDriven(
      'WORKLOAD_NOT_FOUND',
      `there is no workload file ${path}`,
      scriptExtension.test(given)
        ? 'check the path, or write a first one: seamproof init'
        : `to track a program: seamproof track -- ${given} …`,
    )
  if (!stat.isFile() || !scriptExtension.test(path))
    throw notDriven(
      'WORKLOAD_NOT_A_MODULE',
      `${path} is not a JavaScript or TypeScript file`,
      `to track a program: seamproof track -- ${given}`,
    )
  return {
    path,
    name: workloadName(path),
    mustBundle: isTypeScript(path) || (namesSeamproof(path) && !canImportSeamproof(path)),
  }
}

function isTypeScript(path: string): boolean {
  return /\.([cm]?ts|tsx)$/.test(path)
}

function namesSeamproof(path: string): boolean {
  return /['"]seamproof['"]/.test(readFileSync(path, 'utf8'))
}

function canImportSeamproof(path: string): boolean {
  try {
    createRequire(path).resolve('seamproof')
    return true
  } catch {
    return false
  }
}

function workloadName(path: string): string {
  const stem = basename(path, extname(path)).replace(/\.seam$/, '')
  // `corpus/snappy-sync/workload.cjs` is better named for its folder.
  return /^(index|workload)$/.test(stem) ? basename(resolve(path, '..')) : stem
}

function notDriven(code: ErrorCode, message: string, hint: string): SeamproofError {
  return new SeamproofError(code, message, { exitCode: ExitCode.subjectNotDriven, hint })
}
