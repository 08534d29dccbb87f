// The control addon in the main thread and in workers that come and go: marks, heap numbers, garbage collections.
const { Worker, isMainThread, workerData } = require('node:worker_threads')
const control = require('../../control.cjs')

function collect(round) {
  const kept = []
  for (let i = 0; i < 50; i++) kept.push(new Array(10_000).fill(i))
  globalThis.gc()
  control.jsHeap()
  control.mark(`round ${round}`, 2)
}

async function main() {
  if (!control.isRecording) process.exit(3)
  for (let i = 0; i < 3; i++) collect(i)
  for (let i = 0; i < 4; i++) {
    const worker = new Worker(__filename)
    if (i % 2)
      await new Promise((resolve) => worker.once('online', resolve)).then(() => worker.terminate())
    else await new Promise((resolve) => worker.once('exit', resolve))
  }
  collect(3)
  // Marks of several threads at once.
  const marking = [0, 1, 2].map(() => new Worker(__filename, { workerData: 'marks' }))
  await Promise.all(marking.map((worker) => new Promise((resolve) => worker.once('exit', resolve))))
  const before = control.stats('events')
  for (let i = 0; i < 100; i++) Buffer.allocUnsafeSlow(8243)
  const isFull = process.env.SEAMPROOF_MODE === 'full'
  if (isFull && control.stats('events') < before + 100) process.exit(4)
  if (!Number.isNaN(control.stats('no such counter'))) process.exit(5)
  control.mark('x'.repeat(300))
  console.log('unharmed')
}

if (isMainThread) main()
else if (workerData === 'marks') for (let i = 0; i < 60; i++) control.mark('parallel')
else for (let i = 0; i < 20; i++) collect(i)
