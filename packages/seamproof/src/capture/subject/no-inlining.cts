// Preloaded into the subject by `--exact`. These V8 flags are not allowed in NODE_OPTIONS, but set before the first
// optimisation they hold for every function and every worker (seen on Node 20, 22, 24 and 26).
import v8 = require('node:v8')

// Baseline code has no table of source positions: without it a function is interpreted until it is optimised.
for (const flag of [
  '--no-turbo-inlining',
  '--no-maglev-inlining',
  '--max-inlined-bytecode-size-small=0',
  '--no-sparkplug',
])
  v8.setFlagsFromString(flag)
