/** Every string that a terminal will see, cleaned once at the door, so that no report can forget to. */
import type { CaptureFacts, ProcessFacts } from '../../contract/facts.js'
import type { Frame } from '../../contract/frame.js'
import type { Verdicts } from '../../contract/verdict.js'
import { printable } from './text-style.js'

function printableFrame(frame: Frame): Frame {
  const clean: Frame = { ...frame, functionName: printable(frame.functionName) }
  if (frame.file !== undefined) clean.file = printable(frame.file)
  if (frame.moduleName !== undefined) clean.moduleName = printable(frame.moduleName)
  if (frame.modulePath !== undefined) clean.modulePath = printable(frame.modulePath)
  return clean
}

function printableProcess(process: ProcessFacts): ProcessFacts {
  return {
    ...process,
    executable: printable(process.executable),
    argv: process.argv.map(printable),
    startedAt: printable(process.startedAt),
    frames: process.frames.map(printableFrame),
    marks: process.marks.map((mark) => ({ ...mark, name: printable(mark.name) })),
    groups: process.groups.map((group) => ({
      ...group,
      moduleName: printable(group.moduleName),
      functionName: printable(group.functionName),
      ...(group.workload === undefined ? {} : { workload: printable(group.workload) }),
    })),
    resources: process.resources.map((series) => ({
      ...series,
      ...(series.workload === undefined ? {} : { workload: printable(series.workload) }),
    })),
    losses: { ...process.losses, notes: process.losses.notes.map(printable) },
  }
}

export const printableFacts = (facts: CaptureFacts): CaptureFacts => ({
  ...facts,
  command: facts.command.map(printable),
  processes: facts.processes.map(printableProcess),
})

export const printableVerdicts = (verdicts: Verdicts): Verdicts => ({
  ...verdicts,
  checks: verdicts.checks.map((check) => ({
    ...check,
    check: printable(check.check),
    evidence: printable(check.evidence),
    ...(check.reason === undefined ? {} : { reason: printable(check.reason) }),
  })),
  ...(verdicts.unusedSuppressions === undefined
    ? {}
    : {
        unusedSuppressions: verdicts.unusedSuppressions.map(({ pattern, reason }) => ({
          pattern: printable(pattern),
          reason: printable(reason),
        })),
      }),
  leaks: verdicts.leaks.map((leak) => ({
    ...leak,
    reason: printable(leak.reason),
    ...(leak.suppressedBy === undefined
      ? {}
      : {
          suppressedBy: {
            pattern: printable(leak.suppressedBy.pattern),
            reason: printable(leak.suppressedBy.reason),
          },
        }),
  })),
})
