import { seed } from './addon.js'

seed('leakBlock', (call) => call())
seed('leakOnErrorPath', (call) => call('no number'))
seed('leakOfAChild', (call) => call())
seed('leakIntoAList', (call) => call())
seed('leakOfAReference', (call) => call())
seed('leakOfAWrap', (call) => call())
seed('leakOfADescriptor', (call) => call())
seed('leakInThePool', (call) => call())
seed('leakOfAsyncWork', (call) => call())
