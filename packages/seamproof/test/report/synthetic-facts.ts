// Facts as a real capture would give them, made up from a seed: a thumbnail service whose addon leaks.
import type {
  AllocationKind,
  CaptureFacts,
  GrowthGroup,
  Losses,
  ProcessFacts,
  StackCost,
} from '../../src/contract/facts.js'
import type { Frame } from '../../src/contract/frame.js'
import type { Verdicts } from '../../src/contract/verdict.js'

export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const app = '/srv/thumbs'

export const js = (functionName: string, file: string, line: number, more: Partial<Frame> = {}) =>
  ({
    functionName,
    kind: 'js',
    origin: file.startsWith('node:') ? 'node-internal' : 'user',
    isNamed: true,
    file: file.startsWith('node:') || file.startsWith('/') ? file : `${app}/${file}`,
    line,
    column: 7,
    tier: 'optimized',
    ...more,
  }) satisfies Frame

export const native = (
  functionName: string,
  moduleName: string,
  origin: Frame['origin'],
  more: Partial<Frame> = {},
) =>
  ({
    functionName,
    kind: functionName.startsWith('Builtins_') ? 'builtin' : 'native',
    origin,
    isNamed: !/\+0x/.test(functionName),
    moduleName,
    modulePath:
      moduleName === 'node' ? '/usr/local/bin/node' : `${app}/build/Release/${moduleName}`,
    ...more,
  }) satisfies Frame

const addon = (functionName: string, line: number, more: Partial<Frame> = {}) =>
  native(functionName, 'thumb.node', 'subject', { file: `${app}/src/addon.cc`, line, ...more })
const libc = (functionName: string) => native(functionName, 'libc.so.6', 'system')
const runtime = (functionName: string) => native(functionName, 'node', 'runtime')

const entry: Frame[] = [
  libc('__libc_start_main'),
  runtime('main'),
  runtime('node::Start(int, char**)'),
  runtime('node::SpinEventLoopInternal(node::Environment*)'),
]
const bootstrap: Frame[] = [
  runtime('node::LoadEnvironment(node::Environment*)'),
  runtime('Builtins_JSEntry'),
  js('(anonymous)', 'node:internal/main/run_main_module', 1),
  js('runEntryPoint', 'node:internal/modules/run_main', 128),
  js('Module._load', 'node:internal/modules/cjs/loader', 1035),
  js('Module.prototype._compile', 'node:internal/modules/cjs/loader', 1460),
]
const eventLoop: Frame[] = [
  runtime('uv_run'),
  runtime('node::InternalCallbackScope::Close()'),
  runtime('Builtins_JSEntry'),
  js('processTicksAndRejections', 'node:internal/process/task_queues', 95),
]
const call = runtime('Builtins_CallApiCallbackGeneric')
const napi = runtime('v8impl::(anonymous namespace)::FunctionCallbackWrapper::Invoke')

/** The leak that every test looks for: 64 bytes and one block for each encode. */
export const leakStack: Frame[] = [
  ...entry,
  ...eventLoop,
  js('run', 'workloads/resize.seam.ts', 18),
  js('makeThumb', 'src/thumb.ts', 12),
  call,
  napi,
  addon('Thumb::Encode(Napi::CallbackInfo const&)', 140),
  addon('encode', 88),
  addon('std::vector<unsigned char>::vector(unsigned long)', 553, {
    file: '/usr/include/c++/12/bits/stl_vector.h',
    isInlined: true,
  }),
  native('operator new(unsigned long)', 'libstdc++.so.6', 'system'),
  libc('malloc'),
]

const referenceLeak: Frame[] = [
  ...entry,
  ...eventLoop,
  js('run', 'workloads/resize.seam.ts', 18),
  js('watch', 'src/watch.ts', 44),
  call,
  napi,
  native('thumb.node+0x960e', 'thumb.node', 'subject'),
  runtime('napi_create_reference'),
  runtime('v8impl::Reference::New'),
  native('operator new(unsigned long)', 'libstdc++.so.6', 'system'),
  libc('malloc'),
]

