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
export {
  type SnapshotOptions,
  Terminal,
  type TerminalEvents,
  type TerminalOptions,
} from './terminal.js'
export type { KeyName } from './terminal-keys.js'
export { type TerminalCounts, TerminalModeBit } from './terminal-native.js'
export type { ProgramExit, SpawnOptions } from './terminal-program.js'
