import { crc32, crc32c } from '@node-rs/crc32'
import { workload } from 'seamproof'

const bytes = Buffer.alloc(1000, 'abc')

workload('checksum a buffer', {
  run: () => crc32c(bytes) ^ crc32('a short text'),
})