export class FactsBuilder {
  readonly frames: Frame[] = []
  readonly parentIndex: number[] = [0]
  readonly frameIndex: number[] = [-1]
  readonly costs: StackCost[] = []
  private readonly frameIds = new Map<string, number>()
  private readonly edges = new Map<string, number>()

  frame(frame: Frame): number {
    const key = JSON.stringify(frame)
    let id = this.frameIds.get(key)
    if (id === undefined) {
      id = this.frames.push(frame) - 1
      this.frameIds.set(key, id)
    }
    return id
  }

  /** Frames from the root inwards; the index of the innermost node. */
  stack(frames: readonly Frame[]): number {
    let node = 0
    for (const frame of frames) {
      const id = this.frame(frame)
      const key = `${node}:${id}`
      let child = this.edges.get(key)
      if (child === undefined) {
        child = this.parentIndex.push(node) - 1
        this.frameIndex.push(id)
        this.edges.set(key, child)
      }
      node = child
    }
    return node
  }

  cost(treeIndex: number, kind: AllocationKind, amounts: Partial<StackCost>): number {
    const zero = {
      allocatedCount: 0,
      allocatedBytes: 0,
      liveCount: 0,
      liveBytes: 0,
      peakCount: 0,
      peakBytes: 0,
      temporaryCount: 0,
      temporaryBytes: 0,
      growthCount: 0,
      growthBytes: 0,
    }
    return this.costs.push({ ...zero, ...amounts, treeIndex, kind }) - 1
  }
}

export const noLosses: Losses = {
  eventsDropped: 0,
  stacksTruncated: 0,
  walksEndedEarly: 0,
  nodeTableFull: 0,
  foreignStackWalks: 0,
  untrackedCalls: 0,
  damagedChunks: 0,
  damagedBytes: 0,
  notes: [],
}

const sum = (costs: readonly StackCost[], field: keyof StackCost): number =>
  costs.reduce((total, cost) => total + (cost[field] as number), 0)

