/** Keys that are not text. */
export type KeyName =
  | 'ArrowUp'
  | 'ArrowDown'
  | 'ArrowRight'
  | 'ArrowLeft'
  | 'Home'
  | 'End'
  | 'Insert'
  | 'Delete'
  | 'PageUp'
  | 'PageDown'
  | 'Enter'
  | 'Tab'
  | 'Escape'
  | 'Backspace'
  | `F${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12}`

/** These change with DECCKM: `ESC [` in normal mode, `ESC O` in application mode. */
const cursorKeys: Partial<Record<KeyName, string>> = {
  ArrowUp: 'A',
  ArrowDown: 'B',
  ArrowRight: 'C',
  ArrowLeft: 'D',
  Home: 'H',
  End: 'F',
}

const otherKeys: Partial<Record<KeyName, string>> = {
  Insert: '\x1b[2~',
  Delete: '\x1b[3~',
  PageUp: '\x1b[5~',
  PageDown: '\x1b[6~',
  Enter: '\r',
  Tab: '\t',
  Escape: '\x1b',
  Backspace: '\x7f',
  F1: '\x1bOP',
  F2: '\x1bOQ',
  F3: '\x1bOR',
  F4: '\x1bOS',
  F5: '\x1b[15~',
  F6: '\x1b[17~',
  F7: '\x1b[18~',
  F8: '\x1b[19~',
  F9: '\x1b[20~',
  F10: '\x1b[21~',
  F11: '\x1b[23~',
  F12: '\x1b[24~',
}

/** The bytes that xterm sends for a key. */
export function encodeKey(key: KeyName, isApplicationCursor: boolean): string {
  const cursorKey = cursorKeys[key]
  if (cursorKey !== undefined) return (isApplicationCursor ? '\x1bO' : '\x1b[') + cursorKey
  return otherKeys[key] ?? ''
}
