/** pprof's heap profile, with the sample types that Go's has, so that every pprof viewer knows what to do with it. */
import {
  type FunctionInput,
  type LabelInput,
  type LocationInput,
  type MappingInput,
  Profile,
  type SampleInput,
  StringTable,
} from 'pprof-format'
import type { ProcessFacts } from '../../contract/facts.js'
import type { Frame } from '../../contract/frame.js'
import { frameName } from '../frame-text.js'
import { lossLines } from '../loss-lines.js'
import { processLabel } from '../process-choice.js'
import { framesInwards } from '../stack-frames.js'

const sampleTypes = [
  ['alloc_objects', 'count'],
  ['alloc_space', 'bytes'],
  ['inuse_objects', 'count'],
  ['inuse_space', 'bytes'],
] as const

/** Ids count from 1, because 0 means "none" in the format. */
class ProfileTables {
  readonly strings = new StringTable()
  readonly functions: FunctionInput[] = []
  readonly locations: LocationInput[] = []
  readonly mappings: MappingInput[] = []
  private readonly known = new Map<string, number>()

  private id(kind: string, key: string, make: () => number): number {
    const full = `${kind} ${key}`
    let id = this.known.get(full)
    if (id === undefined) {
      id = make()
      this.known.set(full, id)
    }
    return id
  }

  functionId(frame: Frame): number {
    const name = this.strings.dedup(frameName(frame))
    const filename = this.strings.dedup(frame.file ?? '')
    return this.id('function', `${name} ${filename}`, () =>
      this.functions.push({ id: this.functions.length + 1, name, systemName: name, filename }),
    )
  }

  mappingId(frame: Frame): number {
    const path = frame.modulePath ?? frame.moduleName ?? (frame.kind === 'js' ? '[javascript]' : '')
    if (path === '') return 0
    return this.id('mapping', path, () =>
      this.mappings.push({
        id: this.mappings.length + 1,
        filename: this.strings.dedup(path),
        hasFunctions: true,
        hasFilenames: true,
        hasLineNumbers: true,
        hasInlineFrames: true,
      }),
    )
  }

  /** Innermost first: inlined frames share the location of the function they were inlined into. */
  locationId(frames: readonly Frame[]): number {
    const outer = frames.at(-1)
    const line = frames.map((frame) => ({
      functionId: this.functionId(frame),
      line: frame.line ?? 0,
      column: frame.column ?? 0,
    }))
    const mappingId = outer ? this.mappingId(outer) : 0
    const key = `${mappingId} ${line.map((one) => `${one.functionId}:${one.line}:${one.column}`).join()}`
    return this.id('location', key, () =>
      this.locations.push({ id: this.locations.length + 1, mappingId, line }),
    )
  }
}

function locationIds(tables: ProfileTables, innermostFirst: readonly Frame[]): number[] {
  const ids: number[] = []
  let pending: Frame[] = []
  for (const frame of innermostFirst) {
    pending.push(frame)
    if (frame.isInlined) continue
    ids.push(tables.locationId(pending))
    pending = []
  }
  if (pending.length > 0) ids.push(tables.locationId(pending))
  return ids
}

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
export async function exportPprof(process: ProcessFacts): Promise<Uint8Array> {
  const packed = new Blob([Uint8Array.from(encodePprof(process))])
    .stream()
    .pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(packed).arrayBuffer())
}
