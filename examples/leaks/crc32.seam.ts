import { crc32c } from '@node-rs/crc32'
import { workload } from 'seamproof'

const bytes = Buffer.alloc(1000)

// @node-rs/crc32 1.5.1 makes a reference for every call and never deletes it (napi-rs/node-rs#655); 1.10.8 does not.
workload('checksum a buffer', {
  run: () => crc32c(bytes),
})
