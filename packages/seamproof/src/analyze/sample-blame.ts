/** What each on-CPU sample is a cost of: every sample has one kind and one owner, so that costs never overlap. */
import type { CpuCost, CpuProfile } from '../contract/cpu-profile.js'
import type { Frame } from '../contract/frame.js'

export type BlameKind = 'hotspot' | 'gc' | 'copy' | 'conversion' | 'allocation' | 'crossing'

export interface Blame {
  kind: BlameKind
  /** The function that tells: `memcpy`, `napi_get_value_string_utf8`; empty for hotspots. */
  detail: string
  /** Node of the innermost frame that somebody can change; 0 when there is none. */
  ownerNode: number
}

const apiCall = /^(?:napi_|node_api_)\w+$/
/** Text and numbers made into values of the other side. */
const conversion =
  /^(?:napi_(?:get_value_(?:string_\w+|bigint_\w+|double|int32|uint32|int64|bool)|create_(?:string_\w+|double|int32|uint32|int64|bigint_\w+|date)|get_property_names|(?:get|set)_named_property|(?:get|set)_property|(?:get|set)_element|create_(?:object|array|array_with_length))|node_api_create_\w+string\w*)$/
/** The same by those who call V8 without Node-API. */
const v8Conversion =
  /^v8::(?:String::(?:New\w*|Write\w*|Utf8Length\w*|Utf8Value\b|Value\b|Concat)|Object::(?:New|Set|Get|CreateDataProperty|DefineOwnProperty)|Array::New|Number::New|Integer::New|BigInt::New|Value::(?:To\w+|\w+Value))/
const copying =
  /^(?:_*(?:mem(?:cpy|move)|wmemcpy|bcopy|mempcpy)(?:_\w+)?(?:@.*)?|__mem(?:cpy|move)\w*|Builtin:(?:MemCopy\w*|MemMove|TypedArrayPrototypeSet|TypedArrayPrototypeSlice|ArrayBufferPrototypeSlice))$/
const allocating =
  /^(?:(?:__libc_|__)?(?:malloc|free|calloc|realloc|memalign|cfree)|posix_memalign|aligned_alloc|_int_(?:malloc|free|realloc|memalign)|_mid_memalign|operator (?:new|delete)(?:\[\])?|malloc_consolidate|unlink_chunk|sysmalloc|systrim|tcache_\w+|arena_\w+|je_\w+|mi_(?:malloc|free|heap_\w+))$/
/** Between JavaScript and a native function: V8's and Node-API's way in and out. */
const dispatch =
  /^(?:Builtin:(?:HandleApiCall\w*|CallApi(?:Callback|Getter)\w*|CEntry\w*|Call_\w+|CallFunction\w*|JSConstructStub\w*|FastApi\w*)|v8impl::.*|v8::internal::(?:Builtin_HandleApiCall|FunctionCallbackArguments::Call|\(anonymous namespace\)::HandleApiCallHelper|InvokeApiFunction|Builtins::InvokeApiFunction)\b.*|napi_call_function|node::NodeModule\w*|v8::HandleScope::\S+|v8::FunctionCallbackInfo\b.*)/

export const isOwnFrame = (frame: Frame): boolean =>
  frame.origin === 'user' || frame.origin === 'subject'

/** Frames of a stack, innermost first. */
export function stackOf(
  { frames, tree }: Pick<CpuProfile, 'frames' | 'tree'>,
  treeIndex: number,
): Frame[] {
  const stack: Frame[] = []
  for (let node = treeIndex; node > 0; node = tree.parentIndex[node] ?? 0) {
    const frame = frames[tree.frameIndex[node] ?? -1]
    if (frame !== undefined) stack.push(frame)
  }
  return stack
}

export class SampleBlame {
  readonly #profile: CpuProfile
  readonly #known = new Map<number, Blame>()

  constructor(profile: CpuProfile) {
    this.#profile = profile
  }

  of({ treeIndex, state }: CpuCost): Blame {
    const owner = this.#owner(treeIndex)
    if (state === 'gc') return { kind: 'gc', detail: '', ownerNode: owner }
    let blame = this.#known.get(treeIndex)
    if (blame === undefined) {
      blame = { ...this.#kindOf(treeIndex, owner), ownerNode: owner }
      this.#known.set(treeIndex, blame)
    }
    return blame
  }

  #frameAt(node: number): Frame | undefined {
    return this.#profile.frames[this.#profile.tree.frameIndex[node] ?? -1]
  }

  #owner(treeIndex: number): number {
    const { parentIndex } = this.#profile.tree
    for (let node = treeIndex; node > 0; node = parentIndex[node]!) {
      const frame = this.#frameAt(node)
      if (frame !== undefined && isOwnFrame(frame)) return node
    }
    return 0
  }

  /** By the frames between the owner and the leaf. */
  #kindOf(treeIndex: number, owner: number): { kind: BlameKind; detail: string } {
    const inside: Frame[] = []
    for (
      let node = treeIndex;
      node !== owner && node > 0;
      node = this.#profile.tree.parentIndex[node]!
    ) {
      const frame = this.#frameAt(node)
      if (frame !== undefined) inside.push(frame)
    }
    if (inside.length === 0) return { kind: 'hotspot', detail: '' }
    // A conversion copies and allocates too, and is what one can do something about.
    const api = inside.findLast((frame) => apiCall.test(frame.functionName))
    if (api !== undefined) {
      const kind = conversion.test(api.functionName) ? 'conversion' : 'crossing'
      return { kind, detail: api.functionName }
    }
    const ownerFrame = this.#frameAt(owner)
    const v8Call =
      ownerFrame?.origin === 'subject'
        ? inside.findLast((frame) => v8Conversion.test(frame.functionName))
        : undefined
    if (v8Call !== undefined)
      return { kind: 'conversion', detail: v8Call.functionName.replace(/[<(].*$/, '') }
    if (ownerFrame?.kind === 'js' && inside.every((frame) => dispatch.test(frame.functionName)))
      return { kind: 'crossing', detail: 'call into native code' }
    const copy = inside.find((frame) => copying.test(frame.functionName))
    if (copy !== undefined) return { kind: 'copy', detail: 'memcpy' }
    if (inside.some((frame) => allocating.test(frame.functionName)))
      return { kind: 'allocation', detail: 'malloc and free' }
    return { kind: 'hotspot', detail: '' }
  }
}
