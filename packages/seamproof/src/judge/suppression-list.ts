import type { GrowthGroup, ProcessFacts } from '../contract/facts.js'

export interface Suppression {
  /** Matched against the names of functions, modules and files in a leak's stack; `*` stands for any text. */
  pattern: string
  /** Why the leak is accepted. */
  reason: string
  /** `2027-01-31`: the last day it holds. */
  expires?: string | undefined
}

/** The suppressions of a config, and which of them hid something. */
export class SuppressionList {
  readonly #entries: { suppression: Suppression; expression: RegExp; isUsed: boolean }[]

  constructor(suppressions: readonly Suppression[]) {
    this.#entries = suppressions.map((suppression) => ({
      suppression,
      expression: globExpression(suppression.pattern),
      isUsed: false,
    }))
  }

  /** The first that matches a frame of the group, or of the JavaScript that led there. */
  match(process: ProcessFacts, group: GrowthGroup): Suppression | undefined {
    const names = namesOf(process, group)
    const entry = this.#entries.find(({ expression }) =>
      names.some((name) => expression.test(name)),
    )
    if (entry === undefined) return undefined
    entry.isUsed = true
    return entry.suppression
  }

  unused(): Suppression[] {
    return this.#entries.filter((entry) => !entry.isUsed).map((entry) => entry.suppression)
  }
}

function namesOf(process: ProcessFacts, group: GrowthGroup): string[] {
  const indexes = new Set([
    ...group.frameIndexes,
    ...group.callSites.flatMap((callSite) => callSite.frameIndexes),
  ])
  const names = new Set<string>()
  for (const index of indexes) {
    const { functionName, moduleName, modulePath, file } = process.frames[index]!
    for (const name of [functionName, moduleName, modulePath, file])
      if (name !== undefined) names.add(name)
  }
  return [...names]
}

/** The whole name must match. A name may hold anything, so nothing but `*` is special. */
export function globExpression(pattern: string): RegExp {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${pattern.split(/\*+/).map(literal).join('.*')}$`, 's')
}
