/** Exit codes of every command; the README and `--help` print this table. */
export const ExitCode = {
  pass: 0,
  failed: 1,
  usage: 2,
  machineLacks: 3,
  subjectNotDriven: 4,
  ownBug: 70,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/** Upper case with underscores: `TRACE_EMPTY`. */
export type ErrorCode = Uppercase<string>

/**
 * An error that a user can act on: what happened with the value, and the next command to type.
 * Never match on the message; `code` is stable.
 */
export class SeamproofError extends Error {
  override readonly name = 'SeamproofError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly exitCode: ExitCode

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; exitCode: ExitCode; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.exitCode = options.exitCode
  }
}
