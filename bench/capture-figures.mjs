// What a capture weighs and how much of it has names: ours by the analyser, heaptrack's by its own interpreter.
import { spawn } from 'node:child_process'
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { root } from './variants.mjs'

const interpreter = [
  '/usr/lib/heaptrack/libexec/heaptrack_interpret',
  '/usr/local/lib/heaptrack/libexec/heaptrack_interpret',
].find((path) => existsSync(path))

function folderBytes(folder) {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

/** `{ bytes, eventCount, bytesPerEvent, jsFrames: { count, namedCount }, userJsFrames, … }`, or undefined where nothing is known. */
export async function captureFigures(variantName, folder) {
  if (variantName === 'full' || variantName === 'aggregate') return await seamproofFigures(folder)
  if (variantName === 'heaptrack') return await heaptrackFigures(join(folder, 'heaptrack.raw'))
  return undefined
}

async function seamproofFigures(folder) {
  const bytes = folderBytes(folder)
  const { readCapture } = await import(
    pathToFileURL(join(root, 'packages/seamproof/dist/pipeline.js')).href
  )
  const { facts } = await readCapture(folder)
  const sum = (read) => facts.processes.reduce((total, one) => total + read(one), 0)
  const eventCount = sum(({ totals }) => totals.eventCount)
  return {
    bytes,
    eventCount,
    bytesPerEvent: eventCount > 0 ? bytes / eventCount : undefined,
    jsFrames: {
      count: sum(({ jsFrames }) => jsFrames.frameCount),
      namedCount: sum(({ jsFrames }) => jsFrames.frameNamedCount),
    },
    userJsFrames: {
      count: sum(({ jsFrames }) => jsFrames.userFrameCount),
      namedCount: sum(({ jsFrames }) => jsFrames.userFrameNamedCount),
    },
    framesPerStack: meanDepth(facts.processes),
    losses: facts.processes.map(({ losses }) => losses),
  }
}

/** Frames of a stack, inlined ones too, over all allocations. */
function meanDepth(processes) {
  let frames = 0
  let allocations = 0
  for (const { tree, costs } of processes) {
    const depth = [0]
    for (let index = 1; index < tree.parentIndex.length; index++)
      depth.push(depth[tree.parentIndex[index]] + 1)
    for (const { treeIndex, allocatedCount } of costs) {
      frames += depth[treeIndex] * allocatedCount
      allocations += allocatedCount
    }
  }
  return frames / allocations
}

/**
 * heaptrack's format is lines of hex. Raw: `+ size trace ptr`, `- ptr`, `t ip parent`. Interpreted: `s` strings in order,
 * `i ip module function …` addresses in order, `t ip-index parent`, `a size trace`, `+ allocation-index`.
 * A frame is JavaScript when it lies in no module (code made at run time) or in the interpreter's entry.
 */
async function heaptrackFigures(rawPath) {
  const bytes = statSync(rawPath).size
  let eventCount = 0
  for await (const line of createInterface({ input: createReadStream(rawPath) }))
    if (line[0] === '+' || line[0] === '-') eventCount++
  const figures = { bytes, eventCount, bytesPerEvent: bytes / eventCount }
  if (interpreter === undefined) return figures
  return { ...figures, ...(await interpretedFrames(rawPath)) }
}

async function interpretedFrames(rawPath) {
  const child = spawn(interpreter, [], {
    cwd: dirname(rawPath),
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  createReadStream(rawPath).pipe(child.stdin)
  const strings = ['']
  const isJs = [false]
  const isNamed = [false]
  const depth = [0]
  const jsDepth = [0]
  const namedDepth = [0]
  const traceOfAllocation = []
  const sum = { count: 0, namedCount: 0 }
  let frames = 0
  let allocations = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const kind = line[0]
    if (kind === 's') strings.push(line.slice(2).replace(/^[0-9a-f]+ /, ''))
    if (kind !== 'i' && kind !== 't' && kind !== 'a' && kind !== '+') continue
    const numbers = line
      .slice(2)
      .split(' ')
      .map((text) => Number.parseInt(text, 16))
    if (kind === 'i') {
      const [, module = 0, functionName = 0] = numbers
      const isEntry = strings[functionName]?.includes('InterpreterEntryTrampoline') ?? false
      isJs.push(module === 0 || isEntry)
      isNamed.push(module === 0 && functionName !== 0)
    } else if (kind === 't') {
      const [ip, parent] = numbers
      depth.push(depth[parent] + 1)
      jsDepth.push(jsDepth[parent] + (isJs[ip] ? 1 : 0))
      namedDepth.push(namedDepth[parent] + (isJs[ip] && isNamed[ip] ? 1 : 0))
    } else if (kind === 'a') {
      traceOfAllocation.push(numbers[1])
    } else {
      const trace = traceOfAllocation[numbers[0]]
      frames += depth[trace]
      allocations++
      sum.count += jsDepth[trace]
      sum.namedCount += namedDepth[trace]
    }
  }
  return { jsFrames: sum, framesPerStack: frames / allocations }
}