export function processOf(builder: FactsBuilder, more: Partial<ProcessFacts> = {}): ProcessFacts {
  const { frames, parentIndex, frameIndex, costs } = builder
  const heap = costs.filter((cost) => !['mmap', 'fd', 'thread', 'child'].includes(cost.kind))
  const samples = Array.from({ length: 240 }, (_, index) => index)
  const wave = (index: number) => Math.sin(index / 9) * 0.18 + Math.sin(index / 2.3) * 0.07
  return {
    traceFile: 'process-4242-1.trace',
    pid: 4242,
    parentPid: 4200,
    executable: '/usr/local/bin/node',
    argv: ['node', 'workloads/resize.seam.ts'],
    startedAt: '2026-11-23T08:30:00.000Z',
    durationMs: 12_480,
    mode: 'full',
    end: 'closed',
    frames,
    tree: { parentIndex, frameIndex },
    costs,
    totals: {
      eventCount: sum(heap, 'allocatedCount') * 2 - sum(heap, 'liveCount'),
      allocatedCount: sum(heap, 'allocatedCount'),
      allocatedBytes: sum(heap, 'allocatedBytes'),
      freedCount: sum(heap, 'allocatedCount') - sum(heap, 'liveCount'),
      freedBytes: sum(heap, 'allocatedBytes') - sum(heap, 'liveBytes'),
      unmatchedFreeCount: 12,
      liveCount: sum(heap, 'liveCount'),
      liveBytes: sum(heap, 'liveBytes'),
      peakBytes: sum(heap, 'peakBytes'),
      peakMs: 9_310,
      temporaryCount: sum(heap, 'temporaryCount'),
      mappedBytes: sum(
        costs.filter((cost) => cost.kind === 'mmap'),
        'liveBytes',
      ),
      sizeHistogram: [
        { sizeBytesMax: 16, count: 41_200 },
        { sizeBytesMax: 64, count: 188_400 },
        { sizeBytesMax: 256, count: 96_100 },
        { sizeBytesMax: 1024, count: 20_050 },
        { sizeBytesMax: 4096, count: 7_730 },
        { sizeBytesMax: 65_536, count: 1_204 },
        { sizeBytesMax: 1_048_576, count: 61 },
        { sizeBytesMax: Number.MAX_SAFE_INTEGER, count: 2 },
      ],
    },
    marks: [
      { name: 'warm-up', kind: 'warmup-end', timeMs: 2_100, liveBytes: 9.1e6, liveCount: 41_000 },
      ...[1, 2, 3, 4, 5, 6].map((round) => ({
        name: `round ${round}`,
        kind: 'round-end' as const,
        timeMs: 2_100 + round * 1_600,
        liveBytes: 9.1e6 + round * 208_000,
        liveCount: 41_000 + round * 4_000,
      })),
    ],
    groups: [],
    resources: [],
    timeline: {
      liveMs: samples.map((index) => index * 52),
      liveBytes: samples.map((index) =>
        Math.round(6e6 + 5e6 * (1 - Math.exp(-index / 30)) + 4e6 * wave(index) + index * 5_200),
      ),
      rssMs: samples.filter((index) => index % 4 === 0).map((index) => index * 52),
      rssBytes: samples
        .filter((index) => index % 4 === 0)
        .map((index) => Math.round(52e6 + 22e6 * (1 - Math.exp(-index / 22)) + index * 9_000)),
      fdCount: samples.filter((index) => index % 4 === 0).map(() => 22),
      threadCount: samples.filter((index) => index % 4 === 0).map(() => 11),
    },
    gc: { count: 18, totalMs: 64.2 },
    jsFrames: {
      userFrameCount: 220_100,
      userFrameNamedCount: 220_100,
      frameCount: 912_400,
      frameNamedCount: 903_280,
    },
    losses: noLosses,
    ...more,
  }
}

const ramp = (start: number, step: number) => [0, 1, 2, 3, 4, 5, 6].map((k) => start + k * step)
const steady = (value: number) => ({ value, low: value * 0.998, high: value * 1.002 })

interface GroupShape {
  groupId: string
  frames: readonly Frame[]
  /** Innermost first: how many frames of the stack the group keeps. */
  depth: number
  sites: { frames: readonly Frame[]; share: number }[]
  blockRate: number
  byteRate: number
  costIndex: number
  more?: Partial<GrowthGroup>
}

export function groupOf(builder: FactsBuilder, shape: GroupShape): GrowthGroup {
  const innermostFirst = [...shape.frames].reverse()
  const kept = innermostFirst.slice(0, shape.depth)
  const outer = kept.at(-1)
  return {
    groupId: shape.groupId,
    attribution: 'subject',
    kind: 'malloc',
    moduleName: outer?.moduleName ?? '',
    functionName: outer?.functionName ?? '',
    frameIndexes: kept.map((frame) => builder.frame(frame)),
    callSites: shape.sites.map((site) => ({
      share: site.share,
      frameIndexes: site.frames.map((frame) => builder.frame(frame)),
    })),
    costIndexes: [shape.costIndex],
    evidence: 'rounds',
    workload: 'resize a thumbnail',
    operationsPerStep: 2000,
    liveCounts: ramp(14, 2000 * shape.blockRate),
    liveBytes: ramp(900, 2000 * shape.byteRate),
    countPerOperationByStep: [1, 1, 1, 1, 1, 1].map(() => shape.blockRate),
    blocksPerOperation: steady(shape.blockRate),
    bytesPerOperation: steady(shape.byteRate),
    ...shape.more,
  }
}

