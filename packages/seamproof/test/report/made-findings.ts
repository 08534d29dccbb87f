import { mergeFindings } from '../../src/analyze/merge-findings.js'
import { summarizeLeaks } from '../../src/analyze/summarize-leaks.js'
import type { AcceptedFinding, CheckRun, FindingList } from '../../src/contract/finding.js'
import { judgeFindings } from '../../src/judge/judge-findings.js'
import type { FindingsReport } from '../../src/report/text/render-findings.js'
import { madeRun, own, script, system } from '../analyze/made-reports.js'

const at = (line: number) => ({ file: '/app/src/thumb.cc', line })

/** A leak that two saw, a use after free with the whole life of its block, a broken rule, and a tool that is missing. */
export const runs: CheckRun[] = [
  madeRun(
    'layer',
    [
      {
        kind: 'rule',
        rule: 'SEAM-REF-002',
        severity: 'warning',
        message: 'a reference deleted twice: calling napi_delete_reference in drop() of thumb.node',
        stacks: [{ role: 'now', frames: [own('Drop', at(12)), script('drop', 30)] }],
        workload: 'make a thumbnail',
      },
    ],
    { workloads: ['make a thumbnail'], blindSpots: ['only calls of Node-API are seen'] },
  ),
  madeRun(
    'memcheck',
    [
      {
        rule: 'Leak_DefinitelyLost',
        message: '6,400 B in 100 blocks are definitely lost',
        stacks: [{ role: 'allocated', frames: [system('malloc'), own('encode', at(88))] }],
        workload: 'make a thumbnail',
        bytes: 6400,
        blocks: 100,
      },
      {
        kind: 'use-after-free',
        rule: 'InvalidRead',
        message: 'read of 4 bytes inside a block of 64 that was freed',
        stacks: [
          { role: 'now', thread: '1', frames: [own('paint', at(61)), script('paint', 44)] },
          { role: 'freed', frames: [system('free'), own('drop', at(70))] },
          { role: 'allocated', frames: [system('malloc'), own('open', at(20))] },
        ],
        workload: 'make a thumbnail',
        count: 3,
      },
    ],
    { workloads: ['make a thumbnail'], wallMs: 31_200, foreignCount: 2 },
  ),
  madeRun(
    'track',
    [
      {
        rule: 'growth',
        message: '64 B in 1 block per operation are never given back',
        stacks: [
          {
            role: 'allocated',
            frames: [system('malloc'), own('encode(int)', at(88)), script('makeThumb', 12)],
          },
        ],
        workload: 'make a thumbnail',
        perOperation: { bytes: 64, blocks: 1 },
        notes: [{ name: 'because', value: 'every round grows at a steady rate: 100 100 100' }],
      },
    ],
    { workloads: ['make a thumbnail'] },
  ),
  madeRun('tsan', [], {
    status: 'not-run',
    cause: 'tool-missing',
    reason: 'gcc was not found; apt-get install --yes gcc',
  }),
]

export function madeReport(
  of: readonly CheckRun[] = runs,
  baseline: readonly AcceptedFinding[] = [],
): FindingsReport {
  const demand = { required: [], areToolsRequired: false, isStrict: false }
  const found = mergeFindings(of)
  const leaks = summarizeLeaks(of, found)
  const verdicts = judgeFindings(
    { runs: of, findings: found, leaks },
    { today: '2026-11-23', demand, baseline },
  )
  const list: FindingList = {
    formatVersion: 1,
    seamproofVersion: '0.1.0',
    createdAt: '2026-11-23T10:00:00.000Z',
    runs: [...of],
    findings: verdicts.findings,
    checks: verdicts.checks,
    leaks,
    planned: [],
    demand,
  }
  return { list, status: verdicts.status, notes: verdicts.notes }
}
