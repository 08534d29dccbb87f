import { DamagedBytes } from './byte-reader.js'
import { readSnapshot } from './meta-body.js'
import { visitMetaRecords } from './meta-record.js'
import type { TraceFile } from './trace-file.js'
import { KindCode, MetaType } from './trace-format.js'
import type { TraceSnapshot } from './trace-meta.js'

/** What a stack had done, in total since the start, at a snapshot of `aggregate` mode. */
export interface SnapshotStack {
  stack: number
  /** See `KindCode`. */
  kind: number
  allocatedCount: number
  allocatedBytes: number
  freedCount: number
  freedBytes: number
}

export interface SnapshotVisitor {
  begin(snapshot: TraceSnapshot): void
  /** A stack that changed since the snapshot before. The object is used again: do not keep it. */
  stack(stack: SnapshotStack): void
  /** Not called for a snapshot that was cut short by the end of the trace: what it holds is still true. */
  end(): void
}

/** A second pass over the META stream, so that snapshots of hours need no memory. */
export function visitSnapshots(file: TraceFile, nodeCount: number, visitor: SnapshotVisitor): void {
  const row: SnapshotStack = {
    stack: 0,
    kind: 0,
    allocatedCount: 0,
    allocatedBytes: 0,
    freedCount: 0,
    freedBytes: 0,
  }
  let isInside = false
  visitMetaRecords(file, ({ type, body }) => {
    if (type === MetaType.snapshot) {
      isInside = true
      visitor.begin(readSnapshot(body))
    } else if (type === MetaType.snapshotStack && isInside) {
      const stack = body.varint()
      row.stack = stack <= nodeCount ? stack : 0
      row.kind = body.u8()
      row.allocatedCount = body.varint()
      row.allocatedBytes = body.varint()
      row.freedCount = body.varint()
      row.freedBytes = body.varint()
      if (row.kind === 0 || row.kind > KindCode.child)
        throw new DamagedBytes('a snapshot has an unknown kind')
      visitor.stack(row)
    } else if (type === MetaType.snapshotEnd && isInside) {
      isInside = false
      visitor.end()
    }
  })
}
