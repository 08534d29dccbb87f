import { createCanvas } from '@napi-rs/canvas'
import { workload } from 'seamproof'

workload('draw and encode', {
  run: async () => {
    const canvas = createCanvas(100, 100)
    const context = canvas.getContext('2d')
    context.fillStyle = '#336699'
    context.fillRect(10, 10, 80, 80)
    await canvas.encode('png')
  },
})
