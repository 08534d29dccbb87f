/** Thrown inside the room when bytes do not make sense; always caught where a chunk is read. */
export class DamagedBytes extends Error {}

/** Varints of so many bytes always fit into a double. */
const doubleVarintBytes = 7

const textDecoder = new TextDecoder()

/** Bounds-checked reading of varints and strings. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #position: number
  #end: number

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#position = start
    this.#end = end
  }

  get position(): number {
    return this.#position
  }

  get remaining(): number {
    return this.#end - this.#position
  }

  u8(): number {
    if (this.#position >= this.#end) throw new DamagedBytes('a record runs past its end')
    return this.#bytes[this.#position++]!
  }

  /** Up to 2^53 exactly; anything larger is not a number the agent writes. */
  varint(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) throw new DamagedBytes('a varint is above 2^53')
        return value
      }
      scale *= 128
    }
    throw new DamagedBytes('a varint has more than 10 bytes')
  }

  zigzag(): number {
    const value = this.varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** Any 64-bit difference; a bigint where a double would round it. */
  exactZigzag(): number | bigint {
    const start = this.#position
    let length = 1
    while (this.u8() >= 0x80) length++
    if (length > 10) throw new DamagedBytes('a varint has more than 10 bytes')
    if (length <= doubleVarintBytes) {
      this.#position = start
      return this.zigzag()
    }
    let value = 0n
    for (let i = length - 1; i >= 0; i--)
      value = (value << 7n) | BigInt(this.#bytes[start + i]! & 0x7f)
    return (value & 1n) === 0n ? value >> 1n : -(value >> 1n) - 1n
  }

  bytes(): Uint8Array {
    const length = this.varint()
    if (length > this.remaining) throw new DamagedBytes('a string runs past its record')
    const start = this.#position
    this.#position += length
    return this.#bytes.subarray(start, start + length)
  }

  string(): string {
    return textDecoder.decode(this.bytes())
  }

  /** A count of items that each need at least `itemBytesMin` bytes: a damaged count cannot make us allocate. */
  count(itemBytesMin: number): number {
    const count = this.varint()
    if (count * itemBytesMin > this.remaining)
      throw new DamagedBytes('a count runs past its record')
    return count
  }

  /** A reader of the next `length` bytes, which this one skips. */
  slice(length: number): ByteReader {
    if (length > this.remaining) throw new DamagedBytes('a record runs past its chunk')
    const start = this.#position
    this.#position += length
    return new ByteReader(this.#bytes, start, start + length)
  }
}
