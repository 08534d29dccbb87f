/** A line chart of two by four dots a character. */
export interface ChartSeries {
  x: readonly number[]
  y: readonly number[]
}

export interface ChartFrame {
  widthColumns: number
  heightRows: number
  xMin: number
  xMax: number
  yMin: number
  yMax: number
}

// Bit of each dot in a braille cell, by [row][column].
const dots = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const

/** Rows from the top. Steps between samples are joined, so that a spike stays one line. */
export function brailleChart({ x, y }: ChartSeries, frame: ChartFrame): string[] {
  const dotColumns = frame.widthColumns * 2
  const dotRows = frame.heightRows * 4
  const cells = new Uint8Array(frame.widthColumns * frame.heightRows)
  const set = (column: number, row: number) => {
    const cell = Math.floor(row / 4) * frame.widthColumns + Math.floor(column / 2)
    cells[cell] = (cells[cell] ?? 0) | (dots[row % 4]?.[column % 2] ?? 0)
  }
  const columnOf = (value: number) => scaled(value, frame.xMin, frame.xMax, dotColumns)
  const rowOf = (value: number) => dotRows - 1 - scaled(value, frame.yMin, frame.yMax, dotRows)
  let lastColumn = -1
  let lastRow = 0
  x.forEach((xValue, index) => {
    const column = columnOf(xValue)
    const row = rowOf(y[index] ?? 0)
    if (lastColumn === -1) set(column, row)
    else joinDots(lastColumn, lastRow, column, row, set)
    lastColumn = column
    lastRow = row
  })
  return Array.from({ length: frame.heightRows }, (_, row) =>
    Array.from(cells.subarray(row * frame.widthColumns, (row + 1) * frame.widthColumns), (bits) =>
      bits === 0 ? ' ' : String.fromCharCode(0x2800 + bits),
    ).join(''),
  )
}

function scaled(value: number, min: number, max: number, count: number): number {
  const share = max > min ? (value - min) / (max - min) : 0
  return Math.min(count - 1, Math.max(0, Math.round(share * (count - 1))))
}

function joinDots(
  fromColumn: number,
  fromRow: number,
  toColumn: number,
  toRow: number,
  set: (column: number, row: number) => void,
): void {
  const steps = Math.max(Math.abs(toColumn - fromColumn), Math.abs(toRow - fromRow), 1)
  for (let step = 0; step <= steps; step++)
    set(
      Math.round(fromColumn + ((toColumn - fromColumn) * step) / steps),
      Math.round(fromRow + ((toRow - fromRow) * step) / steps),
    )
}
