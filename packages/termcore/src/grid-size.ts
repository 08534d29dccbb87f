import { TermcoreError } from './termcore-error.js'

/** Native code takes numbers modulo 2^32; what that would bend is refused here, the limits there. */
export function requireWholeNumbers(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values))
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff)
      throw new TermcoreError(
        'TERMCORE_RANGE',
        `${name} is ${value}`,
        'it must be a whole number, 0 or more',
      )
}
