/** The codes that the native core throws, and those of the TypeScript side. */
export type TermcoreErrorCode =
  | 'TERMCORE_ARGUMENT'
  | 'TERMCORE_RANGE'
  | 'TERMCORE_MEMORY'
  | 'TERMCORE_LIMIT'
  | 'TERMCORE_STATE'
  | 'TERMCORE_SYSTEM'

/** Thrown by TypeScript code; the native side throws TypeError, RangeError or Error with the same `code`. */
export class TermcoreError extends Error {
  readonly code: TermcoreErrorCode
  readonly hint: string

  constructor(
    code: TermcoreErrorCode,
    message: string,
    hint: string,
    options?: { cause?: unknown },
  ) {
    super(message, options)
    this.name = 'TermcoreError'
    this.code = code
    this.hint = hint
  }
}

/** Is this one of ours, whichever side threw it? */
export function isTermcoreError(error: unknown): error is Error & { code: TermcoreErrorCode } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('TERMCORE_')
  )
}
