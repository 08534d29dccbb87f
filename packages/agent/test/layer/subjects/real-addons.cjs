// node --expose-gc real-addons.cjs PATH NAME: an ordinary use of a published addon, a few times over, then its end.
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
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
  async argon2() {
    const fast = { timeCost: 2, memoryCost: 1024, parallelism: 1 }
    if (!(await addon.verify(await addon.hash('a', fast), 'a'))) throw new Error('not the same')
  },
  async '@node-rs/bcrypt'() {
    if (!(await addon.verify('a', await addon.hash('a', 4)))) throw new Error('not the same')
    addon.hashSync('a', 4)
  },
  async '@swc/core'() {
    const options = { jsc: { parser: { syntax: 'typescript' } } }
    const { code } = await addon.transform('const a: number = 1', options)
    if (!code.includes('a = 1') || addon.transformSync('let b', options).code === '')
      throw new Error('not what was written')
  },
  lightningcss() {
    const code = Buffer.from('a { color: #ff0000; margin: 0px 0px }')
    if (addon.transform({ filename: 'a.css', code, minify: true }).code.length === 0)
      throw new Error('nothing is left')
  },
  async 'oxc-parser'() {
    if (addon.parseSync('a.js', 'let a = 1').program.body.length !== 1)
      throw new Error('not what was written')
    await addon.parseAsync?.('a.js', 'let b')
  },
  bufferutil() {
    const source = Buffer.alloc(100, 7)
    addon.mask(source, Buffer.from([1, 2, 3, 4]), source, 0, source.length)
    addon.unmask(source, Buffer.from([1, 2, 3, 4]))
    if (source[99] !== 7) throw new Error('not what was masked')
  },
  async '@parcel/watcher'() {
    const folder = mkdtempSync(join(tmpdir(), 'seamproof-watched-'))
    let seen
    const change = new Promise((resolve) => (seen = resolve))
    const subscription = await addon.subscribe(folder, seen)
    writeFileSync(join(folder, 'file'), 'text')
    await change
    await addon.writeSnapshot(folder, join(folder, 'snapshot'))
    await addon.getEventsSince(folder, join(folder, 'snapshot'))
    await subscription.unsubscribe()
    rmSync(folder, { recursive: true })
  },
  'better-sqlite3'() {
    const database = new addon(':memory:')
    database.prepare('SELECT 1 AS one').get()
    database.close()
  },
}

async function main() {
  for (let i = 0; i < 10; i++) {
    await uses[name]()
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
main()
