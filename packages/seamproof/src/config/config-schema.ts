import { z } from 'zod'
import { instruments } from '../contract/finding.js'
import { componentsSchema, flagsSchema, targetsSchema } from './target-schema.js'

export const captureModes = ['full', 'aggregate'] as const

const suppressionSchema = z.strictObject({
  /** Matched against function names, modules and files of a leak's stack; `*` stands for any text. */
  pattern: z.string().min(1),
  /** Why this is accepted. Printed beside what it hides. */
  reason: z.string().min(1),
  /** The last day it holds, such as `2027-01-31`; after that what it hid counts as new. */
  expires: z.iso.date().optional(),
})

const globs = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

const buildSchema = z.strictObject({
  /** A line for the shell, run in a copy of the project; CC, CXX and the compilers in PATH add the flags by themselves. */
  command: z.string().min(1),
  /** Where its addons are afterwards, as glob patterns relative to the project. */
  output: globs,
})

const checkSchema = z.strictObject({
  /** What `seamproof check` looks with; all that the machine and the subject allow when absent. */
  instruments: z.array(z.enum(instruments)).min(1).optional(),
  /** Those whose run is required: without it the check does not pass. */
  required: z.array(z.enum(instruments)).optional(),
  /** Accepted findings, relative to the config file; `seamproof.baseline.json` when absent. */
  baseline: z.string().min(1).optional(),
  /** For a project whose build is none that is known. */
  build: buildSchema.optional(),
  /** Projects to build besides the one that a workload lies in, relative to the config file. */
  projects: z.array(z.string().min(1)).optional(),
  /** `gcc`, `clang`, or the path of one. */
  compiler: z.string().min(1).optional(),
  /** How many runs at once; the machine's cores when absent. */
  jobs: z.int().min(1).max(256).optional(),
})

const benchSchema = z.strictObject({
  /** Makes a checkout ready to be measured, for `bench --against REF`; `npm ci` (or install) and `npm run build` when absent. */
  build: z.string().min(1).optional(),
  /** Changes of a time smaller than this share are noise; 0.03 when absent. */
  noise: z.number().min(0).max(1).optional(),
})

const soakSchema = z.strictObject({
  /** The workload file, relative to the config; the first of `workloads` when absent. */
  file: z.string().min(1).optional(),
  /** Names of its workloads, whose operations take turns; all of them when absent. */
  workloads: z.array(z.string().min(1)).min(1).optional(),
  /** Operations per second, such as `200k/s`; when absent a quarter of what `bench` measured. */
  rate: z.string().min(1).optional(),
})

export const configSchema = z.strictObject({
  /** Workload files, as glob patterns relative to the config file. */
  workloads: z.union([z.string(), z.array(z.string())]).optional(),
  /** Measured rounds per workload. */
  rounds: z.int().min(3).max(1000).optional(),
  /** Operations per round; measured when absent. */
  operations: z.int().min(1).max(100_000_000).optional(),
  mode: z.enum(captureModes).optional(),
  suppressions: z.array(suppressionSchema).optional(),
  check: checkSchema.optional(),
  /** Base names or paths of libraries that count as the subject, wherever they lie. */
  subjectModules: z.array(z.string().min(1)).optional(),
  /** Parts of the subject and the workloads that exercise them. */
  components: componentsSchema.optional(),
  /** What the numbers must be: `{ throughput: '>= 200k ops/s', 'latency p99': '< 0.5ms' }`. */
  targets: targetsSchema.optional(),
  bench: benchSchema.optional(),
  /** What `validate` keeps under load. */
  soak: soakSchema.optional(),
  /** Optimisations that `experiment` switches on and off. */
  flags: flagsSchema.optional(),
})

export type Suppression = z.infer<typeof suppressionSchema>
export type SeamproofConfig = z.infer<typeof configSchema>

export const configKeys = Object.keys(configSchema.shape)
/** Keys of what is inside, by the first name on the way to it. */
export const innerKeys: Record<string, string[]> = {
  suppressions: Object.keys(suppressionSchema.shape),
  check: Object.keys(checkSchema.shape),
  soak: Object.keys(soakSchema.shape),
  bench: Object.keys(benchSchema.shape),
}
