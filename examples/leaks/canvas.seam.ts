import { createCanvas } from '@napi-rs/canvas'
import { workload } from 'seamproof'

// @napi-rs/canvas 0.1.45 copies the pixels for encode() in a pool thread and keeps the copy (Brooooooklyn/canvas#716).
workload('encode a picture', {
  operationsPerRound: 40,
  warmupOperations: 80,
  run: async () => {
    const canvas = createCanvas(300, 300)
    const context = canvas.getContext('2d')
    context.fillStyle = '#336699'
    context.fillRect(0, 0, 300, 300)
    await canvas.encode('webp', 100)
  },
})
