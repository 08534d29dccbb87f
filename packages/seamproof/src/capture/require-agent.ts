import { agentLibrary, calibrationAddon, canaryAddon } from '@seamproof/agent'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'

/** The agent's library, built if need be; what the machine lacks for it becomes exit code 3. */
export async function requireAgent(): Promise<string> {
  return (await agentLibrary().catch(explain)).path
}

/** The addon with the cheapest crossings there are. */
export async function requireCalibrationAddon(): Promise<string> {
  return (await calibrationAddon().catch(explain)).path
}

/** The addon that breaks rules on purpose. */
export async function requireCanary(): Promise<string> {
  return (await canaryAddon().catch(explain)).path
}

function explain(cause: unknown): never {
  const { code, message } = cause as { code?: string; message: string }
  if (code !== 'NO_COMPILER' && code !== 'BUILD_FAILED' && code !== 'UNSUPPORTED_PLATFORM')
    throw cause
  throw new SeamproofError(code, message, {
    exitCode: ExitCode.machineLacks,
    hint: 'see what this machine lacks: seamproof doctor',
    cause,
  })
}
