import { defineFlags, type FlagDefinition, type FlagSet, MetricSet } from '@seamproof/kit'
import { loadNative } from './native.js'

export type TermcoreFlag = 'simd' | 'batch' | 'pool' | 'inline'

let flags: FlagSet<TermcoreFlag> | undefined
let metrics: MetricSet | undefined

/**
 * termcore's optimisations, each on or off while the program runs; TERMCORE_SIMD=0 and the like set
 * the start values. `simd` counts for the whole process, the others for this thread, from the next
 * grid writer, grid or event loop on.
 */
export function termcoreFlags(): FlagSet<TermcoreFlag> {
  if (flags !== undefined) return flags
  const native = loadNative()
  const table = native.listFlags()
  const names = table.map((flag) => flag.name)
  flags = defineFlags({
    prefix: 'TERMCORE',
    // The native table is the one source of names, descriptions and defaults.
    flags: Object.fromEntries(
      table.map((flag) => [
        flag.name,
        { description: flag.description, default: flag.isOnByDefault },
      ]),
    ) as Record<TermcoreFlag, FlagDefinition>,
    onChange: (name, isOn) => native.setFlag(names.indexOf(name), isOn ? 1 : 0),
  })
  return flags
}

/** What this thread's termcore counts; read in place, exposable by the kit's adapters. */
export function termcoreMetrics(): MetricSet {
  metrics ??= MetricSet.over(loadNative().metricsBlock())
  return metrics
}
