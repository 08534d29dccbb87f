import { seed } from './addon.js'

seed('raceOnACounter', (call) => call())
seed('raceOnAFlag', (call) => call())
seed('raceInThePool', (call) => Promise.all([call(), call(), call(), call()]))
seed('lockOrder', (call) => call())
