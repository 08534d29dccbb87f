// Thumbnails: decode a JPEG, resize, encode, four at a time.   node sharp.mjs ADDONS_FOLDER COUNT
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const [folder, count] = [process.argv[2], Number(process.argv[3])]
const sharp = createRequire(resolve(folder, 'package.json'))('sharp')
const width = 1200
const height = 800
const pixels = Buffer.alloc(width * height * 3)
for (let index = 0; index < pixels.length; index++)
  pixels[index] = (index * 31 + (index >> 9) * 7) & 255
const photo = await sharp(pixels, { raw: { width, height, channels: 3 } })
  .jpeg()
  .toBuffer()
let bytes = 0
for (let done = 0; done < count; done += 4) {
  const thumbnails = await Promise.all(
    Array.from({ length: 4 }, () => sharp(photo).resize(160, 120).jpeg({ quality: 80 }).toBuffer()),
  )
  for (const thumbnail of thumbnails) bytes += thumbnail.length
}
if (bytes === 0) throw new Error('no thumbnail was made')
