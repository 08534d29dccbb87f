// Preloaded into the subject by `--exact`. These V8 flags are not allowed in NODE_OPTIONS, but set before the first
// optimisation they hold for every function and every worker (seen on Node 20, 22, 24 and 26).
import v8 = require('node:v8')

// V8 hands out no source positions for the code of its baseline and mid-tier compilers: without them a function is
// interpreted until it is optimised.
for (const flag of [
  '--no-turbo-inlining',
  '--max-inlined-bytecode-size-small=0',
  '--no-sparkplug',
  '--no-maglev',
])
  v8.setFlagsFromString(flag)
