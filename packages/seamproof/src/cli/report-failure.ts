import { CommanderError } from 'commander'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { seamproofVersion } from '../base/seamproof-version.js'

/** Prints what went wrong to stderr and gives the exit code that says whose fault it was. */
export function reportFailure(thrown: unknown): number {
  // Commander has printed help, the version or its complaint already.
  if (thrown instanceof CommanderError)
    return thrown.exitCode === 0 ? ExitCode.pass : ExitCode.usage
  if (thrown instanceof SeamproofError) {
    console.error(`seamproof: ${thrown.message}`)
    if (thrown.hint !== undefined) console.error(`  hint: ${thrown.hint}`)
    if (isDebugging() && thrown.cause !== undefined) console.error(thrown.cause)
    return thrown.exitCode
  }
  if (isFull(thrown)) {
    console.error(`seamproof: the disk is full: ${(thrown as Error).message}`)
    console.error('  hint: free some space, or give another directory with -o')
    return ExitCode.subjectNotDriven
  }
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  console.error(`seamproof: this is a bug in Seamproof, not in your program: ${message}`)
  console.error(
    `  please report it with the command you typed and: seamproof ${seamproofVersion}, Node ${process.version}, ${process.platform}-${process.arch}`,
  )
  if (isDebugging()) console.error(thrown)
  else console.error('  the stack is shown with SEAMPROOF_DEBUG=1')
  return ExitCode.ownBug
}

function isDebugging(): boolean {
  const value = process.env.SEAMPROOF_DEBUG
  return value !== undefined && value !== '' && value !== '0'
}

function isFull(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException | undefined)?.code === 'ENOSPC'
}
