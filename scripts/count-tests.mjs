// Usage: node scripts/count-tests.mjs RESULTS.json STATUS. Prints "N passed, N failed" from vitest's own JSON, and exits like
// the run did. A run without results, or that failed with all its tests passed, is one failure.
import { existsSync, readFileSync } from 'node:fs'

const [resultsPath, statusText] = process.argv.slice(2)
const status = Number(statusText)
const results = existsSync(resultsPath) ? JSON.parse(readFileSync(resultsPath, 'utf8')) : undefined
const passed = results?.numPassedTests ?? 0
let failed = results?.numFailedTests ?? 0
// A file that could not even be loaded has no tests to count, and is a failure.
failed += (results?.testResults ?? []).filter(
  ({ status: fileStatus, assertionResults }) =>
    fileStatus === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
).length
if (failed === 0 && (status !== 0 || passed === 0)) failed = 1
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
