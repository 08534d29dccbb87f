// Which room may open which door. The table is the rule; a violation names its line.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'packages/seamproof/src')

/** room → the rooms it may import, and whether it may use Node's modules. A room may always import itself. */
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
      'report',
    ],
    node: true,
  },
  'layer-canary.ts': { rooms: ['contract', 'base', 'capture', 'trace'], node: true },
  'pipeline-stress.ts': {
    rooms: ['pipeline.ts', 'contract', 'base', 'capture', 'trace', 'analyze', 'judge'],
    node: true,
  },
  'pipeline-inject.ts': {
    rooms: [
      'pipeline.ts',
      'contract',
      'base',
      'config',
      'capture',
      'trace',
      'symbols',
      'analyze',
      'judge',
    ],
    node: true,
  },
  'finding-list.ts': {
    rooms: ['contract', 'base', 'capture', 'analyze', 'judge'],
    node: true,
  },
  'check-pipeline.ts': {
    rooms: [
      'contract',
      'base',
      'capture',
      'analyze',
      'judge',
      'pipeline.ts',
      'check-runs.ts',
      'finding-list.ts',
    ],
    node: true,
  },
  'check-runs.ts': {
    rooms: [
      'contract',
      'base',
      'capture',
      'judge',
      'pipeline.ts',
      'pipeline-inject.ts',
      'pipeline-stress.ts',
    ],
    node: true,
  },
  'validate-pipeline.ts': {
    rooms: ['contract', 'base', 'capture', 'analyze', 'judge'],
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
      'pipeline-bench.ts',
      'pipeline-compare.ts',
      'layer-canary.ts',
    ],
    node: true,
  },
  'index.ts': { rooms: ['contract', 'base', 'config', 'report', 'pipeline.ts'], node: false },
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
for (const file of files(source)) {
  const room = roomOf(file)
  const rule = rules[room]
  const shown = relative(root, file)
  if (!rule) {
    faults.push(
      `${shown}: no rule for "${room}"; add a line to the table in scripts/boundaries.mjs`,
    )
    continue
  }
  for (const match of readFileSync(file, 'utf8').matchAll(importPattern)) {
    const specifier = match[1] ?? match[2] ?? match[3]
    if (specifier.startsWith('node:')) {
      if (!rule.node) faults.push(`${shown}: imports ${specifier}, but ${room} is pure`)
    } else if (specifier.startsWith('.')) {
      const target = roomOf(resolve(dirname(file), specifier)).replace(/\.js$/, '.ts')
      if (target !== room && !rule.rooms.includes(target))
        faults.push(
          `${shown}: imports ${target}; ${room} may import ${rule.rooms.join(', ') || 'nothing'}`,
        )
    }
  }
}
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(1)
