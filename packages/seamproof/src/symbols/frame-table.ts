import type { Frame } from '../contract/frame.js'

/** Each distinct frame once: most locations of a function differ only in an address that no frame shows. */
export class FrameTable {
  readonly frames: Frame[] = []
  readonly #indexes = new Map<string, number>()

  index(frame: Frame): number {
    const key = JSON.stringify(frame)
    const known = this.#indexes.get(key)
    if (known !== undefined) return known
    const index = this.frames.push(frame) - 1
    this.#indexes.set(key, index)
    return index
  }
}
