import type { CheckRun, DefectReport, Instrument } from '../../src/contract/finding.js'
import type { Frame } from '../../src/contract/frame.js'

/** A function of the subject. */
export function own(functionName: string, at?: { file: string; line: number }): Frame {
  const isNamed = !functionName.includes('+0x')
  return {
    functionName,
    kind: 'native',
    origin: 'subject',
    isNamed,
    moduleName: 'thumb.node',
    ...at,
  }
}

export function system(functionName: string, moduleName = 'libc.so.6'): Frame {
  return { functionName, kind: 'native', origin: 'system', isNamed: true, moduleName }
}

export function script(functionName: string, line: number): Frame {
  return { functionName, kind: 'js', origin: 'user', isNamed: true, file: '/app/thumb.ts', line }
}

export function made(report: Partial<DefectReport> = {}): DefectReport {
  return {
    instrument: 'asan',
    kind: 'leak',
    rule: 'direct leak',
    severity: 'error',
    message: '64 B are lost',
    stacks: [],
    count: 1,
    notes: [],
    ...report,
  }
}

export function madeRun(
  instrument: Instrument,
  reports: Partial<DefectReport>[],
  rest: Partial<CheckRun> = {},
): CheckRun {
  return {
    instrument,
    target: 'thumb.seam.ts',
    workloads: ['thumb'],
    status: 'ran',
    reports: reports.map((report) => made({ instrument, ...report })),
    foreignCount: 0,
    blindSpots: [],
    notes: [],
    wallMs: 1200,
    reproduce: `seamproof check --with ${instrument} thumb.seam.ts`,
    folder: `${instrument}-thumb`,
    ...rest,
  }
}
