import { z } from 'zod'
import { opportunityKinds } from '../contract/opportunity.js'

const targetEntrySchema = z.union([
  z.string().min(1),
  z.strictObject({
    /** `>= 200k ops/s`; or, against the baseline, absent. */
    limit: z.string().min(1).optional(),
    /** Hold it against the stored baseline, with `max`. */
    vs: z.literal('baseline').optional(),
    /** How much worse than the baseline is still good: `+5%`. */
    max: z.string().min(1).optional(),
    /** `error` fails the run (default), `warn` is only shown, `off` takes a target away. */
    level: z.enum(['off', 'warn', 'error']).optional(),
    /** Only this workload, or these: `*` stands for any text. */
    workload: z.string().min(1).optional(),
    component: z.string().min(1).optional(),
    /** Only this flag, exported function or kernel. */
    detail: z.string().min(1).optional(),
  }),
])

/** Metric → limit, or several with where they hold. */
export const targetsSchema = z.record(
  z.string(),
  z.union([targetEntrySchema, z.array(targetEntrySchema).min(1)]),
)

export type TargetEntry = z.infer<typeof targetEntrySchema>
export type TargetsConfig = z.infer<typeof targetsSchema>

const environmentSchema = z.record(z.string(), z.string())

const flagDetails = {
  /** Only these workloads show it: names, or patterns with `*`. */
  workloads: z.array(z.string().min(1)).min(1).optional(),
  /** Which kind of opportunity of `seamproof analyze` it takes, for the predicted gain. */
  opportunity: z.enum(opportunityKinds).optional(),
}

/** Optimisations that `seamproof experiment` switches: by a variable of @seamproof/kit's flags, or by any variables. */
export const flagsSchema = z.record(
  z.string().min(1),
  z.union([
    /** The variable of a flag that takes 1 and 0, as those of @seamproof/kit do: `TERMCORE_SIMD`. */
    z.string().min(1),
    z.strictObject({ variable: z.string().min(1), ...flagDetails }),
    z.strictObject({ on: environmentSchema, off: environmentSchema, ...flagDetails }),
  ]),
)

export type FlagsConfig = z.infer<typeof flagsSchema>

/** Parts of the subject, one line each in the verdict table: which workloads exercise them. */
export const componentsSchema = z.record(
  z.string().min(1),
  z.strictObject({ workloads: z.array(z.string().min(1)).min(1) }),
)
