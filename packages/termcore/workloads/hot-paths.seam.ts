import { createGridWriter, EventLoop, Grid } from '@seamproof/termcore'
import { workload } from 'seamproof'

/** Drawing by one call per operation: nothing may be allocated. */
workload('draw by calls', {
  setup: () => {
    const grid = new Grid({ cols: 80, rows: 24, scrollbackLines: 100 })
    return { grid, writer: createGridWriter(grid.handle, { batch: false }), step: 0 }
  },
  run: (state) => {
    const step = state.step++
    state.writer.setStyle(step & 255, 0, step & 7)
    state.writer.setCell(step % 24, step % 80, 33 + (step % 90))
    state.writer.putText(step % 24, step % 60, 'hello world')
    state.writer.scroll(0, 24, 1, 1)
  },
  teardown: ({ grid, writer }) => {
    writer.close()
    grid[Symbol.dispose]()
  },
})

/** The same through the command buffer. */
workload('draw by the command buffer', {
  setup: () => {
    const grid = new Grid({ cols: 80, rows: 24, scrollbackLines: 100 })
    return { grid, writer: createGridWriter(grid.handle, { batch: true }), step: 0 }
  },
  run: (state) => {
    const step = state.step++
    state.writer.setStyle(step & 255, 0, step & 7)
    state.writer.setCell(step % 24, step % 80, 33 + (step % 90))
    state.writer.putText(step % 24, step % 60, 'hello world')
    state.writer.scroll(0, 24, 1, 1)
    state.writer.flush()
  },
  teardown: ({ grid, writer }) => {
    writer.close()
    grid[Symbol.dispose]()
  },
})

/** What comes and goes: everything that is made is given back. */
workload('make, view, resize and close a grid', {
  run: () => {
    const grid = new Grid({ cols: 80, rows: 24 })
    const writer = grid.writer({ batch: true, capacityWords: 1024 })
    writer.putText(0, 0, 'hello world')
    writer.flush()
    grid.resize(100, 30)
    grid.takeDamage()
    writer.close()
    grid[Symbol.dispose]()
  },
})

/** Sources of both backends, started and removed. */
workload('start and remove timers', {
  setup: () => ({
    uv: new EventLoop({ backend: 'uv' }),
    epoll: new EventLoop({ backend: 'epoll' }),
  }),
  run: async ({ uv, epoll }) => {
    for (const loop of [uv, epoll]) {
      const timer = loop.startTimer({ afterMs: 1e6 }, () => {})
      timer.unref()
      timer.remove()
    }
    // libuv gives a handle back one turn later.
    await new Promise((resolve) => setImmediate(resolve))
  },
  teardown: ({ uv, epoll }) => {
    uv.close()
    epoll.close()
  },
})
