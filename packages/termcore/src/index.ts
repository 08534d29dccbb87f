export { createGridWriter, type GridWriter, type GridWriterOptions } from './bridge.js'
export { type TermcoreFlag, termcoreFlags, termcoreMetrics } from './bridge-flags.js'
export {
  EventLoop,
  type EventLoopCounts,
  type EventLoopOptions,
  EventSource,
  readiness,
  type TimerOptions,
} from './event-loop.js'
export { Grid, type GridOptions } from './grid.js'
export {
  CellAttribute,
  type CellColor,
  type Cursor,
  GridView,
  toCellColor,
  toUnderlineStyle,
  type UnderlineStyle,
} from './grid-view.js'
export { isTermcoreError, TermcoreError, type TermcoreErrorCode } from './termcore-error.js'
export {
  type SnapshotOptions,
  Terminal,
  type TerminalEvents,
  type TerminalOptions,
} from './terminal.js'
export type { KeyName } from './terminal-keys.js'
export { type TerminalCounts, TerminalModeBit } from './terminal-native.js'
export type { ProgramExit, SpawnOptions } from './terminal-program.js'
