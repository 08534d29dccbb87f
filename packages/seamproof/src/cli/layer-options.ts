import { type Command, Option } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import type { LayerSeverity } from '../contract/layer.js'
import { layerRules } from '../contract/layer-rules/layer-rules.js'
import { oneOf, wholeNumber } from './option-values.js'

/** How findings of the seam layer are chosen. */
export interface LayerOptions {
  rule?: string[]
  addon?: string[]
  severity?: LayerSeverity
  onError?: LayerAction
  fail?: number
  externalBuffers?: boolean
  ruleSet?: RuleSet
  enable?: string[]
}

const ruleSets = ['default', 'all'] as const
type RuleSet = (typeof ruleSets)[number]

const actions = ['log', 'throw', 'abort', 'break'] as const
type LayerAction = (typeof actions)[number]

export function addLayerOptions(command: Command): Command {
  return command
    .option('--rule <id...>', 'only these rules, or all that begin so: SEAM-REF')
    .addOption(
      new Option(
        '--rule-set <set>',
        'default, or all: with the rules that may be wrong about an addon',
      ).argParser(oneOf(ruleSets)),
    )
    .option('--enable <id...>', 'also these rules of the full set: SEAM-WORK-006')
    .option('--addon <name...>', 'only addons whose path contains this')
    .addOption(
      new Option(
        '--on-error <action>',
        'at an error: log, throw into JavaScript, abort with a core, break into a debugger (default: log)',
      ).argParser(oneOf(actions)),
    )
    .option(
      '--fail <n>',
      'let the n-th Node-API call made in a callback fail',
      wholeNumber({ min: 1, max: 2 ** 40 }),
    )
    .option('--no-external-buffers', 'refuse external buffers, as Electron does')
    .addOption(
      new Option('--severity <level>', 'nothing below: error, warning or advice').argParser(
        oneOf(['error', 'warning', 'advice'] as const),
      ),
    )
}

export function layerFilter({ rule, addon, severity }: LayerOptions) {
  rule?.forEach(knownRule)
  return {
    ...(rule === undefined ? {} : { rules: rule }),
    ...(addon === undefined ? {} : { addons: addon }),
    ...(severity === undefined ? {} : { severity }),
  }
}

/** A name that no rule begins with is a mistake, and would look like a clean run. */
function knownRule(id: string): string {
  if (layerRules.some((rule) => rule.id.startsWith(id))) return id
  throw new SeamproofError('UNKNOWN_RULE', `there is no rule "${id}"`, {
    exitCode: ExitCode.usage,
    hint: `those that --enable is for: ${layerRules
      .filter((rule) => rule.optIn !== undefined)
      .map((rule) => rule.id)
      .join(', ')}`,
  })
}

/** The environment that makes the agent bring its layer. */
export function layerEnvironment(
  env: NodeJS.ProcessEnv,
  { onError, fail, externalBuffers, ruleSet, enable }: LayerOptions = {},
): NodeJS.ProcessEnv {
  const enabled = ruleSet === 'all' ? ['all'] : (enable ?? []).map(knownRule)
  return {
    ...env,
    SEAMPROOF_LAYER: '1',
    ...(enabled.length === 0 ? {} : { SEAMPROOF_LAYER_ENABLE: enabled.join(',') }),
    ...(onError === undefined ? {} : { SEAMPROOF_LAYER_ON_ERROR: onError }),
    ...(fail === undefined ? {} : { SEAMPROOF_LAYER_FAIL: String(fail) }),
    ...(externalBuffers === false ? { SEAMPROOF_LAYER_REFUSE_EXTERNAL: '1' } : {}),
  }
}
