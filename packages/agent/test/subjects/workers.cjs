// Workers that are ended in the middle of allocating, and one that ends the process.
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')

function allocate() {
  for (let i = 0; i < 100; i++) Buffer.allocUnsafeSlow(8233)
}

function churn() {
  allocate()
  parentPort.postMessage('started')
  const never = new Int32Array(new SharedArrayBuffer(4))
  for (;;) {
    allocate()
    Atomics.wait(never, 0, 0, 1)
  }
}

async function main() {
  const count = Number(process.argv[2])
  for (let i = 0; i < count; i++) {
    const worker = new Worker(__filename, { workerData: 'churn' })
    await new Promise((resolve) => worker.once('message', resolve))
    await worker.terminate()
  }
  if (process.argv[3] === 'exit') {
    new Worker(__filename, { workerData: 'churn' })
    const last = new Worker(__filename, { workerData: 'churn' })
    await new Promise((resolve) => last.once('message', resolve))
    process.on('exit', () => Buffer.allocUnsafeSlow(8237))
    process.on('SIGTERM', () => process.exit(5))
    process.kill(process.pid, 'SIGTERM')
    return
  }
  console.log('unharmed')
}

if (isMainThread) main()
else if (workerData === 'churn') churn()
