import { didYouMean } from '../base/nearest-name.js'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { isMetricName, type MetricName, metricNames } from '../contract/metrics.js'
import type { Target } from '../contract/target.js'
import { exampleLimit, LimitError, parseLimit, parseWorseRatio } from './parse-limit.js'
import type { TargetEntry, TargetsConfig } from './target-schema.js'

/** The targets of a config, understood. What is not understood is an error that names the nearest word. */
export function parseTargets(targets: TargetsConfig, shownFile = 'seamproof.config'): Target[] {
  return Object.entries(targets).flatMap(([name, given]) => {
    if (!isMetricName(name))
      throw invalid(
        shownFile,
        `unknown metric "${name}" in "targets".${didYouMean(name, metricNames)}`,
        `metrics: ${metricNames.join(', ')}`,
      )
    return [given].flat().map((entry) => {
      try {
        return parseTarget(name, entry)
      } catch (cause) {
        if (!(cause instanceof LimitError)) throw cause
        throw invalid(
          shownFile,
          `"targets.${name}": ${cause.message}`,
          `write it like '${exampleLimit(name)}'`,
        )
      }
    })
  })
}

function parseTarget(metric: MetricName, entry: TargetEntry): Target {
  if (typeof entry === 'string')
    return { metric, level: 'error', text: entry, limit: parseLimit(metric, entry) }
  const { limit, vs, max, level = 'error', workload, component, detail } = entry
  const scope = {
    ...(workload === undefined ? {} : { workload }),
    ...(component === undefined ? {} : { component }),
    ...(detail === undefined ? {} : { detail }),
  }
  if (vs !== undefined || max !== undefined) {
    if (limit !== undefined || max === undefined)
      throw new LimitError(`against the baseline write { vs: 'baseline', max: '+5%' }`)
    const worseRatioMax = parseWorseRatio(max)
    const text = `within ${max} of the baseline`
    return { metric, level, text, limit: { kind: 'baseline', worseRatioMax }, ...scope }
  }
  if (limit === undefined && level !== 'off')
    throw new LimitError(`there is no "limit": write { limit: '${exampleLimit(metric)}' }`)
  const text = limit ?? 'off'
  return { metric, level, text, limit: parseLimit(metric, limit ?? '0'), ...scope }
}

function invalid(shownFile: string, problem: string, hint: string): SeamproofError {
  return new SeamproofError('CONFIG_INVALID', `${shownFile}: ${problem}`, {
    exitCode: ExitCode.usage,
    hint,
  })
}
