import { agentLibrary } from '@seamproof/agent'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'

/** The agent's library, built if need be; what the machine lacks for it becomes exit code 3. */
export async function requireAgent(): Promise<string> {
  try {
    return (await agentLibrary()).path
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string }
    if (code !== 'NO_COMPILER' && code !== 'BUILD_FAILED' && code !== 'UNSUPPORTED_PLATFORM')
      throw cause
    throw new SeamproofError(code, message, {
      exitCode: ExitCode.machineLacks,
      hint: 'see what this machine lacks: seamproof doctor',
      cause,
    })
  }
}
