/** pprof's heap profile, with the sample types that Go's has, so that every pprof viewer knows what to do with it. */
import { type LabelInput, Profile, type SampleInput } from 'pprof-format'
import type { ProcessFacts } from '../../contract/facts.js'
import { lossLines } from '../loss-lines.js'
import { processLabel } from '../process-choice.js'
import { framesInwards } from '../stack-frames.js'
import { locationIds, ProfileTables, packed } from './pprof-tables.js'

const sampleTypes = [
  ['alloc_objects', 'count'],
  ['alloc_space', 'bytes'],
  ['inuse_objects', 'count'],
  ['inuse_space', 'bytes'],
] as const

/** Heap blocks only: mappings and descriptors are other things than `inuse_space` means. */
function samples(process: ProcessFacts, tables: ProfileTables): SampleInput[] {
  const kindKey = tables.strings.dedup('kind')
  return process.costs.flatMap((cost) => {
    if (
      cost.kind === 'mmap' ||
      cost.kind === 'fd' ||
      cost.kind === 'thread' ||
      cost.kind === 'child'
    )
      return []
    const label: LabelInput[] = [{ key: kindKey, str: tables.strings.dedup(cost.kind) }]
    return [
      {
        locationId: locationIds(tables, framesInwards(process, cost.treeIndex).reverse()),
        value: [cost.allocatedCount, cost.allocatedBytes, cost.liveCount, cost.liveBytes],
        label,
      },
    ]
  })
}

/** The profile as protobuf bytes, not yet compressed. */
function encodePprof(process: ProcessFacts): Uint8Array {
  const tables = new ProfileTables()
  const sample = samples(process, tables)
  const valueType = ([type, unit]: readonly [string, string]) => ({
    type: tables.strings.dedup(type),
    unit: tables.strings.dedup(unit),
  })
  const started = Date.parse(process.startedAt)
  const comments = [processLabel(process), ...lossLines(process).map((line) => `not seen: ${line}`)]
  return new Profile({
    sampleType: sampleTypes.map(valueType),
    sample,
    mapping: tables.mappings,
    location: tables.locations,
    function: tables.functions,
    timeNanos: Number.isNaN(started) ? 0 : BigInt(started) * 1_000_000n,
    durationNanos: BigInt(Math.round(process.durationMs * 1e6)),
    periodType: valueType(['space', 'bytes']),
    // Every allocation is in it: nothing was sampled.
    period: 1,
    defaultSampleType: tables.strings.dedup('inuse_space'),
    comment: comments.map((text) => tables.strings.dedup(text)),
    stringTable: tables.strings,
  }).encode()
}

/** `profile.pb.gz`, as pprof's tools expect it. */
export const exportPprof = (process: ProcessFacts): Promise<Uint8Array> =>
  packed(encodePprof(process))
