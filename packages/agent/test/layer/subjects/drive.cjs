// node --expose-gc drive.cjs ADDON CASE...: calls each case as it needs to be, then lets everything come to its end.
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads')

const [addonPath, ...cases] = isMainThread ? process.argv.slice(2) : workerData
if (isMainThread && cases.some((name) => name.startsWith('ENV_008')))
  process.env.SUBJECT_HOOKS = cases.includes('ENV_008_bad') ? 'first' : 'each'
const addon = require(addonPath)
const turn = () => new Promise((resolve) => setImmediate(resolve))

async function settle() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.()
    await turn()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Called again after garbage collection and some turns of the loop. */
const calledTwice = /^(REF_006|SCOPE_001|SCOPE_007|TSFN_001)/
const inWorker = /^(ENV_003|ENV_004|ENV_006|ENV_008|ERROR_006|held_at_end)/

async function run(name) {
  const call = () => {
    try {
      addon[name](() => 1)
    } catch (error) {
      if (error.message !== 'expected') throw error
    }
  }
  if (isMainThread && inWorker.test(name)) {
    if (name.startsWith('ENV_003')) call()
    const worker = new Worker(__filename, { workerData: [addonPath, name] })
    // ERROR_006: the Worker is ended in the middle of a native call.
    worker.on('message', () => setTimeout(() => worker.terminate(), 100))
    await new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject))
    // A thread goes on with the env of the worker.
    if (name === 'ENV_004_bad' || name === 'held_at_end')
      await new Promise((resolve) => setTimeout(resolve, 900))
    return
  }
  if (!isMainThread && name.startsWith('ERROR_006')) parentPort.postMessage('begun')
  call()
  await settle()
  if (calledTwice.test(name)) call()
  await settle()
}

async function main() {
  for (const name of cases) await run(name)
}

process.on('uncaughtException', (error) => {
  if (!/from a finalizer|lost/.test(error.message)) throw error
})
main()
