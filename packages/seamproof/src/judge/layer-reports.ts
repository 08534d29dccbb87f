import type { CaptureFacts } from '../contract/facts.js'
import type { DefectKind, DefectReport, StackRole } from '../contract/finding.js'
import type { LayerStackRole } from '../contract/layer.js'
import { layerRule } from '../contract/layer-rules/layer-rules.js'
import type { JudgedFinding, LayerVerdicts } from './judge-layer.js'

/** Rules whose defect other tools name too; every other is a rule of the API that only the layer knows. */
const kindOfRule: Record<string, DefectKind> = {
  'SEAM-HANDOFF-001': 'use-after-free',
  'SEAM-HANDOFF-002': 'use-after-free',
  'SEAM-HANDOFF-006': 'double-free',
  'SEAM-HANDOFF-008': 'leak',
  'SEAM-REF-001': 'use-after-free',
  'SEAM-REF-002': 'double-free',
  'SEAM-REF-004': 'leak',
  'SEAM-WORK-003': 'use-after-free',
  'SEAM-WORK-004': 'leak',
  'SEAM-WORK-005': 'use-after-free',
  'SEAM-PROMISE-002': 'leak',
  'SEAM-TSFN-001': 'use-after-free',
  'SEAM-TSFN-003': 'leak',
  'SEAM-TSFN-008': 'leak',
  'SEAM-ASYNC-001': 'double-free',
  'SEAM-ASYNC-002': 'leak',
  'SEAM-HOOK-004': 'hang',
  'SEAM-TSFN-006': 'hang',
  'SEAM-CRASH-001': 'crash',
}

/** Findings of the layer as the defects that every instrument reports; suppressed ones are left out. */
export function layerReports(facts: CaptureFacts, { findings }: LayerVerdicts): DefectReport[] {
  return findings.map((finding) => reportOf(finding, facts))
}

function reportOf(finding: JudgedFinding, facts: CaptureFacts): DefectReport {
  const { frames } = facts.processes[finding.processIndex]!
  const kind = kindOfRule[finding.ruleId] ?? 'rule'
  const known = finding.known
  const nodes = known === undefined ? [] : [{ name: 'known as', value: known.reason }]
  return {
    instrument: 'layer',
    kind,
    rule: finding.ruleId,
    severity: finding.severity,
    message: messageOf(finding),
    stacks: finding.stacks.map(({ role, frameIndexes }) => ({
      role: roleOf(role, kind),
      frames: frameIndexes
        .map((index) => frames[index]!)
        .filter((frame) => frame.moduleName !== 'seamproof-agent.so'),
    })),
    ...(finding.workload === undefined ? {} : { workload: finding.workload }),
    ...(finding.perOperation === undefined
      ? {}
      : { perOperation: { bytes: 0, blocks: finding.perOperation } }),
    ...(kind === 'leak' ? { blocks: finding.count } : {}),
    count: finding.count,
    notes: [{ name: 'phase', value: finding.phase }, ...finding.notes, ...nodes],
  }
}

/** What leaked was allocated where it was created; a freed block was allocated where it was made. */
function roleOf(role: LayerStackRole, kind: DefectKind): StackRole {
  return role === 'created' && kind !== 'rule' && kind !== 'crash' ? 'allocated' : role
}

function messageOf({ ruleId, exportName, functionName, addonPath }: JudgedFinding): string {
  const title = layerRule(ruleId)?.title ?? ruleId
  const addon = addonPath.slice(addonPath.lastIndexOf('/') + 1)
  const where = [
    functionName === '' ? '' : `calling ${functionName}`,
    exportName === '' ? '' : `in ${exportName}()`,
    addon === '' ? '' : `of ${addon}`,
  ].filter((part) => part !== '')
  return where.length === 0 ? title : `${title}: ${where.join(' ')}`
}
