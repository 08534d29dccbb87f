// Frames and stacks of a thumbnail service, as a real capture names them.
import type { Frame } from '../../src/contract/frame.js'

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

export const addon = (functionName: string, line: number, more: Partial<Frame> = {}) =>
  native(functionName, 'thumb.node', 'subject', { file: `${app}/src/addon.cc`, line, ...more })
export const libc = (functionName: string) => native(functionName, 'libc.so.6', 'system')
export const runtime = (functionName: string) => native(functionName, 'node', 'runtime')

export const entry: Frame[] = [
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

export const referenceLeak: Frame[] = [
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
export const addonFunctions = [
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
