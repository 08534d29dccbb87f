import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { z } from 'zod'
import { didYouMean } from '../base/nearest-name.js'
import { ExitCode, SeamproofError } from '../base/seamproof-error.js'
import { configKeys, configSchema, innerKeys, type SeamproofConfig } from './config-schema.js'
import { parseTargets } from './parse-targets.js'

export interface LoadedConfig {
  config: SeamproofConfig
  /** Absent when there is no config file: everything has a default. */
  file?: string
  /** What globs and paths in the config are relative to. */
  folder: string
}

/** Reads `seamproof.config.{ts,mts,js,mjs,cjs,json}` from `cwd`, or `configFile` when given. */
export async function loadConfig(options: {
  cwd: string
  configFile?: string | undefined
}): Promise<LoadedConfig> {
  const { loadConfig: load } = await import('c12')
  const loaded = await load<Record<string, unknown>>({
    name: 'seamproof',
    cwd: options.cwd,
    ...(options.configFile === undefined ? {} : { configFile: options.configFile }),
    configFileRequired: options.configFile !== undefined,
    rcFile: false,
    globalRc: false,
    packageJson: false,
    dotenv: false,
    envName: false,
    extend: false,
    // A config may say `from 'seamproof'` where the package is not installed (npx).
    jitiOptions: { alias: { seamproof: fileURLToPath(new URL('../index.js', import.meta.url)) } },
  }).catch((cause: unknown) => {
    throw new SeamproofError(
      'CONFIG_UNREADABLE',
      `${options.configFile ?? 'seamproof.config'} could not be loaded: ${messageOf(cause)}`,
      { exitCode: ExitCode.usage, hint: 'check that the path is right and the file runs', cause },
    )
  })
  const file = loaded._configFile
  if (file === undefined) return { config: {}, folder: options.cwd }
  return {
    config: parseConfig(loaded.config, relative(options.cwd, file)),
    file,
    folder: dirname(file),
  }
}

export function parseConfig(value: unknown, shownFile: string): SeamproofConfig {
  const parsed = configSchema.safeParse(value)
  if (parsed.success) {
    // What a target says is understood before anything runs for an hour.
    parseTargets(parsed.data.targets ?? {}, shownFile)
    return parsed.data
  }
  throw new SeamproofError(
    'CONFIG_INVALID',
    `${shownFile}: ${parsed.error.issues.map(describeIssue).join('; ')}`,
    { exitCode: ExitCode.usage, hint: `known keys: ${configKeys.join(', ')}` },
  )
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const known = path === '' ? configKeys : (innerKeys[String(issue.path[0])] ?? [])
    return issue.keys
      .map(
        (key) => `unknown key "${path === '' ? key : `${path}.${key}`}".${didYouMean(key, known)}`,
      )
      .join('; ')
  }
  return `"${path}": ${issue.message}`
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
