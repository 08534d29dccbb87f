import type { OpenTrace } from '../trace/open-trace.js'

/** What analysis needs of a trace; `openTrace` gives it. */
export type TraceSource = Pick<OpenTrace, 'meta' | 'batches' | 'visitSnapshots' | 'damage'>
