#!/usr/bin/env node
// Kept to syntax that any Node can parse, so that an old one gets a sentence and not a stack.
var parts = process.versions.node.split('.').map(Number)
if (parts[0] < 20 || (parts[0] === 20 && parts[1] < 19)) {
  console.error('seamproof: Seamproof runs on Node 20.19 and later; this is', process.version)
  console.error('  try: npx --package=node@22 --package=seamproof seamproof')
  process.exitCode = 3
} else {
  import('../dist/cli/main.js').then(
    (cli) => cli.main(process.argv),
    (error) => {
      console.error('seamproof: the program is not built:', error.message)
      console.error('  in a clone: npm run build')
      process.exitCode = 70
    },
  )
}
