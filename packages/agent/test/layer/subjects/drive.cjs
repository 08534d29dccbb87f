// node --expose-gc drive.cjs ADDON CASE...: calls each case as it needs to be, then lets everything come to its end.
const { isMainThread, Worker, workerData } = require('node:worker_threads')

const [addonPath, ...cases] = isMainThread ? process.argv.slice(2) : workerData
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
const inWorker = /^(ENV_003|ENV_004)/

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
    await new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject))
    // ENV_004: a thread goes on with the env of the worker.
    if (name === 'ENV_004_bad') await new Promise((resolve) => setTimeout(resolve, 900))
    return
  }
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
