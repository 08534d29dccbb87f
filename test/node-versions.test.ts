import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { nodeBinary, otherNodeMajors } from '../scripts/node-versions.mjs'

const root = resolve(import.meta.dirname, '..')
const seamproof = join(root, 'packages/seamproof/bin/seamproof.js')
const folder = join(root, '.cache/node-versions-test')
const execute = promisify(execFile)

/** Allocates through a plain addon, from functions that grow hot, in JavaScript that was TypeScript. */
const addonSource = `
#include <stdlib.h>
typedef struct e *env; typedef struct v *value; typedef struct i *info;
int napi_create_function(env, const char *, size_t, value (*)(env, info), void *, value *);
int napi_set_named_property(env, value, const char *, value);
static void *volatile sink;
static value allocate(env e, info i) { (void)e, (void)i; for (int n = 0; n < 8; n++) { sink = malloc(1999); free(sink); } return 0; }
value napi_register_module_v1(env e, value exports) {
  value f;
  napi_create_function(e, "allocate", (size_t)-1, allocate, 0, &f);
  napi_set_named_property(e, exports, "allocate", f);
  return exports;
}
`
const typescript = `import { createRequire } from 'node:module'
const { allocate } = createRequire(import.meta.url)('./addon.node') as { allocate(): void }

interface Options {
  times: number
}

class Worker {
  constructor(private readonly options: Options) {}

  work(): void {
    for (let count = 0; count < this.options.times; count++) {
      this.step()
    }
  }

  private step(): void {
    allocate()
  }
}

new Worker({ times: 30_000 }).work()
`
const stepLine = typescript.split('\n').findIndex((line) => line.includes('    allocate()')) + 1

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'addon.c'), addonSource)
  writeFileSync(join(folder, 'app.ts'), typescript)
  await execute('cc', ['-O2', '-shared', '-fPIC', '-o', 'addon.node', 'addon.c'], { cwd: folder })
  const { build } = await import('esbuild')
  await build({
    entryPoints: [join(folder, 'app.ts')],
    outfile: join(folder, 'app.mjs'),
    format: 'esm',
    sourcemap: true,
    minifyWhitespace: true,
  })
})

interface Facts {
  processes: {
    frames: {
      functionName: string
      kind: string
      origin: string
      file?: string
      line?: number
      tier?: string
    }[]
    jsFrames: {
      userFrameCount: number
      userFrameNamedCount: number
      frameCount: number
      frameNamedCount: number
    }
    costs: { kind: string; treeIndex: number; allocatedCount: number }[]
    tree: { parentIndex: number[]; frameIndex: number[] }
    losses: { eventsDropped: number }
  }[]
}

async function track(node: string, args: string[]): Promise<Facts['processes'][number]> {
  const capture = join(folder, 'capture')
  const env = { ...process.env }
  for (const name of ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS']) delete env[name]
  await execute(
    process.execPath,
    [seamproof, 'track', '--force', '-o', capture, ...args, '--', node, 'app.mjs'],
    {
      cwd: folder,
      env,
    },
  )
  const facts = JSON.parse(readFileSync(join(capture, 'facts.json'), 'utf8')) as Facts
  return facts.processes[0]!
}

/** Functions of one stack, innermost first. */
function stackOf(process: Facts['processes'][number], treeIndex: number) {
  const frames = []
  for (let at = treeIndex; at > 0; at = process.tree.parentIndex[at]!)
    frames.push(process.frames[process.tree.frameIndex[at]!]!)
  return frames
}

describe.each([
  ['this', process.execPath] as const,
  ...otherNodeMajors.map((major) => [String(major), nodeBinary(major)] as const),
])('on Node %s', (_major, node) => {
  it('the binary is there', () => {
    expect(existsSync(node), 'fetch it with: npm run setup').toBe(true)
  })

  it('at least 99 % of the JavaScript frames of user code and 95 % of all have a name', async () => {
    const { jsFrames, losses } = await track(node, [])
    expect(jsFrames.userFrameCount).toBeGreaterThan(400_000)
    expect(jsFrames.userFrameNamedCount / jsFrames.userFrameCount).toBeGreaterThanOrEqual(0.99)
    expect(jsFrames.frameNamedCount / jsFrames.frameCount).toBeGreaterThanOrEqual(0.95)
    expect(losses.eventsDropped).toBe(0)
  })

  it('frames of optimised code lie in the TypeScript', async () => {
    const { frames } = await track(node, [])
    const tiers = frames.filter(({ file }) => file?.endsWith('app.ts')).map(({ tier }) => tier)
    expect(tiers).toContain('interpreted')
    expect(tiers.some((tier) => tier === 'optimized' || tier === 'maglev')).toBe(true)
  })

  it('in exact mode every allocation of the addon names its TypeScript function and line', async () => {
    const process = await track(node, ['--exact'])
    const addonCosts = process.costs.filter(({ treeIndex }) => {
      const stack = stackOf(process, treeIndex)
      return stack[0]?.functionName === 'allocate'
    })
    const count = addonCosts.reduce((sum, { allocatedCount }) => sum + allocatedCount, 0)
    expect(count).toBe(8 * 30_000)
    for (const { treeIndex } of addonCosts) {
      const [step] = stackOf(process, treeIndex).filter(
        ({ kind, origin }) => kind === 'js' && origin === 'user',
      )
      expect(step).toMatchObject({ functionName: expect.stringMatching(/step$/), line: stepLine })
      expect(step!.file).toMatch(/app\.ts$/)
    }
  })
})
