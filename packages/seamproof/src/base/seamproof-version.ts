import { readFileSync } from 'node:fs'

/** The version in package.json: the one place that states it. */
export const seamproofVersion: string = readVersion()

function readVersion(): string {
  const manifest = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
