import { seed } from './addon.js'

seed('raceOnACounter', 'two threads count up without a lock', (call) => call())
seed('raceOnAFlag', 'a flag without release and acquire announces a value', (call) => call())
seed('raceInThePool', 'pool threads write the same results', (call) =>
  Promise.all([call(), call(), call(), call()]),
)
seed('lockOrder', 'two locks that are taken in two orders', (call) => call())
