import type {
  Attempt,
  AttemptStep,
  Fault,
  FaultPoint,
  NapiStatus,
} from '../../contract/injection.js'

export interface AttemptPlan {
  steps: { step: AttemptStep; attempts: Attempt[] }[]
  /** Times that are not in the plan, because a place is come by too often. */
  leftOutCount: number
}

/** Further times at one place; the first and the last ones tell most. */
const timesPerPlaceMax = 500

/** Breadth first: every place before any other way to it, and those before all the times that it is come by. */
export function planAttempts(points: readonly FaultPoint[], hasRounds: boolean): AttemptPlan {
  const ordered = [...points].sort((a, b) => rank(a) - rank(b) || b.count - a.count)
  const all = (of: (point: FaultPoint) => Attempt[]) => ordered.flatMap(of)
  const once = (point: FaultPoint, occurrence: number, status = point.statuses[0]): Attempt => ({
    fault: faultAt(point, occurrence, status),
    mode: 'once',
  })
  const inRounds = (point: FaultPoint, status = point.statuses[0]): Attempt[] =>
    hasRounds && point.faultClass !== 'tsfn'
      ? [{ fault: faultAt(point, 'every', status), mode: 'rounds' }]
      : []
  const steps: AttemptPlan['steps'] = [
    { step: 'each place once', attempts: all((point) => [once(point, firstOf(point))]) },
    { step: 'each place in every operation', attempts: all((point) => inRounds(point)) },
    {
      step: 'other ways to each place',
      attempts: all((point) => point.paths.slice(1).map(({ first }) => once(point, first))),
    },
    {
      step: 'other statuses',
      attempts: all((point) =>
        point.statuses
          .slice(1)
          .flatMap((status) => [once(point, firstOf(point), status), ...inRounds(point, status)]),
      ),
    },
    {
      step: 'every further time',
      attempts: interleaved(
        ordered.map((point) => furtherTimes(point).map((nth) => once(point, nth))),
      ),
    },
  ]
  const leftOutCount = ordered.reduce(
    (sum, point) => sum + Math.max(0, point.count - timesPerPlaceMax),
    0,
  )
  return { steps: steps.filter(({ attempts }) => attempts.length > 0), leftOutCount }
}

const firstOf = (point: FaultPoint) => point.paths[0]?.first ?? 1

/** Calls before memory, and the addon before the libraries that it brought. */
function rank({ faultClass, addonPath }: FaultPoint): number {
  if (faultClass === 'call') return 0
  if (faultClass === 'tsfn') return 1
  return addonPath.endsWith('.node') ? 2 : 3
}

function faultAt(
  { faultClass, functionName, key }: FaultPoint,
  occurrence: Fault['occurrence'],
  status: NapiStatus | undefined,
): Fault {
  const fault: Fault = { faultClass, functionName, key, occurrence }
  return status === undefined ? fault : { ...fault, status }
}

function furtherTimes(point: FaultPoint): number[] {
  const known = new Set(point.paths.map(({ first }) => first))
  if (point.faultClass === 'tsfn') return []
  const times: number[] = []
  for (let nth = 1; nth <= Math.min(point.count, timesPerPlaceMax); nth++)
    if (!known.has(nth)) times.push(nth)
  return times
}

/** One of each in turn, so that a budget that ends cuts all places alike. */
function interleaved<T>(lists: readonly T[][]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, i) =>
    lists.flatMap((list) => list.slice(i, i + 1)),
  ).flat()
}
