// glibc ends a process without tools at the first of these.
import { seed } from './addon.js'

seed('freeTwice', 'a block is freed twice', (call) => call())
seed('freeOfTheMiddle', 'free is given a pointer into the middle of a block', (call) => call())
