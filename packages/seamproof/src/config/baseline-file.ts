import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { writeWholeFile } from '../base/whole-file.js'
import type { AcceptedFinding, Baseline } from '../contract/finding.js'

const fingerprint = z.string().regex(/^[0-9a-f]{16}$/, 'must be 16 hexadecimal digits')

const baselineSchema = z.strictObject({
  formatVersion: z.literal(1),
  accepted: z.array(
    z.strictObject({
      fingerprint,
      aliases: z.array(fingerprint).optional(),
      message: z.string(),
      reason: z.string().min(1),
      expires: z.iso.date().optional(),
    }),
  ),
})

/** The accepted findings; none where there is no such file. */
export function readBaseline(path: string): AcceptedFinding[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw unreadable(path, (cause as Error).message, cause)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw unreadable(path, (cause as Error).message, cause)
  }
  const parsed = baselineSchema.safeParse(value)
  if (!parsed.success)
    throw unreadable(
      path,
      parsed.error.issues
        .map(({ path: at, message }) => `"${at.join('.')}": ${message}`)
        .join('; '),
    )
  return parsed.data.accepted.map(({ aliases, expires, ...entry }) => ({
    ...entry,
    ...(aliases === undefined ? {} : { aliases }),
    ...(expires === undefined ? {} : { expires }),
  }))
}

export function writeBaseline(path: string, accepted: readonly AcceptedFinding[]): void {
  const baseline: Baseline = { formatVersion: 1, accepted: [...accepted] }
  writeWholeFile(path, `${JSON.stringify(baseline, null, 2)}\n`)
}

function unreadable(path: string, message: string, cause?: unknown): SeamproofError {
  return new SeamproofError('BASELINE_UNREADABLE', `${path}: ${message}`, {
    exitCode: ExitCode.usage,
    hint: 'mend it by hand, or delete it and write it again: seamproof check --write-baseline --reason TEXT',
    cause,
  })
}
