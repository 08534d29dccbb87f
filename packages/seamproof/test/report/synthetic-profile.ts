// A profile with known shares: 2,000 ms of a program that parses in its first half and encodes in its second.
import type { CpuProfile, SampleState } from '../../src/contract/cpu-profile.js'
import type { Frame } from '../../src/contract/frame.js'
import { ProfileBuilder } from '../../src/symbols/profile-builder.js'

const runtime = (functionName: string): Frame => ({
  functionName,
  kind: 'native',
  origin: 'runtime',
  isNamed: true,
  moduleName: 'node',
  modulePath: '/usr/local/bin/node',
})
const js = (functionName: string, line: number, file = '/srv/app/thumb.ts'): Frame => ({
  functionName,
  kind: 'js',
  origin: 'user',
  isNamed: true,
  file,
  line,
  column: 7,
})
const addon = (functionName: string, line: number): Frame => ({
  functionName,
  kind: 'native',
  origin: 'subject',
  isNamed: true,
  moduleName: 'thumb.node',
  modulePath: '/srv/app/build/thumb.node',
  file: '/srv/app/src/thumb.cc',
  line,
})
const libc = (functionName: string): Frame => ({
  functionName,
  kind: 'native',
  origin: 'system',
  isNamed: true,
  moduleName: 'libc.so.6',
})

const outer = [runtime('__libc_start_call_main'), runtime('node::Start'), runtime('uv_run')]
const main = [...outer, js('handle', 40, '/srv/app/server.ts')]

export const stacks = {
  parse: [...main, js('parseHeader', 12)],
  encode: [
    ...main,
    js('makeThumb', 20),
    runtime('napi_call'),
    addon('Encode', 88),
    addon('quantise', 31),
  ],
  copy: [...main, js('makeThumb', 20), addon('Encode', 88), libc('memcpy')],
  convert: [
    ...main,
    js('makeThumb', 20),
    addon('Encode', 88),
    runtime('napi_get_value_string_utf8'),
  ],
  array: [
    ...main,
    js('makeThumb', 20),
    {
      functionName: 'Builtin:ArrayMap',
      kind: 'builtin',
      origin: 'runtime',
      isNamed: true,
    } as Frame,
  ],
  gc: [...main, js('makeThumb', 20), runtime('v8::internal::Heap::CollectGarbage')],
  write: [...main, js('send', 60, '/srv/app/server.ts'), libc('write')],
  wait: [...outer, runtime('uv__io_poll'), libc('epoll_wait')],
  lock: [
    ...main,
    js('makeThumb', 20),
    addon('Encode', 88),
    addon('Pool::take', 14),
    libc('pthread_mutex_lock'),
  ],
  pool: [runtime('worker'), addon('resizeWork', 120)],
} satisfies Record<string, Frame[]>

export class ProfileScript {
  readonly builder = new ProfileBuilder()
  #nowNs = 0

  constructor(readonly periodNs = 1e6) {}

  thread(name: string, role: 'main' | 'pool' | 'worker', tid: number): number {
    return this.builder.thread({ name, role, tid })
  }

  /** `count` samples, one after the other. */
  add(thread: number, frames: readonly Frame[], state: SampleState, count: number): this {
    const stack = frames.map((frame) => this.builder.frame(JSON.stringify(frame), () => frame))
    for (let done = 0; done < count; done++) {
      this.builder.add({ stack, thread, state, ns: this.periodNs, timeNs: this.#nowNs })
      this.#nowNs += this.periodNs
    }
    return this
  }

  build(more: Partial<CpuProfile> = {}): CpuProfile {
    return this.builder.build({
      source: 'agent',
      clock: 'wall',
      command: ['node', 'server.ts'],
      pid: 4242,
      startedAt: '2026-11-23T08:30:00.000Z',
      durationNs: this.#nowNs,
      periodNs: this.periodNs,
      losses: { droppedCount: 3, truncatedCount: 0, rootlessCount: 0, notes: [] },
      gc: [],
      ...more,
    })
  }
}

export function thumbProfile(): CpuProfile {
  const script = new ProfileScript()
  const first = script.thread('node', 'main', 4242)
  const pool = script.thread('libuv-worker', 'pool', 4250)
  script
    .add(first, stacks.parse, 'js', 800)
    .add(first, stacks.wait, 'idle', 200)
    .add(first, stacks.encode, 'native', 400)
    .add(first, stacks.copy, 'native', 100)
    .add(first, stacks.convert, 'native', 80)
    .add(first, stacks.array, 'builtin', 60)
    .add(first, stacks.gc, 'gc', 120)
    .add(first, stacks.write, 'kernel', 40)
    .add(first, stacks.lock, 'idle', 60)
    .add(first, stacks.encode, 'runnable', 40)
    .add(pool, stacks.pool, 'native', 100)
  return script.build({ gc: [{ timeNs: 1_640e6, durationNs: 120e6, kind: 'scavenge' }] })
}
