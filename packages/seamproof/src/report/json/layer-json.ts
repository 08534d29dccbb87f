import type { CaptureFacts } from '../../contract/facts.js'
import type { Frame } from '../../contract/frame.js'
import { layerRule, nodeDocsUrl } from '../../contract/layer-rules/layer-rules.js'
import type { LayerReport } from '../text/render-layer.js'
import { jsonFormatVersion } from './json-shapes.js'

/** `check --with layer --json`: findings with their stacks as frames, innermost first. */
export function layerJson(facts: CaptureFacts, { checks, findings, suppressed }: LayerReport) {
  const shown = (finding: LayerReport['findings'][number]) => findingJson(finding, facts)
  return {
    formatVersion: jsonFormatVersion,
    report: 'layer' as const,
    seamproofVersion: facts.seamproofVersion,
    command: facts.command,
    checks,
    findings: findings.map(shown),
    suppressed: suppressed.map(shown),
    crossings: facts.processes.flatMap(({ pid, layer }) =>
      (layer?.crossings ?? []).map((crossing) => ({ pid, ...crossing })),
    ),
  }
}

function findingJson(
  { processIndex, stacks, ...finding }: LayerReport['findings'][number],
  facts: CaptureFacts,
) {
  const rule = layerRule(finding.ruleId)
  const { pid, frames } = facts.processes[processIndex]!
  return {
    ...finding,
    pid,
    title: rule?.title ?? '',
    rule: rule?.rule ?? '',
    ...(rule === undefined ? {} : { documentation: nodeDocsUrl(rule) }),
    stacks: stacks.map(({ role, frameIndexes }) => ({
      role,
      frames: frameIndexes.map((index): Frame => frames[index]!),
    })),
  }
}
