export type KitErrorCode =
  | 'KIT_BUILD_FAILED'
  | 'KIT_COMPILER_MISSING'
  | 'KIT_SCHEMA'
  | 'KIT_COMMAND'
  | 'KIT_COMMAND_TOO_LARGE'
  | 'KIT_RELEASED'
  | 'KIT_POOL_EXHAUSTED'
  | 'KIT_POOL_MISUSE'
  | 'KIT_FLAG'
  | 'KIT_METRICS_FORMAT'

/** What happened, with the value in the message, and in `hint` what to do about it. */
export class KitError extends Error {
  readonly code: KitErrorCode
  readonly hint: string

  constructor(code: KitErrorCode, message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'KitError'
    this.code = code
    this.hint = hint
  }
}