const userFunctions = (
  [
    ['handleRequest', 'src/server.ts', 31],
    ['makeThumb', 'src/thumb.ts', 12],
    ['resizeAll', 'src/thumb.ts', 40],
    ['readPixels', 'src/pixels.ts', 9],
    ['toBuffer', 'node_modules/tiny-png/index.js', 77],
    ['decodeHeader', 'node_modules/tiny-png/header.js', 14],
    ['loadConfig', 'src/config.ts', 5],
    ['cacheKey', 'src/cache.ts', 22],
    ['Cache.get', 'src/cache.ts', 51],
    ['render', 'node_modules/@acme/templates/render.js', 102],
  ] as const
).map(([name, file, line]) => js(name, file, line))
const internals = (
  [
    ['Module.require', 'node:internal/modules/cjs/loader', 1250],
    ['readFileSync', 'node:fs', 441],
    ['emit', 'node:events', 518],
    ['parserOnHeadersComplete', 'node:_http_common', 119],
    ['Readable.push', 'node:internal/streams/readable', 390],
  ] as const
).map(([name, file, line]) => js(name, file, line))
const addonFunctions = [
  addon('Thumb::Resize(Napi::CallbackInfo const&)', 171),
  addon('resize_rgba(unsigned char const*, int, int, unsigned char*, int, int)', 210),
  addon('row_filter', 233, { isInlined: true }),
  addon('jpeg_start_decompress', 55, { moduleName: 'libjpeg.so.62', file: '/build/jdapistd.c' }),
  addon('alloc_large', 402, { moduleName: 'libjpeg.so.62', file: '/build/jmemmgr.c' }),
]
const plumbing = [
  'v8::internal::Compiler::Compile',
  'v8::internal::Factory::NewFillerObject',
  'v8::internal::Heap::AllocateRaw',
  'v8::internal::Runtime_CompileLazy(int, unsigned long*, v8::internal::Isolate*)',
  'node::fs::Open(v8::FunctionCallbackInfo<v8::Value> const&)',
  'Builtins_InterpreterEntryTrampoline',
  'Builtins_ArrayMap',
].map(runtime)
const leaves: Frame[][] = [
  [libc('malloc')],
  [native('operator new(unsigned long)', 'libstdc++.so.6', 'system'), libc('malloc')],
  [libc('calloc')],
  [libc('realloc')],
]

/** Stacks that wander as those of a program do: JavaScript, now and then into Node or the addon. */
export function wanderingStack(next: () => number, more: readonly Frame[] = []): Frame[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() ** 1.6 * list.length)] as T
  const stack = [...entry, ...(next() < 0.35 ? bootstrap : eventLoop)]
  const depth = 1 + Math.floor(next() * 9)
  for (let level = 0; level < depth; level++) {
    const turn = next()
    stack.push(turn < 0.62 ? pick(userFunctions) : turn < 0.85 ? pick(internals) : pick(plumbing))
  }
  stack.push(...more)
  if (next() < 0.55) {
    stack.push(call, napi)
    const inner = 1 + Math.floor(next() * 3)
    for (let level = 0; level < inner; level++) stack.push(pick(addonFunctions))
  } else stack.push(pick(plumbing), pick(plumbing))
  stack.push(...(pick(leaves) ?? []))
  return stack
}

function addWanderingCosts(builder: FactsBuilder, stackCount: number, next: () => number): void {
  for (let index = 0; index < stackCount; index++) {
    const allocatedCount = 1 + Math.floor(40 / (next() + 0.02))
    const size = 2 ** (4 + Math.floor(next() ** 2 * 12))
    const liveCount = Math.floor(allocatedCount * next() ** 3)
    const peakCount = Math.max(liveCount, Math.floor(allocatedCount * next()))
    const temporaryCount = Math.floor((allocatedCount - liveCount) * next() * 0.5)
    const kind = (['malloc', 'malloc', 'calloc', 'realloc'] as const)[index % 4] ?? 'malloc'
    builder.cost(builder.stack(wanderingStack(next)), kind, {
      allocatedCount,
      allocatedBytes: allocatedCount * size,
      liveCount,
      liveBytes: liveCount * size,
      peakCount,
      peakBytes: peakCount * size,
      temporaryCount,
      temporaryBytes: temporaryCount * size,
    })
  }
}

