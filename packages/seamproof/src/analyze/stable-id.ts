/** Two 32-bit FNV-1a hashes from different starts: 64 bits in hexadecimal, the same on every machine. */
export function stableHash(text: string): string {
  let first = 0x811c9dc5
  let second = 0x01234567
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    first = Math.imul(first ^ unit, 0x01000193)
    second = Math.imul(second ^ (unit + 0x9e37), 0x01000193)
  }
  const hex = (value: number) => (value >>> 0).toString(16).padStart(8, '0')
  return hex(first) + hex(second)
}
