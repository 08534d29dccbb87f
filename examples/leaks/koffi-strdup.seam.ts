import koffi from 'koffi'
import { workload } from 'seamproof'

// The program's own mistake: koffi copies a `char *` that C returns and leaves freeing it to whoever called. The fixed side
// declares the result disposable. SEAMPROOF_EXAMPLE_SIDE chooses.
const isFixed = process.env.SEAMPROOF_EXAMPLE_SIDE === 'fixed'
const lib = koffi.load('libc.so.6')
const result = isFixed ? koffi.disposable('OwnedString', 'string') : 'char *'
const strdup = lib.func('strdup', result, ['const char *'])

workload('duplicate a string in C', {
  operationsPerRound: 2000,
  run: () => strdup('x'.repeat(300)),
})
