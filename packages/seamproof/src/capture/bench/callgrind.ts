import { createReadStream } from 'node:fs'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { findSubjectExecutable } from '../subject-executable.js'
import type { BenchArm, PreparedFile } from './bench-arm.js'
import { runBenchProcess } from './bench-process.js'
import type { BenchSetting } from './take-turns.js'

export interface InstructionCounts {
  operations: number
  all: number
  /** In objects that are neither Node nor the system's. */
  subject: number
}

/** One thread, no optimising compiler, the same seeds: then two runs count the same to a few in a hundred thousand. */
const repeatableFlags = [
  '--single-threaded',
  '--predictable',
  '--no-opt',
  '--hash-seed=1',
  '--random-seed=1',
]

export function hasValgrind(setting: BenchSetting, cwd: string): boolean {
  try {
    findSubjectExecutable('valgrind', { cwd, env: setting.env })
    return true
  } catch {
    return false
  }
}

/** Runs a number of operations under callgrind, and counts the instructions of the whole process. */
export async function countInstructions(
  arm: BenchArm,
  file: PreparedFile,
  workload: string,
  operations: number,
  setting: BenchSetting,
  index: number,
): Promise<InstructionCounts> {
  const name = callgrindName(index, operations)
  const outFile = join(file.folder, `${name}.out`)
  const { agentLibrary, calibrationAddon, nodePath, env, timeoutMs } = setting
  await runBenchProcess<'count'>({
    arm,
    file,
    name,
    plan: { benchMode: 'count', agentLibrary, calibrationAddon, only: workload, operations },
    nodePath,
    nodeFlags: repeatableFlags,
    launcher: [
      'valgrind',
      '--quiet',
      '--tool=callgrind',
      '--compress-strings=no',
      '--compress-pos=no',
      `--callgrind-out-file=${outFile}`,
    ],
    env,
    timeoutMs,
  })
  return { operations, ...(await readCallgrind(outFile, nodePath)) }
}

export const callgrindName = (index: number, operations: number): string =>
  `callgrind-${index + 1}-${operations}`

/** Adds up what each object executed itself. Callgrind writes calls with the cost of what was called: those lines are left out. */
async function readCallgrind(
  path: string,
  nodePath: string,
): Promise<Pick<InstructionCounts, 'all' | 'subject'>> {
  let all = 0
  let subject = 0
  let isSubject = false
  let isCall = false
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line.startsWith('ob=')) isSubject = isSubjectObject(line.slice(3), nodePath)
    else if (line.startsWith('calls=')) isCall = true
    else if (/^\d/.test(line)) {
      const cost = Number(line.slice(line.indexOf(' ') + 1))
      if (!isCall) {
        all += cost
        if (isSubject) subject += cost
      }
      isCall = false
    }
  }
  return { all, subject }
}

function isSubjectObject(path: string, nodePath: string): boolean {
  if (!path.startsWith('/') || basename(path) === basename(nodePath)) return false
  return !/^\/(usr\/)?lib(64|exec)?\//.test(path) && !basename(path).startsWith('seamproof-')
}
