import { DataType, load, open } from 'ffi-rs'
import { workload } from 'seamproof'

// ffi-rs 1.2.8 leaves an 8-byte block behind for every string argument; 1.3.7 frees it.
workload('call a C function with a string', {
  operationsPerRound: 10_000,
  setup: () => open({ library: 'c', path: 'libc.so.6' }),
  run: () =>
    load({
      library: 'c',
      funcName: 'strlen',
      retType: DataType.I32,
      paramsType: [DataType.String],
      paramsValue: ['a string for C'],
    }),
})
