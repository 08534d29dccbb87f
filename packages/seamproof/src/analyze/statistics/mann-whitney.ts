/**
 * How likely two samples of one and the same distribution would lie at least as far apart as these (two-sided), by Mann and
 * Whitney's U. Exact for small samples without ties, else by the normal approximation with corrections for ties and continuity.
 */
export function mannWhitneyP(left: readonly number[], right: readonly number[]): number {
  const m = left.length
  const n = right.length
  if (m === 0 || n === 0) return 1
  const { rankSum, tieTerm } = rank(left, right)
  const u = rankSum - (m * (m + 1)) / 2
  const least = Math.min(u, m * n - u)
  if (tieTerm === 0 && m * n <= exactMax) return exactP(least, m, n)
  const total = m + n
  const variance = ((m * n) / 12) * (total + 1 - tieTerm / (total * (total - 1)))
  if (variance <= 0) return 1
  const z = (Math.abs(u - (m * n) / 2) - 0.5) / Math.sqrt(variance)
  return Math.min(1, 2 * upperTail(Math.max(0, z)))
}

const exactMax = 900

/** Sum of the left sample's ranks in both together; values that are equal share theirs. */
function rank(left: readonly number[], right: readonly number[]) {
  const all = [
    ...left.map((value) => ({ value, isLeft: true })),
    ...right.map((value) => ({ value, isLeft: false })),
  ].sort((a, b) => a.value - b.value)
  let rankSum = 0
  let tieTerm = 0
  for (let from = 0; from < all.length; ) {
    let to = from
    while (to < all.length && all[to]!.value === all[from]!.value) to++
    const tied = to - from
    tieTerm += tied ** 3 - tied
    // Ranks count from 1.
    const shared = (from + 1 + to) / 2
    for (let i = from; i < to; i++) if (all[i]!.isLeft) rankSum += shared
    from = to
  }
  return { rankSum, tieTerm }
}

/** Of all orders in which the two samples can mix, the share with a U this small, times two. */
function exactP(least: number, m: number, n: number): number {
  // ways[j][u]: orders of i values of one and j of the other with that U; built up over i.
  const size = m * n + 1
  let ways: Float64Array[] = Array.from({ length: n + 1 }, () => {
    const row = new Float64Array(size)
    row[0] = 1
    return row
  })
  for (let i = 1; i <= m; i++) {
    const next: Float64Array[] = []
    for (let j = 0; j <= n; j++) {
      const row = new Float64Array(size)
      for (let u = 0; u < size; u++) {
        const fromLeft = u >= j ? ways[j]![u - j]! : 0
        row[u] = fromLeft + (j > 0 ? next[j - 1]![u]! : 0)
      }
      next.push(row)
    }
    ways = next
  }
  const counts = ways[n]!
  let below = 0
  let all = 0
  for (let u = 0; u < size; u++) {
    all += counts[u]!
    if (u <= least) below += counts[u]!
  }
  return Math.min(1, (2 * below) / all)
}

/** Share of the normal distribution above z ≥ 0 (Abramowitz and Stegun 26.2.17; off by less than 7.5e-8). */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series
}
