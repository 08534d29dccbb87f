import { Option } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import type { CaptureFacts } from '../contract/facts.js'
import { processLabel } from '../report/process-choice.js'
import { wholeNumber } from './option-values.js'

export const processOption = () =>
  new Option(
    '--process <pid>',
    'which process (default: where a leak is, else the busiest)',
  ).argParser(wholeNumber({ min: 1, max: 2 ** 31 }))

/** Where a pid is among the processes of a capture. A pid that went on as another program has several: the last is taken. */
export function processIndexOf(
  facts: CaptureFacts,
  pid: number | undefined,
): { processIndex?: number } {
  if (pid === undefined) return {}
  const processIndex = facts.processes.findLastIndex((process) => process.pid === pid)
  if (processIndex !== -1) return { processIndex }
  throw new SeamproofError('NO_SUCH_PROCESS', `the capture holds no process ${pid}`, {
    exitCode: ExitCode.usage,
    hint: `it holds ${facts.processes.map(processLabel).join('; ')}`,
  })
}
