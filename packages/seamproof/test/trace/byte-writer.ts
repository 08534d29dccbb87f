/** Growing bytes with the varints of the format. */
export class ByteWriter {
  bytes: Uint8Array
  length = 0

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity)
  }

  u8(value: number): this {
    if (this.length === this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2)
      larger.set(this.bytes)
      this.bytes = larger
    }
    this.bytes[this.length++] = value
    return this
  }

  varint(value: number): this {
    let rest = value
    while (rest >= 0x80) {
      const low = rest % 128
      this.u8(low | 0x80)
      rest = (rest - low) / 128
    }
    return this.u8(rest)
  }

  zigzag(value: number): this {
    return this.varint(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  /** Of any 64 bits: the difference is taken modulo 2^64. */
  exactZigzag(difference: bigint): this {
    const signed = BigInt.asIntN(64, difference)
    let rest = BigInt.asUintN(64, (signed << 1n) ^ (signed >> 63n))
    for (; rest >= 0x80n; rest >>= 7n) this.u8(Number(rest & 0x7fn) | 0x80)
    return this.u8(Number(rest))
  }

  blob(value: Uint8Array): this {
    this.varint(value.length)
    for (const byte of value) this.u8(byte)
    return this
  }

  string(value: string): this {
    return this.blob(new TextEncoder().encode(value))
  }

  view(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }
}
