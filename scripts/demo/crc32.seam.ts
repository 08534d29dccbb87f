import { crc32c } from '@node-rs/crc32'
import { workload } from 'seamproof'

const kilobyte = Buffer.alloc(1000, 7)

workload('checksum of 1,000 bytes', {
  run: () => checksum(kilobyte),
})

function checksum(bytes: Buffer): number {
  return crc32c(bytes)
}
