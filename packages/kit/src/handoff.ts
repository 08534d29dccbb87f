import { KitError } from './kit-error.js'

/** What `seam_blocks_register` (node_blocks.h) puts on an addon's exports as `handoff`. */
export interface NativeHandoff {
  state(handle: number): number
  release(handle: number): boolean
  retain(handle: number): number
  transferToNative(handle: number): boolean
  buffer(handle: number): ArrayBuffer | undefined
  detach(handle: number, buffer: ArrayBuffer): boolean
  takeMisuse(): NativeMisuse[]
}

/** A misuse that the native side refused, with both stacks in debug mode. */
export interface NativeMisuse {
  readonly rule: string
  readonly now: string
  readonly before: string
  readonly nowStack: string[]
  readonly beforeStack: string[]
}

export type HandoffState = 'native' | 'shared' | 'js' | 'released'

const states: readonly HandoffState[] = ['released', 'native', 'shared', 'js', 'released']

export interface HandoffOptions {
  /** Keeps a stack at creation and at the end of every block. Default: SEAMPROOF_KIT_DEBUG=1. */
  readonly debug?: boolean
  /** A block was collected without being released; it has been released now. */
  readonly onForgotten?: (forgotten: ForgottenBlock) => void
}

export interface ForgottenBlock {
  readonly handle: number
  /** Where JavaScript got the block; undefined outside debug mode. */
  readonly createdAt: string | undefined
}

interface Tracked {
  readonly handle: number
  readonly createdAt: string | undefined
}

/** JavaScript's side of an addon's handoff blocks. One per addon. */
export class Handoff {
  readonly #native: NativeHandoff
  readonly #debug: boolean
  readonly #registry: FinalizationRegistry<Tracked>
  #forgottenCount = 0

  constructor(native: NativeHandoff, options: HandoffOptions = {}) {
    this.#native = native
    this.#debug = options.debug ?? process.env.SEAMPROOF_KIT_DEBUG === '1'
    this.#registry = new FinalizationRegistry((tracked) => {
      this.#forgottenCount += 1
      native.release(tracked.handle)
      options.onForgotten?.({ handle: tracked.handle, createdAt: tracked.createdAt })
    })
  }

  /** Blocks that were left to the garbage collector instead of being released. */
  get forgottenCount(): number {
    return this.#forgottenCount
  }

  /** Wraps a handle that the addon returned. The block holds one reference, and must be released once. */
  own(handle: number): HandoffBlock {
    if (states[this.#native.state(handle)] === 'released')
      throw new KitError(
        'KIT_RELEASED',
        `handle ${handle} names no block that JavaScript holds`,
        'wrap each handle once, right after the addon returned it',
      )
    const createdAt = this.#debug ? stackHere() : undefined
    const block = new HandoffBlock(this.#native, this, handle, createdAt)
    this.#registry.register(block, { handle, createdAt }, block)
    return block
  }

  /** What the native side has refused since the last call. */
  takeMisuse(): NativeMisuse[] {
    return this.#native.takeMisuse()
  }

  /** @internal */
  get isDebugging(): boolean {
    return this.#debug
  }

  /** @internal */
  forget(block: HandoffBlock): void {
    this.#registry.unregister(block)
  }
}

function stackHere(): string {
  return new Error('here').stack?.split('\n').slice(2).join('\n') ?? ''
}

/** One reference to memory that native code and JavaScript hand to each other. */
export class HandoffBlock implements Disposable {
  readonly #native: NativeHandoff
  readonly #owner: Handoff
  readonly #handle: number
  readonly #createdAt: string | undefined
  #buffer: ArrayBuffer | undefined
  #ended: { readonly what: 'released' | 'transferred'; readonly at: string | undefined } | undefined

  /** @internal Use Handoff.own. */
  constructor(
    native: NativeHandoff,
    owner: Handoff,
    handle: number,
    createdAt: string | undefined,
  ) {
    this.#native = native
    this.#owner = owner
    this.#handle = handle
    this.#createdAt = createdAt
  }

  get state(): HandoffState {
    if (this.#ended !== undefined) return 'released'
    return states[this.#native.state(this.#handle)] ?? 'released'
  }

  /**
   * The memory itself. It is detached when this block is released or transferred, so a view that was
   * kept too long has length 0 instead of showing memory that is no longer ours.
   */
  get buffer(): ArrayBuffer {
    this.#refuseIfEnded('use')
    this.#buffer ??= this.#native.buffer(this.#handle)
    if (this.#buffer === undefined)
      throw new KitError('KIT_RELEASED', 'the block has no memory', 'check its state first')
    return this.#buffer
  }

  /** A second reference to the same memory, released on its own. */
  retain(): HandoffBlock {
    this.#refuseIfEnded('retain')
    const handle = this.#native.retain(this.#handle)
    if (handle === 0)
      throw new KitError(
        'KIT_POOL_EXHAUSTED',
        'the addon has no handle left for another reference',
        'release some blocks, or give seam_blocks_init a higher limit',
      )
    return this.#owner.own(handle)
  }

  /** Gives the reference back. A second time throws, and changes nothing. */
  release(): void {
    this.#refuseIfEnded('release')
    this.#end('released')
    this.#native.release(this.#handle)
  }

  /** The native side owns the reference from here on; this object is done. */
  transferToNative(): void {
    this.#refuseIfEnded('transfer')
    this.#end('transferred')
    this.#native.transferToNative(this.#handle)
  }

  /** As release, but harmless when the block has ended already: fits `using` after a transfer. */
  [Symbol.dispose](): void {
    if (this.#ended === undefined) this.release()
  }

  #end(what: 'released' | 'transferred'): void {
    this.#ended = { what, at: this.#owner.isDebugging ? stackHere() : undefined }
    this.#owner.forget(this)
    if (this.#buffer !== undefined) this.#native.detach(this.#handle, this.#buffer)
    this.#buffer = undefined
  }

  #refuseIfEnded(attempt: string): void {
    if (this.#ended === undefined) return
    const { what, at } = this.#ended
    const stacks =
      at === undefined
        ? 'set SEAMPROOF_KIT_DEBUG=1 to see where'
        : `${what} at\n${at}\ncreated at\n${this.#createdAt ?? ''}`
    throw new KitError('KIT_RELEASED', `${attempt} after the block was ${what}`, stacks)
  }
}
