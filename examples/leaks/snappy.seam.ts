import { workload } from 'seamproof'
import { compressSync } from 'snappy'

let seed = 0

// snappy 7.2.0 keeps a Node-API reference to every input (Brooooooklyn/snappy#99); 7.2.2 gives it back.
workload('compress a buffer', {
  operationsPerRound: 1000,
  run: () => {
    const input = Buffer.alloc(4096, seed++ & 255)
    compressSync(input)
  },
})
