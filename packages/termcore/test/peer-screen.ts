import { createRequire } from 'node:module'
import type { IBufferCell, Terminal as PeerTerminal } from '@xterm/headless'
import { CellAttribute, type Terminal } from '../src/index.js'

const require = createRequire(import.meta.url)
const { Terminal: Peer } = require('@xterm/headless') as typeof import('@xterm/headless')
const { Unicode11Addon } =
  require('@xterm/addon-unicode11') as typeof import('@xterm/addon-unicode11')

export interface ScreenSize {
  readonly cols: number
  readonly rows: number
  readonly scrollback: number
}

/** What is compared: one string per cell, so that a difference reads by itself. */
export interface Screen {
  readonly lines: readonly (readonly string[])[]
  readonly wrapped: readonly boolean[]
  readonly cursor: string
  readonly isAlternate: boolean
}

export function createPeer(size: ScreenSize): PeerTerminal {
  const peer = new Peer({ ...size, allowProposedApi: true, logLevel: 'off' })
  peer.loadAddon(new Unicode11Addon() as never)
  peer.unicode.activeVersion = '11'
  return peer
}

export function writePeer(peer: PeerTerminal, output: Uint8Array | string): Promise<void> {
  return new Promise((resolve) => peer.write(output, resolve))
}

const blankToSpace = (text: string) => (text === '' ? ' ' : text)

function peerColor(kind: 'Fg' | 'Bg', cell: IBufferCell): string {
  if (cell[`is${kind}Default`]()) return '-'
  const value = cell[`get${kind}Color`]()
  return cell[`is${kind}RGB`]() ? `#${value.toString(16)}` : `${value}`
}

function peerFlags(cell: IBufferCell): string {
  const flags: [number, string][] = [
    [cell.isBold(), 'b'],
    [cell.isDim(), 'd'],
    [cell.isItalic(), 'i'],
    [cell.isBlink(), 'k'],
    [cell.isInverse(), 'r'],
    [cell.isInvisible(), 'h'],
    [cell.isStrikethrough(), 's'],
    [cell.isOverline(), 'o'],
    [cell.isUnderline(), 'u'],
  ]
  return flags.map(([isOn, letter]) => (isOn ? letter : '')).join('')
}

export function readPeer(peer: PeerTerminal): Screen {
  const buffer = peer.buffer.active
  const lines: string[][] = []
  const wrapped: boolean[] = []
  for (let y = 0; y < buffer.length; y++) {
    const line = buffer.getLine(y)!
    const cells: string[] = []
    for (let x = 0; x < peer.cols; x++) {
      const cell = line.getCell(x)!
      cells.push(
        `${blankToSpace(cell.getChars())}|${peerColor('Fg', cell)}|${peerColor('Bg', cell)}|${peerFlags(cell)}`,
      )
    }
    lines.push(cells)
    wrapped.push(line.isWrapped)
  }
  return {
    lines,
    wrapped,
    cursor: `${buffer.cursorY},${buffer.cursorX}`,
    isAlternate: buffer.type === 'alternate',
  }
}

const flagLetters: readonly [number, string][] = [
  [CellAttribute.bold, 'b'],
  [CellAttribute.dim, 'd'],
  [CellAttribute.italic, 'i'],
  [CellAttribute.blink, 'k'],
  [CellAttribute.inverse, 'r'],
  [CellAttribute.invisible, 'h'],
  [CellAttribute.strikethrough, 's'],
  [CellAttribute.overline, 'o'],
  [0x700, 'u'],
]

function colorText(color: number): string {
  if (color === 0) return '-'
  return color & 0x02000000 ? `#${(color & 0xffffff).toString(16)}` : `${color & 0xff}`
}

export function readTermcore(terminal: Terminal): Screen {
  const { view } = terminal
  const { cells, cols, rows, cursor } = view
  const lines: string[][] = []
  const wrapped: boolean[] = []
  for (let row = -view.historyLines; row < rows; row++) {
    const start = view.rowOffset(row)
    const line: string[] = []
    for (let col = 0; col < cols; col++) {
      const at = start + col * 4
      const attributes = cells[at + 3]!
      const flags = flagLetters.map(([bit, letter]) => (attributes & bit ? letter : '')).join('')
      const text = blankToSpace(view.textOf(cells[at]!))
      line.push(`${text}|${colorText(cells[at + 1]!)}|${colorText(cells[at + 2]!)}|${flags}`)
    }
    lines.push(line)
    wrapped.push(view.isWrapped(row))
  }
  const col = cursor.isPendingWrap ? cols : cursor.col
  return { lines, wrapped, cursor: `${cursor.row},${col}`, isAlternate: terminal.isAlternate }
}

/** The first difference, in words; '' when there is none. */
export function differenceOf(ours: Screen, theirs: Screen): string {
  if (ours.isAlternate !== theirs.isAlternate)
    return `alternate: termcore ${ours.isAlternate}, peer ${theirs.isAlternate}`
  if (ours.lines.length !== theirs.lines.length)
    return `lines: termcore ${ours.lines.length}, peer ${theirs.lines.length}`
  for (const [y, line] of ours.lines.entries()) {
    const peerLine = theirs.lines[y]!
    const x = line.findIndex((cell, index) => cell !== peerLine[index])
    if (x !== -1) {
      const show = (cells: readonly string[]) =>
        cells
          .map((cell) => cell.slice(0, cell.length - cell.split('|').slice(1).join('|').length - 1))
          .join('')
      return `line ${y} column ${x}: termcore ${JSON.stringify(line[x])}, peer ${JSON.stringify(peerLine[x])}\n  termcore ${JSON.stringify(show(line))}\n  peer     ${JSON.stringify(show(peerLine))}`
    }
    if (ours.wrapped[y] !== theirs.wrapped[y])
      return `line ${y} wrapped: termcore ${ours.wrapped[y]}, peer ${theirs.wrapped[y]}`
  }
  if (ours.cursor !== theirs.cursor) return `cursor: termcore ${ours.cursor}, peer ${theirs.cursor}`
  return ''
}
