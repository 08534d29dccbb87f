/** From what the stages left to one table with one verdict: alike for a run, and for the parts of one that are merged. */
import { operationFacts } from './analyze/bench/operation-facts.js'
import { findingMeasurements } from './analyze/finding-measurements.js'
import { opportunitiesFromOperations } from './analyze/opportunities-from-operations.js'
import { matchesPattern } from './base/name-pattern.js'
import { seamproofVersion } from './base/seamproof-version.js'
import type { FindingList } from './contract/finding.js'
import type { MeasurementList } from './contract/measurement.js'
import type { Target } from './contract/target.js'
import type { Validation } from './contract/validation.js'
import { judgeTargets } from './judge/judge-targets.js'
import {
  type ComponentWorkloads,
  componentRisks,
  excuseUnmeasured,
  orderedRows,
  overallStatus,
  safetyRows,
  withoutOtherShards,
} from './judge/judge-validation.js'
import { stageCheckRows } from './judge/stage-checks.js'

type Components = Readonly<Record<string, { workloads: readonly string[] }>>

/** What a validation is judged by. */
export interface ValidationContext {
  components: Components
  targets: readonly Target[]
  baseline: MeasurementList | undefined
}

export interface ValidationResults
  extends ValidationContext,
    Pick<Validation, 'subject' | 'machine' | 'kind' | 'stages' | 'findings'> {
  /** Of the stages that measure, their evidence relative to the run's folder. */
  lists: readonly MeasurementList[]
}

export function concludeValidation(results: ValidationResults): Validation {
  const { subject, machine, kind, stages, findings, components, targets, baseline } = results
  const componentOf = (workload: string) => componentNameOf(components, workload)
  const counted = findingMeasurements(findings, { path: 'check/findings.json', componentOf })
  const ofCheck: MeasurementList = {
    formatVersion: 1,
    seamproofVersion,
    createdAt: new Date().toISOString(),
    command: ['seamproof', 'check'],
    machine,
    ...counted,
    notes: [],
  }
  const all = [ofCheck, ...results.lists].map((list) => withComponents(list, componentOf))
  const targeted = judgeTargets(all, targets, { baseline: baseline?.measurements })
  const isShard = findings.shard !== undefined
  const judged = orderedRows(
    [
      ...safetyRows(findings, {
        components: componentsOf(components, findings),
        findingsPath: 'check/findings.json',
      }),
      ...excuseUnmeasured(targeted, stages),
      ...stageCheckRows(results.lists, targeted, componentOf),
    ],
    Object.keys(components),
  )
  const rows = isShard ? withoutOtherShards(judged) : judged
  return {
    formatVersion: 1,
    seamproofVersion,
    createdAt: new Date().toISOString(),
    subject,
    machine,
    kind,
    stages: [...stages],
    rows,
    risks: componentRisks(rows),
    findings,
    measurements: all,
    checks: findings.checks,
    opportunities: operationFacts(all.flatMap((list) => list.measurements))
      .flatMap(opportunitiesFromOperations)
      .sort((a, b) => b.predictedGain.value - a.predictedGain.value),
    status: overallStatus(rows, isShard),
  }
}

export function emptyFindings(): FindingList {
  return {
    formatVersion: 1,
    seamproofVersion,
    createdAt: new Date().toISOString(),
    runs: [],
    findings: [],
    checks: [],
    leaks: [],
    planned: [],
    demand: { required: [], areToolsRequired: false, isStrict: false },
  }
}

function withComponents(
  list: MeasurementList,
  componentOf: (workload: string) => string | undefined,
): MeasurementList {
  const named = <One extends { component?: string; workload?: string }>(one: One): One => {
    const component =
      one.component ?? (one.workload === undefined ? undefined : componentOf(one.workload))
    return component === undefined ? one : { ...one, component }
  }
  return { ...list, measurements: list.measurements.map(named), missing: list.missing.map(named) }
}

function componentNameOf(components: Components, workload: string): string | undefined {
  return Object.entries(components).find(([, { workloads }]) =>
    workloads.some((pattern) => matchesPattern(pattern, workload)),
  )?.[0]
}

/** Without components the subject is one; workloads that no component names are the subject's, too. */
function componentsOf(components: Components, { runs }: FindingList): ComponentWorkloads[] {
  const names = [...new Set(runs.flatMap((run) => run.workloads ?? []))]
  const byComponent = new Map<string, string[]>()
  for (const component of Object.keys(components)) byComponent.set(component, [])
  for (const name of names) {
    const component = componentNameOf(components, name) ?? 'subject'
    byComponent.set(component, [...(byComponent.get(component) ?? []), name])
  }
  if (byComponent.size === 0) byComponent.set('subject', [])
  return [...byComponent].map(([component, workloads]) => ({ component, workloads }))
}
