import { seed } from './addon.js'

seed('overflowWrite', 'writes the byte after a block', (call) => call())
seed('underflowWrite', 'writes the byte before a block', (call) => call())
seed('overflowByMemcpy', 'memcpy reads 56 bytes of a block of 48', (call) => call())
seed('overflowOnTheStack', 'reads past the end of an array on the stack', (call) => call())
seed('overflowOfAGlobal', 'reads past the end of a global array', (call) => call())
seed('readAfterFree', 'reads a block after it was freed', (call) => call())
seed('writeAfterFree', 'writes to a block after it was freed', (call) => call())
seed(
  'readAfterRealloc',
  'reads through the old pointer after realloc has moved the block',
  (call) => call(),
)
seed('useAfterReturn', 'reads a local variable of a function that has returned', (call) => call())
seed('freeOfNew', 'new[] is given back by free', (call) => call())
seed('deleteOfArray', 'new[] is given back by delete', (call) => call())
