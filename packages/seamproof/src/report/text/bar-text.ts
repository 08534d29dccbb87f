const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

/** A horizontal bar in eighths of a column; what is there at all is at least a sliver. */
export function bar(ratio: number, width: number): string {
  const total = Math.round(Math.max(0, Math.min(1, ratio)) * width * 8)
  const count = ratio > 0 ? Math.max(1, total) : 0
  return '█'.repeat(Math.floor(count / 8)) + eighths[count % 8]
}