function leakCost(builder: FactsBuilder, frames: readonly Frame[], size: number): number {
  const count = 13_014
  return builder.cost(builder.stack(frames), 'malloc', {
    allocatedCount: count,
    allocatedBytes: count * size,
    liveCount: count,
    liveBytes: count * size,
    peakCount: 9_000,
    peakBytes: 9_000 * size,
    growthCount: 12_000,
    growthBytes: 12_000 * size,
  })
}

function leakingGroups(builder: FactsBuilder): GrowthGroup[] {
  const internal = js('processTicksAndRejections', 'node:internal/process/task_queues', 95)
  const run = js('run', 'workloads/resize.seam.ts', 18)
  const encode = groupOf(builder, {
    groupId: 'a1f0-encode',
    frames: leakStack,
    depth: 5,
    sites: [
      { frames: [js('makeThumb', 'src/thumb.ts', 12), run, internal], share: 0.92 },
      { frames: [js('resizeAll', 'src/thumb.ts', 40), run, internal], share: 0.08 },
    ],
    blockRate: 1,
    byteRate: 64,
    costIndex: leakCost(builder, leakStack, 64),
  })
  const reference = groupOf(builder, {
    groupId: 'b2e1-reference',
    frames: referenceLeak,
    depth: 5,
    sites: [{ frames: [js('watch', 'src/watch.ts', 44), run, internal], share: 1 }],
    blockRate: 1,
    byteRate: 40,
    costIndex: leakCost(builder, referenceLeak, 40),
  })
  const uneven = groupOf(builder, {
    groupId: 'c3d2-uneven',
    frames: [...leakStack.slice(0, -4), addon('cache_row', 301), libc('realloc')],
    depth: 3,
    sites: [],
    blockRate: 0.013,
    byteRate: 26.6,
    costIndex: 0,
    more: {
      liveCounts: [40, 40, 92, 95, 95, 171, 196],
      countPerOperationByStep: [0, 0.026, 0.0015, 0, 0.038, 0.0125],
      blocksPerOperation: { value: 0.013, low: 0.0004, high: 0.031 },
      bytesPerOperation: { value: 26.6, low: 0.8, high: 64 },
    },
  })
  const v8 = groupOf(builder, {
    groupId: 'd4c3-runtime',
    frames: [...entry, runtime('v8::internal::Zone::Expand(unsigned long)'), libc('malloc')],
    depth: 2,
    sites: [],
    blockRate: 0.02,
    byteRate: 170,
    costIndex: 0,
    more: { attribution: 'runtime' },
  })
  return [encode, reference, uneven, v8]
}

/** About `stackCount` stacks, two leaks, one uneven group, one suppressed, runtime growth. */
export function leakyFacts(stackCount = 3000, seed = 7): CaptureFacts {
  const builder = new FactsBuilder()
  addWanderingCosts(builder, stackCount, random(seed))
  const groups = leakingGroups(builder)
  builder.cost(builder.stack([...entry, runtime('v8::base::OS::Allocate'), libc('mmap')]), 'mmap', {
    allocatedCount: 210,
    allocatedBytes: 210 * 262_144,
    liveCount: 96,
    liveBytes: 96 * 262_144,
    peakCount: 120,
    peakBytes: 120 * 262_144,
  })
  const process = processOf(builder, {
    groups,
    resources: [
      {
        resource: 'fd',
        workload: 'resize a thumbnail',
        operationsPerStep: 2000,
        values: [22, 22, 22, 22, 22, 22, 22],
        perOperation: { value: 0, low: 0, high: 0 },
      },
      {
        resource: 'thread',
        workload: 'resize a thumbnail',
        operationsPerStep: 2000,
        values: [11, 11, 11, 11, 11, 11, 11],
        perOperation: { value: 0, low: 0, high: 0 },
      },
      {
        resource: 'rss',
        workload: 'resize a thumbnail',
        operationsPerStep: 2000,
        values: ramp(73e6, 190_000),
        perOperation: { value: 95, low: 71, high: 120 },
      },
    ],
    losses: { ...noLosses, stacksTruncated: 31, untrackedCalls: 4 },
  })
  return {
    formatVersion: 1,
    seamproofVersion: '0.1.0',
    command: ['node', 'workloads/resize.seam.ts'],
    processes: [process],
  }
}

