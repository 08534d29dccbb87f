import type { FaultPoint, MadeFault } from '../../contract/injection.js'
import type { LayerSeverity } from '../../contract/layer.js'
import type { TracePoint } from '../../trace/point-records.js'
import type { TraceMeta } from '../../trace/trace-meta.js'

/** What a run left, as far as it can be told without names. */
export interface TrialFacts {
  madeFaults: MadeFault[]
  findings: TrialFinding[]
  /** Functions of addons that JavaScript called. */
  crossingCount: number
}

export interface TrialFinding {
  ruleId: string
  severity: LayerSeverity
  /** The rule and the subject's frames: the same defect has the same in every run. */
  identity: string
  notes: { name: string; value: string }[]
}

export function trialFacts(metas: readonly TraceMeta[]): TrialFacts {
  return {
    madeFaults: metas.flatMap((meta) =>
      (meta.layer?.injections ?? []).map(({ stack: _, timeUs, status, ...fault }) => ({
        ...fault,
        ...(fault.faultClass === 'call' ? { status } : {}),
        timeMs: timeUs / 1000,
      })),
    ),
    findings: metas.flatMap((meta) =>
      (meta.layer?.findings ?? []).map(({ ruleId, severity, stacks, functionName, notes }) => ({
        ruleId,
        severity,
        notes,
        identity: identityOf(ruleId, functionName, subjectPlaces(meta, stacks[0]?.stack ?? 0)),
      })),
    ),
    crossingCount: metas.reduce((sum, meta) => sum + (meta.layer?.crossings.length ?? 0), 0),
  }
}

/** What goes on after a failure goes on in many calls: they are one defect of what JavaScript called. */
function identityOf(ruleId: string, functionName: string, places: readonly string[]): string {
  const isOneOfMany = ruleId === 'SEAM-ERROR-001'
  const at = isOneOfMany ? (places.at(-1) ?? '') : places.slice(0, 3).join('<')
  return [ruleId, isOneOfMany ? '' : functionName, at].join('|')
}

/** Addresses in files of the addon's frames, from the innermost of them on. */
function subjectPlaces(meta: TraceMeta, stack: number): string[] {
  const places: string[] = []
  if (stack > meta.stacks.nodeCount) return places
  for (let node = stack; node !== 0; node = meta.stacks.parent[node]!) {
    const where = meta.locations[meta.stacks.location[node]!]!
    const path = where.kind === 'native' ? meta.modules[where.moduleIndex]!.path : ''
    const isSubject = path.endsWith('.node') || path.includes('/node_modules/')
    if (isSubject && where.kind === 'native')
      places.push(`${baseName(path)}+${where.offset.toString(16)}`)
    else if (places.length > 0) break
  }
  return places
}

/** Places of all processes of a run, each once. */
export function faultPoints(metas: readonly TraceMeta[]): FaultPoint[] {
  const byKey = new Map<string, FaultPoint>()
  for (const meta of metas)
    for (const point of meta.layer?.points ?? []) {
      const known = byKey.get(point.key)
      if (known === undefined) byKey.set(point.key, { ...withCallers(meta, point) })
      else known.count = Math.max(known.count, point.count)
    }
  return [...byKey.values()]
}

function withCallers(meta: TraceMeta, { stacks, ...point }: TracePoint): FaultPoint {
  const paths = new Map<string, FaultPoint['paths'][number]>()
  for (const { stack, first, count } of [...stacks].sort((a, b) => a.first - b.first)) {
    const caller = callerOf(meta, stack)
    const known = paths.get(caller)
    if (known === undefined) paths.set(caller, { first, count, caller })
    else known.count += count
  }
  return { ...point, paths: [...paths.values()] }
}

/** The two innermost functions of the user's JavaScript: `encode app.js:3 ← main app.js:20`. */
function callerOf(meta: TraceMeta, stack: number): string {
  const names: string[] = []
  if (stack > meta.stacks.nodeCount) return ''
  for (let node = stack; node !== 0 && names.length < 2; node = meta.stacks.parent[node]!) {
    const where = meta.locations[meta.stacks.location[node]!]!
    if (where.kind !== 'js') continue
    // V8 prints the tier after the first colon, and the place at the end: `JS:*encode /app/a.js:3:9`.
    const match = /^(?:JS|LazyCompile|Function|Script|Eval):[~^*+']*(.*)$/.exec(
      meta.code[where.codeIndex]!.name,
    )
    const name = match?.[1] ?? ''
    // Of Node and of the runner of workloads nobody asks who called.
    if (name !== '' && !/(^| )node:|\/capture\/subject\//.test(name)) names.push(shortPlace(name))
  }
  return names.join(' ← ')
}

function shortPlace(name: string): string {
  const at = name.lastIndexOf(' ')
  const path = name.slice(at + 1).replace(/:\d+$/, '')
  return `${at < 0 ? '' : name.slice(0, at)} ${baseName(path)}`.trim()
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
