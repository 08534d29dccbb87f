import { type Command, Option } from 'commander'
import type { LayerSeverity } from '../contract/layer.js'
import { oneOf, wholeNumber } from './option-values.js'

/** How findings of the seam layer are chosen. */
export interface LayerOptions {
  rule?: string[]
  addon?: string[]
  severity?: LayerSeverity
  onError?: LayerAction
  fail?: number
  externalBuffers?: boolean
}

const actions = ['log', 'throw', 'abort', 'break'] as const
type LayerAction = (typeof actions)[number]

export function addLayerOptions(command: Command): Command {
  return command
    .option('--rule <id...>', 'only these rules, or all that begin so: SEAM-REF')
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
  return {
    ...(rule === undefined ? {} : { rules: rule }),
    ...(addon === undefined ? {} : { addons: addon }),
    ...(severity === undefined ? {} : { severity }),
  }
}

/** The environment that makes the agent bring its layer. */
export function layerEnvironment(
  env: NodeJS.ProcessEnv,
  { onError, fail, externalBuffers }: LayerOptions = {},
): NodeJS.ProcessEnv {
  return {
    ...env,
    SEAMPROOF_LAYER: '1',
    ...(onError === undefined ? {} : { SEAMPROOF_LAYER_ON_ERROR: onError }),
    ...(fail === undefined ? {} : { SEAMPROOF_LAYER_FAIL: String(fail) }),
    ...(externalBuffers === false ? { SEAMPROOF_LAYER_REFUSE_EXTERNAL: '1' } : {}),
  }
}
