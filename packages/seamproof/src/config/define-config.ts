import type { SeamproofConfig } from './config-schema.js'

/** Types `seamproof.config.ts`; returns what it was given. */
export function defineConfig(config: SeamproofConfig): SeamproofConfig {
  return config
}
