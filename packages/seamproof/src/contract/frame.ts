export type FrameKind = 'js' | 'native' | 'builtin' | 'wasm' | 'unknown'

/**
 * Whose code a frame is. `subject`: an addon or a library that an addon loaded. `user`: JavaScript of the program.
 * `node-internal`: JavaScript inside Node. `runtime`: Node's binary, V8's builtins. `system`: libc, libstdc++, the loader, the agent.
 */
export type FrameOrigin = 'user' | 'subject' | 'node-internal' | 'runtime' | 'system' | 'unknown'

export type JsTier = 'interpreted' | 'baseline' | 'maglev' | 'optimized'

export interface Frame {
  /** Demangled. `module+0x1234` when nothing better is known. */
  functionName: string
  kind: FrameKind
  origin: FrameOrigin
  /** False when `functionName` is only an address. */
  isNamed: boolean
  /** Base name of the module, e.g. `crc32.node`; absent for JavaScript. */
  moduleName?: string
  modulePath?: string
  /** Absolute path or `node:` URL, after source maps. */
  file?: string
  /** 1-based. For JavaScript without a line table: where the function starts. */
  line?: number
  column?: number
  tier?: JsTier
  /** The compiler inlined this function into the next outer frame. */
  isInlined?: boolean
}
