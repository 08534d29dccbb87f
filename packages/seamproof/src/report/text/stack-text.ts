/** A mixed stack as lines: allocation innermost, then native, the seam, JavaScript; what nobody can change is folded. */
import type { Frame } from '../../contract/frame.js'
import { formatCounted } from '../format-quantity.js'
import { frameLocation, frameName, isPlumbing } from '../frame-text.js'
import { fit, padEnd, type TextStyle } from './text-style.js'

interface Row {
  name: string
  location: string
  note: string
  paint: (text: string) => string
}

function frameRow(frame: Frame, style: TextStyle): Row {
  const isSubject = frame.origin === 'subject'
  const location = frameLocation(frame)
  const notes = [
    // The file name says nothing about which addon it was built into.
    isSubject && frame.file !== undefined ? (frame.moduleName ?? '') : '',
    frame.isInlined ? 'inlined' : '',
    frame.isNamed ? '' : 'no symbol',
  ]
  return {
    name: frameName(frame),
    location: frame.isNamed ? location : '',
    note: notes.filter(Boolean).join(', '),
    paint: isSubject ? style.subject : frame.origin === 'user' ? style.user : style.dim,
  }
}

const seam = 'seam: JavaScript calls native'

/** Rows of frames and, for each folded run, one row that counts it. */
function stackRows(frames: readonly Frame[], style: TextStyle): Row[] {
  const rows: Row[] = []
  let foldedCount = 0
  const flush = () => {
    if (foldedCount === 0) return
    const name = `⋮ ${formatCounted(foldedCount, 'frame')} of Node and V8`
    rows.push({ name, location: '', note: '', paint: style.dim })
    foldedCount = 0
  }
  let hasSubject = false
  let hasOwnCode = false
  frames.forEach((frame, index) => {
    const inner = frames[index - 1]
    const isSeam = frame.kind === 'js' && inner !== undefined && inner.kind !== 'js'
    // Up to the code that someone wrote, every frame tells how the block came to be; further out, plumbing does not.
    const isFolded = frame.origin === 'node-internal' || (hasOwnCode && isPlumbing(frame))
    if (!isFolded) flush()
    if (isSeam && hasSubject && !rows.some((row) => row.note === seam)) {
      flush()
      rows.push({ name: '┄┄┄┄', location: '', note: seam, paint: style.dim })
    }
    if (isFolded) foldedCount++
    else rows.push(frameRow(frame, style))
    hasSubject ||= frame.origin === 'subject'
    hasOwnCode ||= hasSubject || frame.kind === 'js'
  })
  flush()
  return withoutRecursion(rows, style)
}

const repeatsMin = 4

/** A function that calls itself hundreds of times is shown once, with their number. */
function withoutRecursion(rows: readonly Row[], style: TextStyle): Row[] {
  const kept: Row[] = []
  for (let at = 0; at < rows.length; ) {
    const row = rows[at]!
    let end = at + 1
    while (end < rows.length && isSame(rows[end]!, row)) end++
    const more = end - at - 1
    if (more >= repeatsMin) {
      const name = `⋮ ${formatCounted(more, 'time')} more the same`
      kept.push(row, { name, location: '', note: '', paint: style.dim })
    } else kept.push(...rows.slice(at, end))
    at = end
  }
  return kept
}

function isSame(a: Row, b: Row): boolean {
  return a.name === b.name && a.location === b.location && a.note === b.note
}

/** Frames innermost first. */
export function stackLines(frames: readonly Frame[], style: TextStyle, indent: string): string[] {
  const rows = stackRows(frames, style)
  const room = style.width - indent.length
  const locationWidth = Math.min(30, Math.max(0, ...rows.map((row) => row.location.length)))
  const noteWidth = Math.min(
    24,
    Math.max(0, ...rows.map((row) => (row.note === seam ? 0 : row.note.length))),
  )
  const longest = Math.max(0, ...rows.map((row) => row.name.length))
  const nameWidth = Math.min(longest, Math.max(16, room - locationWidth - noteWidth - 4))
  const noteRoom = Math.max(0, room - nameWidth - locationWidth - 4)
  return rows.map(({ name, location, note, paint }) => {
    if (note === seam) return `${indent}${paint(`${name} ${note} ${name}`)}`
    const named = padEnd(fit(name, nameWidth), nameWidth)
    const located = padEnd(fit(location, locationWidth), locationWidth)
    return `${indent}${paint(named)}  ${located}  ${style.dim(fit(note, noteRoom))}`.trimEnd()
  })
}
