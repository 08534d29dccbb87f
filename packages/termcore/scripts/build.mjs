// Builds the addon with the system's compiler, unless it is there already; prints where it is.
import { relative } from 'node:path'
import { buildAddon } from '../dist/native-build.js'

console.log(relative(process.cwd(), buildAddon()))
