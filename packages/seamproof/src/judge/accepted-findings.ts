import type { Acceptance, AcceptedFinding, Finding, FindingStatus } from '../contract/finding.js'
import { globExpression, type Suppression } from './suppression-list.js'

interface Accepted {
  status: FindingStatus
  acceptedBy?: Acceptance
  expired?: Acceptance
}

interface Entry {
  status: 'known' | 'suppressed'
  acceptance: Acceptance
  matches: (finding: Finding) => boolean
  isExpired: boolean
  isUsed: boolean
  /** As the notes name it. */
  title: string
}

/** What baseline and suppressions say of findings, and which of their entries said nothing. */
export function acceptanceOf({
  baseline = [],
  suppressions = [],
  today,
}: {
  baseline?: readonly AcceptedFinding[]
  suppressions?: readonly Suppression[]
  today: string
}): { of(finding: Finding): Accepted; notes(): string[] } {
  const entries = [...baseline.map(baselineEntry), ...suppressions.map(suppressionEntry)].map(
    (entry): Entry => ({
      ...entry,
      isExpired: (entry.acceptance.expires ?? today) < today,
      isUsed: false,
    }),
  )
  return {
    of(finding) {
      const matching = entries.filter((entry) => entry.matches(finding))
      for (const entry of matching) entry.isUsed = true
      const inForce = matching.find((entry) => !entry.isExpired)
      if (inForce !== undefined) return { status: inForce.status, acceptedBy: inForce.acceptance }
      const [expired] = matching
      return { status: 'new', ...(expired === undefined ? {} : { expired: expired.acceptance }) }
    },
    notes: () =>
      entries.flatMap(({ isUsed, isExpired, title, acceptance: { reason, expires } }) => {
        if (isUsed && !isExpired) return []
        return isUsed
          ? [`${title} (${reason}) was accepted until ${expires}: it counts as new again`]
          : [`${title} (${reason}) matched nothing: mended, or not looked for in this run`]
      }),
  }
}

type UnheldEntry = Omit<Entry, 'isExpired' | 'isUsed'>

function baselineEntry({
  fingerprint,
  aliases = [],
  message,
  reason,
  expires,
}: AcceptedFinding): UnheldEntry {
  const names = new Set([fingerprint, ...aliases])
  return {
    status: 'known',
    acceptance: { reason, ...(expires === undefined ? {} : { expires }) },
    matches: (finding) => finding.aliases.some((alias) => names.has(alias)),
    title: `baseline entry ${fingerprint} "${message}"`,
  }
}

function suppressionEntry({ pattern, reason, expires }: Suppression): UnheldEntry {
  const expression = globExpression(pattern)
  return {
    status: 'suppressed',
    acceptance: { reason, ...(expires === undefined ? {} : { expires }) },
    matches: (finding) => namesOf(finding).some((name) => expression.test(name)),
    title: `suppression "${pattern}"`,
  }
}

/** Names in the stacks, and what the finding itself is called. */
function namesOf({ aliases, reports, stacks }: Finding): string[] {
  const names = new Set([...aliases, ...reports.flatMap(({ rule, message }) => [rule, message])])
  for (const { frames } of [...stacks, ...reports.flatMap((report) => report.stacks)])
    for (const { functionName, moduleName, modulePath, file } of frames)
      for (const name of [functionName, moduleName, modulePath, file])
        if (name !== undefined) names.add(name)
  return [...names]
}

/** The new findings, on top of what the baseline holds already. */
export function extendedBaseline(
  baseline: readonly AcceptedFinding[],
  findings: readonly Finding[],
  { reason, expires }: Acceptance,
): AcceptedFinding[] {
  const fresh = findings.filter(({ status }) => status === 'new')
  const names = new Set(fresh.flatMap(({ aliases }) => aliases))
  // An entry that expired is replaced, not kept beside the new one.
  const kept = baseline.filter(
    (entry) => ![entry.fingerprint, ...(entry.aliases ?? [])].some((name) => names.has(name)),
  )
  const added = fresh.map(({ fingerprint, aliases, message, location }): AcceptedFinding => {
    const others = aliases.filter((alias) => alias !== fingerprint)
    return {
      fingerprint,
      ...(others.length === 0 ? {} : { aliases: others }),
      message: location === undefined ? message : `${message} (${location.functionName})`,
      reason,
      ...(expires === undefined ? {} : { expires }),
    }
  })
  return [...kept, ...added]
}
