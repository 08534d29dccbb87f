// Which room may open which door. The table is the rule; a violation names its line.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'packages/seamproof/src')

/**
 * room → the rooms it may import, and whether it may use Node's modules. A room may always import itself. A pure room (`node: false`)
 * may not reach Node's modules through a file of another room either.
 */
const rules = {
  contract: { rooms: [], node: false },
  base: { rooms: ['contract'], node: true },
  config: { rooms: ['contract', 'base'], node: true },
  capture: { rooms: ['contract', 'base', 'config'], node: true },
  trace: { rooms: ['contract', 'base'], node: true },
  symbols: { rooms: ['contract', 'base', 'trace'], node: true },
  analyze: { rooms: ['contract', 'base', 'trace'], node: false },
  judge: { rooms: ['contract', 'base'], node: false },
  report: { rooms: ['contract', 'base'], node: false },
  'pipeline.ts': {
    rooms: [
      'contract',
      'base',
      'config',
      'capture',
      'trace',
      'symbols',
      'analyze',
      'judge',
      'finding-list.ts',
    ],
    node: true,
  },
  'layer-canary.ts': { rooms: ['capture', 'trace'], node: true },
  'finding-list.ts': {
    rooms: ['contract', 'base', 'capture', 'analyze', 'judge'],
    node: true,
  },
  'check-pipeline.ts': {
    rooms: [
      'contract',
      'base',
      'capture',
      'judge',
      'pipeline.ts',
      'check-runs.ts',
      'finding-list.ts',
    ],
    node: true,
  },
  'check-runs.ts': {
    rooms: ['contract', 'base', 'capture', 'judge', 'pipeline.ts'],
    node: true,
  },
  'validate-pipeline.ts': {
    rooms: ['contract', 'base', 'capture', 'analyze', 'pipeline.ts'],
    node: true,
  },
  cli: {
    rooms: [
      'contract',
      'base',
      'config',
      'report',
      'pipeline.ts',
      'check-pipeline.ts',
      'validate-pipeline.ts',
      'layer-canary.ts',
    ],
    node: true,
  },
  'index.ts': { rooms: ['contract', 'base', 'config'], node: false },
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^'"\n;]*?(?:\n[^'"\n;]*?)*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* files(path)
    else if (/\.tsx?$/.test(entry.name)) yield path
  }
}

/** `pipeline-bench.ts` is a part of `pipeline.ts`. */
const roomOf = (path) =>
  relative(source, path)
    .split('/')[0]
    .replace(/^pipeline-[a-z-]+\.([jt]s)$/, 'pipeline.$1')
const faults = []
/** path of a file → what it imports */
const imports = new Map()
for (const file of files(source)) {
  const specifiers = readFileSync(file, 'utf8').matchAll(importPattern)
  imports.set(
    file,
    Array.from(specifiers, ([text, ...found]) => {
      const specifier = found.find((one) => one !== undefined)
      const isFile = specifier.startsWith('.')
      return {
        specifier,
        file: isFile ? resolve(dirname(file), specifier).replace(/\.js$/, '.ts') : undefined,
        isNode: specifier.startsWith('node:'),
        isType: /^\s*(?:import|export) type\b/.test(text),
      }
    }),
  )
}

for (const [file, imported] of imports) {
  const room = roomOf(file)
  const rule = rules[room]
  const shown = relative(root, file)
  if (!rule) {
    faults.push(
      `${shown}: no rule for "${room}"; add a line to the table in scripts/boundaries.mjs`,
    )
    continue
  }
  for (const { specifier, file: importedFile, isNode, isType } of imported) {
    if (isNode && !rule.node) faults.push(`${shown}: imports ${specifier}, but ${room} is pure`)
    if (importedFile === undefined) continue
    const target = roomOf(importedFile)
    if (target !== room && !rule.rooms.includes(target))
      faults.push(
        `${shown}: imports ${target}; ${room} may import ${rule.rooms.join(', ') || 'nothing'}`,
      )
    else if (isPure(room) && !isType && target !== room && reachesNode(importedFile))
      faults.push(`${shown}: imports ${specifier}, which needs Node's modules; ${room} is pure`)
  }
}

function isPure(room) {
  // What a subject loads may ask Node for a little, as long as it stays light.
  return !rules[room].node && room !== 'index.ts'
}

function reachesNode(file, seen = new Set()) {
  if (seen.has(file)) return false
  seen.add(file)
  return (imports.get(file) ?? []).some(
    (one) => one.isNode || (one.file !== undefined && !one.isType && reachesNode(one.file, seen)),
  )
}

for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(1)