export function leakyVerdicts(facts: CaptureFacts = leakyFacts(1)): Verdicts {
  const traceFile = facts.processes[0]?.traceFile ?? ''
  return {
    formatVersion: 1,
    checks: [
      {
        check: 'leaks: resize a thumbnail',
        status: 'fail',
        evidence: '2 of 312 groups grow over 6 rounds of 2,000 operations',
      },
      {
        check: 'file descriptors',
        status: 'pass',
        evidence: '22 at every mark, 0 per operation',
      },
      {
        check: 'child processes',
        status: 'not-run',
        reason: 'the capture has no rounds in which a child could be counted',
        evidence: '',
      },
    ],
    leaks: [
      {
        traceFile,
        groupId: 'a1f0-encode',
        status: 'fail',
        reason: 'grew in 6 of 6 rounds by 1.000 block/op, within 0.2 %',
      },
      {
        traceFile,
        groupId: 'b2e1-reference',
        status: 'suppressed',
        reason: 'grew in 6 of 6 rounds by 1.000 block/op, within 0.2 %',
        suppressedBy: { pattern: 'thumb.node+0x960e', reason: 'known, fixed upstream in 2.1' },
      },
      {
        traceFile,
        groupId: 'c3d2-uneven',
        status: 'inconclusive',
        reason: 'grew in 4 of 6 rounds, 0.0004 to 0.031 block/op: run more rounds',
      },
    ],
  }
}

export function cleanFacts(): CaptureFacts {
  const facts = leakyFacts(400, 11)
  for (const process of facts.processes) {
    process.groups = process.groups.filter((group) => group.attribution === 'runtime')
    process.losses = noLosses
  }
  return facts
}

export const cleanVerdicts: Verdicts = {
  formatVersion: 1,
  checks: [
    {
      check: 'leaks: resize a thumbnail',
      status: 'pass',
      evidence: '0 of 312 groups grow over 6 rounds of 2,000 operations',
    },
  ],
  leaks: [],
}

/** A tree of at least `frameCount` nodes, deep and wide, for measuring how the page holds up. */
export function hugeFacts(frameCount: number, seed = 3): CaptureFacts {
  const next = random(seed)
  const builder = new FactsBuilder()
  const many = Array.from({ length: 4000 }, (_, index) =>
    index % 3 === 0
      ? addon(`generated::function_${index}(std::string const&, unsigned long)`, index)
      : js(`generatedFunction${index}`, `src/generated/module-${index % 90}.ts`, index),
  )
  while (builder.frameIndex.length < frameCount) {
    const middle = Array.from(
      { length: 4 + Math.floor(next() * 40) },
      () => many[Math.floor(next() ** 3 * many.length)] as Frame,
    )
    const count = 1 + Math.floor(3 / (next() + 0.01))
    builder.cost(builder.stack(wanderingStack(next, middle)), 'malloc', {
      allocatedCount: count * 3,
      allocatedBytes: count * 192,
      liveCount: count,
      liveBytes: count * 64,
      peakCount: count * 2,
      peakBytes: count * 128,
    })
  }
  return {
    formatVersion: 1,
    seamproofVersion: '0.1.0',
    command: ['node', 'big.js'],
    processes: [processOf(builder)],
  }
}
