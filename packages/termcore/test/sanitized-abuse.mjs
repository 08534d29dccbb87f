// Run by sanitized.test.ts in a node with the sanitizers' runtime preloaded: everything the bridge
// and the event loop offer, used wrongly, in any order, in workers too. Prints "survived" at the end.

import { setImmediate as turn } from 'node:timers/promises'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { EventLoop } from '../dist/event-loop.js'
import { loadNative } from '../dist/native.js'

const native = loadNative()
let state = 12345
const random = (limit) => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0
  return state % limit
}
const anything = () =>
  [0, 1, -1, 7, 0xffffffff, 1e20, NaN, 0.5, undefined, null, 'x', {}, [], true, 10n, () => {}][
    random(16)
  ]
const handles = []
const views = []
const names = Object.keys(native).filter((name) =>
  /^(grid|commands|kernel(?!s)|terminal|loop)/.test(name),
)
const refusals = new Set()

function attempt(body) {
  try {
    return body()
  } catch (error) {
    if (
      !(error instanceof Error) ||
      !String(error.code ?? error.name).match(/^(TERMCORE_|TypeError|RangeError)/)
    )
      throw error
    refusals.add(error.code ?? error.name)
    return undefined
  }
}

for (let round = 0; round < 2500; round++) {
  const cols = 1 + random(90)
  const grid = attempt(() => native.gridCreate(cols, 1 + random(40), random(30)))
  if (grid !== undefined) handles.push(grid)
  const pick = handles[random(handles.length)]
  const view = attempt(() => native.gridBlock(pick))
  if (view !== undefined && random(4) === 0) views.push(new Uint32Array(view))
  attempt(() =>
    native.gridPutText(
      pick,
      random(50),
      random(100),
      'aé漢🙂\u0301\u0000\ud800'.repeat(random(40)),
    ),
  )
  attempt(() =>
    native.gridFill(pick, random(50), random(100), random(1e9), random(1e9), random(0x120000)),
  )
  attempt(() => native.gridScroll(pick, random(50), random(60), random(200) - 100, random(2)))
  attempt(() => native.gridTakeDirty(pick))
  attempt(() => native.gridDirtyBlock(pick))
  if (random(3) === 0) attempt(() => native.gridResize(pick, random(120), random(60)))
  const commands = attempt(() => native.commandsCreate(pick, 1 + random(200)))
  if (commands !== undefined) {
    const words = new Uint32Array(native.commandsMemory(commands))
    for (let index = 16; index < words.length; index++)
      words[index] = random(5) === 0 ? state : random(9) | (random(7) << 8)
    words[2] = random(3) === 0 ? state : words.length - 16
    attempt(() => native.commandsDrain(commands))
    if (random(2) === 0) attempt(() => native.commandsDestroy(commands))
    else handles.push(commands)
  }
  const name = names[random(names.length)]
  const first = random(3) === 0 ? anything() : pick
  attempt(() => native[name](first, anything(), anything(), anything(), anything(), anything()))
  if (handles.length > 40) {
    const gone = handles.splice(random(handles.length), 1)[0]
    attempt(() => native.gridDestroy(gone))
    attempt(() => native.commandsDestroy(gone))
  }
  let sum = 0
  for (const kept of views) sum += kept[0] + kept[kept.length - 1]
  if (Number.isNaN(sum)) throw new Error('a view went away under its reader')
  if (views.length > 30) views.splice(0, 15)
  if (round % 200 === 0) await turn()
}
for (const backend of ['uv', 'epoll']) {
  const loop = new EventLoop({ backend })
  const sources = []
  let fired = 0
  for (let index = 0; index < 300; index++)
    sources.push(
      loop.startTimer({ afterMs: 0, everyMs: 0.1, precise: index % 3 === 0 }, () => {
        fired++
        attempt(() => sources[random(sources.length)].remove())
        if (random(4) === 0) sources.push(loop.startTimer({ afterMs: 0 }, () => {}))
      }),
    )
  await new Promise((resolve) => setTimeout(resolve, 50))
  if (fired === 0) throw new Error('no timer fired')
  if (isMainThread) loop.close()
}
for (const code of ['TERMCORE_ARGUMENT', 'TERMCORE_RANGE', 'TERMCORE_STATE'])
  if (!refusals.has(code)) throw new Error(`nothing was refused with ${code}`)

const misuse = JSON.stringify(native.misuseCounts())
if (misuse !== '{}') throw new Error(`the kit refused ${misuse}`)

if (isMainThread) {
  await Promise.all(
    [1, 2].map(
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url))
          worker.on('message', () => worker.terminate())
          worker.on('error', reject)
          worker.on('exit', resolve)
        }),
    ),
  )
  console.log('survived')
} else parentPort.postMessage('done')
