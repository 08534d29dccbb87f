// The goals that the measured values are held against: met or missed, never bent.

/** Each goal with what was measured; `isMet` is undefined when the part was not run. */
export function goalsOf({ churn, workloads }) {
  return [...churnGoals(churn), ...workloadGoals(workloads)]
}

function churnGoals(churn) {
  if (churn === undefined) return []
  return churn.cases.map(({ name, variants }) => {
    const ratio = variants.full?.toHeaptrack?.median
    return {
      name: `churn, ${name}: Seamproof full ÷ heaptrack, CPU time`,
      limit: 1 / 5,
      value: ratio,
      isMet: ratio === undefined ? undefined : ratio <= 1 / 5,
    }
  })
}

function workloadGoals(workloads) {
  if (workloads === undefined) return []
  return workloads
    .filter(({ missing }) => missing === undefined)
    .flatMap(({ name, variants, captures }) => {
      const wall = variants.aggregate?.wallToBare?.median
      const cpu = variants.aggregate?.cpuToBare?.median
      const bytes = captures.full?.bytesPerEvent
      return [
        {
          name: `${name}: Seamproof aggregate ÷ bare, wall time`,
          limit: 1.15,
          value: wall,
          isMet: wall === undefined ? undefined : wall <= 1.15,
        },
        {
          name: `${name}: Seamproof aggregate ÷ bare, CPU time`,
          limit: 1.15,
          value: cpu,
          isMet: cpu === undefined ? undefined : cpu <= 1.15,
        },
        {
          name: `${name}: bytes per event of the full capture`,
          limit: 6,
          value: bytes,
          isMet: bytes === undefined ? undefined : bytes <= 6,
        },
      ]
    })
}
