/** The name that the user most likely meant, or undefined when none is close enough to be worth suggesting. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  const wanted = given.toLowerCase()
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(wanted.length / 2))
  for (const name of names) {
    const distance = editDistance(wanted, name.toLowerCase())
    if (distance <= bestDistance && (best === undefined || distance < bestDistance)) {
      best = name
      bestDistance = distance
    }
  }
  return best
}

/** ` Did you mean "x"?`, or the empty string. */
export function didYouMean(given: string, names: readonly string[]): string {
  const name = nearestName(given, names)
  return name === undefined ? '' : ` Did you mean "${name}"?`
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const current = [i]
    for (let j = 1; j <= right.length; j++) {
      const substitution = previous[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1)
      current[j] = Math.min(previous[j]! + 1, current[j - 1]! + 1, substitution)
    }
    previous = current
  }
  return previous[right.length]!
}
