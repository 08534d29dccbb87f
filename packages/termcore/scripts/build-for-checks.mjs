// What `seamproof check` builds with a sanitizer: every addon that the workloads load.
import { benchAddonPath } from '../bench/bench-native.mjs'
import { buildAddon } from '../dist/native-build.js'

for (const path of [buildAddon(), benchAddonPath()]) console.log(path)
