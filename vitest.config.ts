import { defineConfig } from 'vitest/config'

// Set by .ci/run, which counts from it.
const resultsFile = process.env.SEAMPROOF_TEST_RESULTS

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    // The pages under test are drawn by code that is bundled first: a stale bundle would test yesterday's.
    globalSetup: ['packages/seamproof/scripts/bundle-client.mjs'],
    // Real processes on two shared cores: a slow test is not a broken one.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 2,
    reporters: resultsFile ? ['default', ['json', { outputFile: resultsFile }]] : ['default'],
  },
})
