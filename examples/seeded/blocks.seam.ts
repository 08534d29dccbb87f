import { seed } from './addon.js'

seed('overflowWrite', (call) => call())
seed('underflowWrite', (call) => call())
seed('overflowByMemcpy', (call) => call())
seed('overflowOnTheStack', (call) => call())
seed('overflowOfAGlobal', (call) => call())
seed('readAfterFree', (call) => call())
seed('writeAfterFree', (call) => call())
seed('readAfterRealloc', (call) => call())
seed('useAfterReturn', (call) => call())
seed('freeOfNew', (call) => call())
seed('deleteOfArray', (call) => call())
