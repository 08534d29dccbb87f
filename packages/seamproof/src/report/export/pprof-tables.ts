/** What every pprof profile of ours shares: frames as functions, locations and mappings. */
import {
  type FunctionInput,
  type LocationInput,
  type MappingInput,
  StringTable,
} from 'pprof-format'
import type { Frame } from '../../contract/frame.js'
import { frameName } from '../frame-text.js'

/** Ids count from 1, because 0 means "none" in the format. */
export class ProfileTables {
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

export function locationIds(tables: ProfileTables, innermostFirst: readonly Frame[]): number[] {
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

/** As pprof's tools expect the file: gzip. */
export async function packed(profile: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([Uint8Array.from(profile)])
    .stream()
    .pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
