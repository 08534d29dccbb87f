/**
 * Varints on the hot path: the caller reads the first byte itself and comes here only when it says that more follow. The
 * position after the varint is left in `varintEnd.position`, since returning a pair would allocate.
 */
export const varintEnd = { position: 0 }

/** `start` is the position of the first byte. The bytes must be followed by zeros, so that no check is needed. */
export function longVarint(bytes: Uint8Array, start: number): number {
  let byte = bytes[start + 1]!
  let value = (bytes[start]! & 0x7f) | ((byte & 0x7f) << 7)
  if (byte < 0x80) {
    varintEnd.position = start + 2
    return value
  }
  byte = bytes[start + 2]!
  value |= (byte & 0x7f) << 14
  if (byte < 0x80) {
    varintEnd.position = start + 3
    return value
  }
  byte = bytes[start + 3]!
  value |= (byte & 0x7f) << 21
  if (byte < 0x80) {
    varintEnd.position = start + 4
    return value
  }
  return hugeVarint(bytes, start, value)
}

/** Above 28 bits, as a double. */
function hugeVarint(bytes: Uint8Array, start: number, low28: number): number {
  let value = low28
  let scale = 2 ** 28
  let position = start + 4
  for (; position < start + 10; position++) {
    const byte = bytes[position]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) break
    scale *= 128
  }
  varintEnd.position = position + 1
  return value
}

export function unzigzag(value: number): number {
  if (value <= 0x7fffffff) return (value >>> 1) ^ -(value & 1)
  const half = Math.floor(value / 2)
  return half * 2 === value ? half : -half - 1
}
