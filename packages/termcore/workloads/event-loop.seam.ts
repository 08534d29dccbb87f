import { termcoreFlags } from '@seamproof/termcore'
import { workload } from 'seamproof'
import { loadBenchAddon } from '../bench/bench-native.mjs'

const bareLoop = 0
const byInline = 1
const byVtable = 2
const plainCall = 0
const rounds = 41
const eventsPerSlice = 400
const dispatchesPerSlice = 200_000

const routed = () => (termcoreFlags().isOn('inline') ? byInline : byVtable)
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!

/**
 * Events of a socket pair, each with a read and a write of 64 bytes: straight on libuv, and through the router. The handler is
 * the same; thread CPU time, slice by slice in turns.
 */
workload('dispatch 100 events', {
  setup: () => ({ bench: loadBenchAddon(), mode: routed() }),
  run: ({ bench, mode }) => bench.loopRun(mode, 100),
  measure: ({ bench, mode }) => {
    const ratios: number[] = []
    const bare: number[] = []
    const added: number[] = []
    for (let round = 0; round < rounds; round++) {
      const straight = bench.loopRun(bareLoop, eventsPerSlice) / eventsPerSlice
      bare.push(straight)
      ratios.push(bench.loopRun(mode, eventsPerSlice) / eventsPerSlice / straight)
      const call = bench.dispatch(plainCall, dispatchesPerSlice)
      added.push((bench.dispatch(mode, dispatchesPerSlice) - call) / dispatchesPerSlice)
    }
    const share = median(added) / median(bare)
    return [
      { metric: 'event-loop overhead', value: share, unit: 'ratio', detail: 'added by a dispatch' },
      {
        metric: 'event-loop overhead',
        value: median(ratios) - 1,
        unit: 'ratio',
        detail: 'whole events against libuv',
      },
    ]
  },
})
