// Functions that allocate natively while their code is made, optimised, thrown away and made again.
const { Buffer } = require('node:buffer')

// allocUnsafeSlow is a native allocation of just this size.
function allocateHere(size) {
  return Buffer.allocUnsafeSlow(size)
}
function hot(size) {
  let sum = 0
  for (let i = 0; i < 40; i++) sum += allocateHere(size).length
  return sum
}

// Interpreted, baseline, optimised.
for (let i = 0; i < 400; i++) hot(8209)
// Deoptimised by another type, and optimised again.
try {
  hot('8219')
} catch {}
for (let i = 0; i < 400; i++) hot(8221)

// Many short-lived functions: their code goes to where other code was.
const letters = 'abcdefghijklmnopqrstuvwxyz'
for (let i = 0; i < 600; i++) {
  const name = `made_${letters[i % 26]}${i}`
  const made = new Function(
    'allocate',
    'size',
    `return (function ${name}() { return allocate(size) })()`,
  )
  for (let call = 0; call < 3; call++) made(allocateHere, 8231)
  if (i % 100 === 0) globalThis.gc?.()
}
console.log('unharmed')
