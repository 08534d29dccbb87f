import koffi from 'koffi'
import { workload } from 'seamproof'

const lib = koffi.load('libc.so.6')
const strlen = lib.func('size_t strlen(const char *text)')
const compare = koffi.proto('int compare(const void *a, const void *b)')
const qsort = lib.func('qsort', 'void', [
  koffi.inout(koffi.pointer('int32_t')),
  'size_t',
  'size_t',
  koffi.pointer(compare),
])

workload('call with a string', {
  run: () => strlen('a string of some length'),
})

workload('call back into JavaScript', {
  run: () => {
    const numbers = [5, 3, 9, 1]
    qsort(
      numbers,
      numbers.length,
      4,
      (a: unknown, b: unknown) => koffi.decode(a, 'int32_t') - koffi.decode(b, 'int32_t'),
    )
  },
})
