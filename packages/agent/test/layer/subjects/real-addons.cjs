// node --expose-gc real-addons.cjs PATH NAME: an ordinary use of a published addon, a few times over, then its end.
const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

const [path, name] = process.argv.slice(2)
const addon = require(path)
const pixels = Buffer.alloc(60 * 40 * 3, 127)

const uses = {
  async sharp() {
    const raw = { raw: { width: 60, height: 40, channels: 3 } }
    await addon(await addon(pixels, raw).resize(20, 10).png().toBuffer()).metadata()
  },
  async bcrypt() {
    if (!(await addon.compare('a', await addon.hash('a', 4)))) throw new Error('not the same')
    addon.hashSync('a', 4)
  },
  async koffi() {
    this.library ??= addon.load('libc.so.6')
    this.strlen ??= this.library.func('size_t strlen(const char *text)')
    this.strlen('text')
    await new Promise((resolve) => this.strlen.async('text', resolve))
  },
  '@node-rs/crc32': () => addon.crc32('text') ^ addon.crc32c(pixels),
  async '@napi-rs/canvas'() {
    const canvas = addon.createCanvas(20, 20)
    canvas.getContext('2d').fillRect(1, 1, 10, 10)
    await canvas.encode('png')
  },
  async lmdb() {
    const folder = mkdtempSync(join(tmpdir(), 'seamproof-lmdb-'))
    const store = addon.open({ path: folder })
    await store.put('key', { text: 'value' })
    if (store.get('key').text !== 'value') throw new Error('not what was put')
    await store.close()
    rmSync(folder, { recursive: true })
  },
  'better-sqlite3'() {
    const database = new addon(':memory:')
    database.prepare('SELECT 1 AS one').get()
    database.close()
  },
}

async function main() {
  for (let i = 0; i < 5; i++) {
    await uses[name]()
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
main()
