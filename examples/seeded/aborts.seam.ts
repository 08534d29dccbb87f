// glibc ends a process without tools at the first of these.
import { seed } from './addon.js'

seed('freeTwice', (call) => call())
seed('freeOfTheMiddle', (call) => call())
