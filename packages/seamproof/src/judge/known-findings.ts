import type { ProcessFacts } from '../contract/facts.js'
import type { LayerFacts, LayerFinding } from '../contract/layer.js'
import { type LayerKnown, layerKnown } from '../contract/layer-known.js'

/** The entry that explains a finding of this process, if there is one. */
export function knownAs(
  finding: LayerFinding,
  process: Pick<ProcessFacts, 'frames'> & { layer?: LayerFacts },
  entries: readonly LayerKnown[] = layerKnown,
): LayerKnown | undefined {
  return entries.find((entry) => matches(entry, finding, process))
}

function matches(
  { ruleId, functionNames, note, frame, origin, fixedIn }: LayerKnown,
  finding: LayerFinding,
  { frames, layer }: Pick<ProcessFacts, 'frames'> & { layer?: LayerFacts },
): boolean {
  if (ruleId !== finding.ruleId) return false
  if (functionNames !== undefined && !functionNames.includes(finding.functionName)) return false
  if (
    note !== undefined &&
    !finding.notes.some((one) => one.name === note.name && one.value === note.value)
  )
    return false
  if (frame !== undefined) {
    const expression = globOf(frame)
    const names = finding.stacks.flatMap(({ frameIndexes }) =>
      frameIndexes.map((index) => frames[index]!.functionName),
    )
    if (!names.some((name) => expression.test(name))) return false
  }
  // Without the version nothing is blamed on Node.
  if (origin === 'node' && fixedIn !== undefined)
    return layer?.nodeVersion !== undefined && !hasFix(layer.nodeVersion, fixedIn)
  return true
}

/** Whether a release of Node has a fix that came with these releases. */
export function hasFix(nodeVersion: string, fixedIn: readonly string[]): boolean {
  const version = numbersOf(nodeVersion)
  const fixes = fixedIn.map(numbersOf)
  const own = fixes.find(([major]) => major === version[0])
  if (own !== undefined) return compare(version, own) >= 0
  return fixes.every(([major]) => version[0]! > major!)
}

const numbersOf = (version: string) => version.replace(/^v/, '').split('.').map(Number)

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return (a[i] ?? 0) - (b[i] ?? 0)
  return 0
}

function globOf(pattern: string): RegExp {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${pattern.split(/\*+/).map(literal).join('.*')}$`, 's')
}
