/**
 * A distinct address that stacks go through. The pc of a frame is a return address: offsets here are of `pc − 1`, so they
 * lie inside the call instruction and can be given to a symboliser as they are.
 */
export type TraceLocation =
  | {
      kind: 'native'
      /** Index into `TraceMeta.modules`. */
      moduleIndex: number
      /** `pc − 1` minus the module's load bias: an address in the ELF file's own terms. */
      offset: number
    }
  | {
      kind: 'js'
      /** Index into `TraceMeta.code`. */
      codeIndex: number
      /** `pc − 1` minus the start of the code. */
      offset: number
      /** Interpreted frames: where in the bytecode the frame was; look it up in the code's lines. */
      bytecodeOffset?: number
    }
  | { kind: 'unknown'; pc: number }

/** Interns locations; the index into `all` is what stacks refer to. */
export class LocationTable {
  readonly all: TraceLocation[] = []
  readonly #native = new Map<number, number>()
  readonly #js = new Map<number, Map<number, number>>()
  readonly #unknown = new Map<number, number>()

  native(moduleIndex: number, offset: number): number {
    // 2^12 modules × 2^41 bytes fit exactly into a double.
    const key = moduleIndex * 2 ** 41 + offset
    return this.#intern(this.#native, key, () => ({ kind: 'native', moduleIndex, offset }))
  }

  js(codeIndex: number, offset: number, bytecodeOffset: number | undefined): number {
    let byOffset = this.#js.get(codeIndex)
    if (byOffset === undefined) {
      byOffset = new Map()
      this.#js.set(codeIndex, byOffset)
    }
    const key = offset * 2 ** 26 + (bytecodeOffset === undefined ? 0 : bytecodeOffset + 1)
    return this.#intern(byOffset, key, () =>
      bytecodeOffset === undefined
        ? { kind: 'js', codeIndex, offset }
        : { kind: 'js', codeIndex, offset, bytecodeOffset },
    )
  }

  unknown(pc: number): number {
    return this.#intern(this.#unknown, pc, () => ({ kind: 'unknown', pc }))
  }

  #intern(map: Map<number, number>, key: number, make: () => TraceLocation): number {
    const known = map.get(key)
    if (known !== undefined) return known
    const index = this.all.length
    this.all.push(make())
    map.set(key, index)
    return index
  }
}
