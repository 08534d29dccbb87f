import { didYouMean } from '../base/nearest-name.js'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import type { OpportunityKind } from '../contract/opportunity.js'
import type { FlagsConfig } from './target-schema.js'

/** An optimisation, and the variables that switch it. */
export interface SwitchedFlag {
  name: string
  on: Record<string, string>
  off: Record<string, string>
  workloads?: string[]
  opportunity?: OpportunityKind
}

export function findFlag(name: string, flags: FlagsConfig = {}): SwitchedFlag {
  const given = Object.hasOwn(flags, name) ? flags[name] : undefined
  if (given === undefined) throw unknownFlag(name, Object.keys(flags))
  if (typeof given === 'string') return { name, ...switched(given) }
  const { workloads, opportunity } = given
  return {
    name,
    ...('variable' in given ? switched(given.variable) : { on: given.on, off: given.off }),
    ...(workloads === undefined ? {} : { workloads }),
    ...(opportunity === undefined ? {} : { opportunity }),
  }
}

const switched = (variable: string) => ({ on: { [variable]: '1' }, off: { [variable]: '0' } })

function unknownFlag(name: string, names: readonly string[]): SeamproofError {
  return new SeamproofError(
    'FLAG_UNKNOWN',
    `the config has no flag "${name}".${didYouMean(name, names)}`,
    {
      exitCode: ExitCode.usage,
      hint:
        names.length === 0
          ? `declare it in seamproof.config.ts: flags: { ${name}: 'MY_${name.toUpperCase()}' }, a variable that takes 1 and 0; or give --on NAME=VALUE and --off NAME=VALUE`
          : `its flags: ${names.join(', ')}`,
    },
  )
}
