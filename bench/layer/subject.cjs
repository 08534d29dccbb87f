// node subject.cjs cost ADDON | node subject.cjs crc32|bcrypt|sharp PATH: prints what was measured as JSON.
const [what, path] = process.argv.slice(2)
const addon = require(path)

const cpuMs = (begun) => {
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / 1000
}

function crossingNs() {
  const { empty } = addon
  const calls = 1_000_000
  const loop = () => {
    for (let i = 0; i < calls; i++) empty()
  }
  loop()
  const batches = Array.from({ length: 7 }, () => {
    const begun = process.cpuUsage()
    loop()
    return (cpuMs(begun) * 1e6) / calls
  })
  return Math.min(...batches)
}

const operations = {
  crc32: { count: 200_000, run: () => addon.crc32('a short text') },
  bcrypt: { count: 300, run: () => addon.hashSync('correct horse', 4) },
  sharp: {
    count: 100,
    run: () =>
      addon(Buffer.alloc(120 * 80 * 3, 127), { raw: { width: 120, height: 80, channels: 3 } })
        .resize(32, 24)
        .png()
        .toBuffer(),
  },
}

async function main() {
  if (what === 'cost') return { ...addon.run(), 'a crossing into an empty function': crossingNs() }
  const { count, run } = operations[what]
  let least = Number.POSITIVE_INFINITY
  for (let batch = 0; batch < 5; batch++) {
    const begun = process.cpuUsage()
    for (let i = 0; i < count; i++) await run()
    least = Math.min(least, cpuMs(begun) / count)
  }
  return { msPerOperation: least }
}

main().then((measured) => console.log(JSON.stringify(measured)))
