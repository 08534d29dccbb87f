import { workload } from 'seamproof'
import sharp from 'sharp'

const pixels = Buffer.alloc(320 * 240 * 3, 127)

workload('resize to a thumbnail', {
  run: () =>
    sharp(pixels, { raw: { width: 320, height: 240, channels: 3 } })
      .resize(64, 48)
      .png()
      .toBuffer(),
})

workload('decode and rotate', {
  setup: () =>
    sharp(pixels, { raw: { width: 320, height: 240, channels: 3 } })
      .jpeg()
      .toBuffer(),
  run: (jpeg: Buffer) => sharp(jpeg).rotate(90).raw().toBuffer(),
})
