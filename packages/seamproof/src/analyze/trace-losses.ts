import type { Losses, ProcessFacts } from '../contract/facts.js'
import type { TraceSymbols } from '../contract/symbols.js'
import { TraceState } from '../trace/trace-format.js'
import type { TraceSource } from './trace-source.js'

const ends: Readonly<Record<number, ProcessFacts['end']>> = {
  [TraceState.closed]: 'closed',
  [TraceState.diskFull]: 'disk-full',
  [TraceState.fileLimit]: 'file-limit',
  [TraceState.exec]: 'exec',
}

export function traceEnd(source: TraceSource): ProcessFacts['end'] {
  return ends[source.meta.header.state] ?? 'killed'
}

/** Call after the events were read: damage in them is only found then. */
export function traceLosses(source: TraceSource, symbols: TraceSymbols, notes: string[]): Losses {
  const { header, process } = source.meta
  const damage = source.damage()
  const own = [...notes]
  if (!header.isHeaderIntact)
    own.push('the header of the trace fails its CRC: its start time and pid may be wrong')
  if (process === null) own.push('the record of the command line is missing')
  if (header.forksNotFollowed > 0)
    own.push(`${header.forksNotFollowed} forked children were not followed`)
  return {
    eventsDropped: header.eventsDropped,
    stacksTruncated: header.stacksTruncated,
    walksEndedEarly: header.walksEndedEarly,
    nodeTableFull: header.nodeTableFull,
    foreignStackWalks: header.foreignStackWalks,
    untrackedCalls: header.untrackedCalls,
    damagedChunks: damage.length,
    damagedBytes: damage.reduce((sum, entry) => sum + entry.bytes, 0),
    notes: [...source.meta.notes, ...symbols.notes, ...own],
  }
}
