import type { CheckRun, Finding, FindingList, Instrument } from '../../src/contract/finding.js'
import type { Measurement } from '../../src/contract/measurement.js'
import type { Validation } from '../../src/contract/validation.js'
import { componentRisks, overallStatus, safetyRows } from '../../src/judge/judge-validation.js'

export const ranBy = (instrument: Instrument, over: Partial<CheckRun> = {}): CheckRun => ({
  instrument,
  target: 'grid.seam.ts',
  workloads: ['draw', 'scroll'],
  status: 'ran',
  reports: [],
  foreignCount: 0,
  blindSpots: [],
  notes: [],
  wallMs: 1200,
  reproduce: `seamproof check --with ${instrument} grid.seam.ts`,
  folder: instrument,
  ...over,
})

export const notRunBy = (instrument: Instrument, reason: string): CheckRun =>
  ranBy(instrument, { status: 'not-run', reason })

export const finding = (over: Partial<Finding> = {}): Finding => ({
  fingerprint: '0123456789abcdef',
  aliases: ['0123456789abcdef'],
  kind: 'leak',
  severity: 'error',
  status: 'new',
  message: '64 B/op in 1.00 block/op',
  stacks: [
    {
      role: 'allocated',
      frames: [
        {
          functionName: 'grow<"x">',
          kind: 'native',
          origin: 'subject',
          isNamed: true,
          moduleName: 'grid.node',
          file: '/home/ann/grid/native/grid.c',
          line: 88,
        },
        {
          functionName: 'draw',
          kind: 'js',
          origin: 'user',
          isNamed: true,
          file: '/home/ann/grid/draw.ts',
          line: 12,
          column: 4,
        },
      ],
    },
  ],
  instruments: ['track', 'asan'],
  seenBy: [
    { instrument: 'track', target: 'grid.seam.ts' },
    { instrument: 'asan', target: 'grid.seam.ts' },
  ],
  workloads: ['draw'],
  reproduce: 'seamproof check --with asan grid.seam.ts --only draw',
  location: {
    file: '/home/ann/grid/native/grid.c',
    line: 88,
    functionName: 'grow<"x">',
    moduleName: 'grid.node',
  },
  reports: [],
  ...over,
})

export const listOf = (
  runs: readonly CheckRun[],
  findings: readonly Finding[] = [],
): FindingList => ({
  formatVersion: 1,
  seamproofVersion: '0.1.0',
  createdAt: '2026-11-23T12:00:00.000Z',
  runs: [...runs],
  findings: [...findings],
  checks: [],
  leaks: [],
  planned: [],
  demand: { required: [], areToolsRequired: false, isStrict: false },
})

export const allInstruments: CheckRun[] = (
  ['track', 'layer', 'asan', 'ubsan', 'tsan', 'memcheck', 'inject'] as const
).map((instrument) => ranBy(instrument))

export const measurement = (over: Partial<Measurement> = {}): Measurement => ({
  metric: 'latency p99',
  unit: 'ns',
  estimate: { value: 113_000, low: 110_000, high: 119_000 },
  sampleCount: 5,
  spread: 0.021,
  component: 'grid',
  workload: 'draw',
  evidence: {
    kind: 'histogram',
    path: 'bench/latency.json',
    reproduce: 'seamproof bench grid.seam.ts',
  },
  ...over,
})

export function validationOf(list: FindingList): Validation {
  const rows = [
    ...safetyRows(list, {
      components: [{ component: 'grid', workloads: ['draw', 'scroll'] }],
      findingsPath: 'check/findings.json',
    }),
    {
      component: 'grid',
      part: 'performance' as const,
      name: 'latency p99',
      target: '< 0.5 ms',
      level: 'error' as const,
      status: 'pass' as const,
      evidence: '113 µs [110 µs, 119 µs], n = 5',
      measurement: measurement(),
      links: [measurement().evidence],
    },
    {
      component: 'grid',
      part: 'performance' as const,
      name: 'memory growth',
      target: '< 10 %',
      level: 'error' as const,
      status: 'not-run' as const,
      reason: 'soak was skipped <by the user>',
      evidence: 'no data',
      links: [],
    },
  ]
  return {
    formatVersion: 1,
    seamproofVersion: '0.1.0',
    createdAt: '2026-11-23T12:00:00.000Z',
    subject: { name: '@ann/grid', version: '1.2.3', gitCommit: 'abc1234' },
    machine: {
      os: 'Linux 6.18',
      arch: 'x64',
      libc: 'glibc 2.36',
      nodeVersion: 'v20.20.2',
      cpuModel: 'AMD EPYC',
      cpuCount: 2,
      memoryBytes: 24 * 2 ** 30,
      disturbances: ['load average 3.1 before the start'],
    },
    kind: 'short',
    stages: [
      { name: 'check', status: 'done', wallMs: 12_000, folder: 'check' },
      { name: 'soak', status: 'skipped', reason: '--skip soak', wallMs: 0, folder: 'soak' },
    ],
    rows,
    risks: componentRisks(rows),
    findings: list,
    measurements: [
      {
        formatVersion: 1,
        seamproofVersion: '0.1.0',
        createdAt: '2026-11-23T12:00:00.000Z',
        command: ['seamproof', 'bench'],
        machine: {
          os: 'Linux 6.18',
          arch: 'x64',
          libc: 'glibc 2.36',
          nodeVersion: 'v20.20.2',
          cpuModel: 'AMD EPYC',
          cpuCount: 2,
          memoryBytes: 1,
          disturbances: [],
        },
        measurements: [measurement()],
        missing: [{ metric: 'instructions per crossing', reason: 'valgrind is not installed' }],
        notes: ['run at default scheduling'],
      },
    ],
    checks: [],
    opportunities: [],
    status: overallStatus(rows),
  }
}
