/** Kinds of marks that runners make, as docs/TRACE_FORMAT.md numbers them. */
export const markKind = { roundBegin: 1, roundEnd: 2, warmupEnd: 3, programEnd: 4 } as const
