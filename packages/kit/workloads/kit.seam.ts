import { Handoff } from '@seamproof/kit'
import { workload } from 'seamproof'
import { loadKitAddon } from '../test/kit-addon.js'
import { TestCommands, testCommandsNames } from '../test/native/kit-addon-commands.generated.js'

/** Memory that native code makes, JavaScript reads, and either side gives back. */
workload('hand a block over and back', {
  setup: () => {
    const addon = loadKitAddon()
    return { addon, handoff: new Handoff(addon.handoff) }
  },
  run: ({ addon, handoff }) => {
    const block = handoff.own(addon.makeBlock(64))
    const second = block.retain()
    const first = new Uint8Array(block.buffer)[0]
    block.release()
    second.release()
    return first
  },
})

/** Many small calls as one crossing. */
workload('apply a command buffer', {
  setup: () => {
    const addon = loadKitAddon()
    return new TestCommands({
      memory: addon.commandsMemory(),
      drain: () => void addon.drain(),
      names: testCommandsNames,
    })
  },
  run: (commands) => {
    for (let index = 0; index < 16; index++) commands.add(index)
    commands.text(1, 'grüße, 漢字 🙂')
    commands.packed(200, 40_000, 4_000_000_000, 0.5)
    commands.flush()
  },
})

/** Calls through the guard, with a counter and a histogram that a scrape may read meanwhile. */
workload('count through the guard', {
  setup: () => loadKitAddon(),
  run: (addon) => addon.count(16),
})

/** What a caller does wrong is refused and counted. Nothing may be lost by it. */
workload('refuse misuse', {
  setup: () => loadKitAddon(),
  run: (addon) => {
    for (const what of [0, 1, 2] as const) addon.misuse(what)
    return addon.handoff.takeMisuse().length
  },
})
