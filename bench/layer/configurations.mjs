// Under what the subjects run, and the machine that they run on.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { agentEnvironment } from '@seamproof/agent'

const plain = { PATH: process.env.PATH }
const withAgent = (captureDir) => ({
  ...plain,
  ...agentEnvironment({ captureDir, mode: 'aggregate' }),
})

/** Each is asked for the environment of a process that may write into `captureDir`. */
export const configurations = {
  plain: { env: () => plain, title: 'nothing in the process' },
  pass: {
    env: (captureDir) => ({
      ...withAgent(captureDir),
      SEAMPROOF_LAYER: 'pass',
      SEAMPROOF_LAYER_ONLY: '1',
    }),
    title: 'wrappers that pass each call on, nothing recorded',
  },
  check: {
    env: (captureDir) => ({
      ...withAgent(captureDir),
      SEAMPROOF_LAYER: '1',
      SEAMPROOF_LAYER_ONLY: '1',
    }),
    title: 'every call checked, as `check --with layer` runs it',
  },
  agent: { env: withAgent, title: 'allocations recorded in aggregate mode, no layer' },
  layer: {
    env: (captureDir) => ({ ...withAgent(captureDir), SEAMPROOF_LAYER: '1' }),
    title: 'both, as `track --layer` runs it',
  },
}

const firstLine = (file, args) => {
  try {
    return execFileSync(file, args, { encoding: 'utf8' }).split('\n')[0].trim()
  } catch {
    return undefined
  }
}

export const valgrindVersion = () => firstLine('valgrind', ['--version'])

/** What a figure depends on; taken when the measuring begins. */
export function machine() {
  return {
    cpu: `${cpus()[0].model.trim()}, ${cpus().length} CPUs`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    compiler: firstLine('gcc', ['--version']),
    load: loadavg()[0],
  }
}

/** The addons' own files, from the first folder that has them all. */
export function findAddons(names, folders) {
  for (const folder of folders) {
    const require = createRequire(join(folder, 'package.json'))
    try {
      return names.map((name) => ({
        name,
        path: require.resolve(name),
        version: versionOf(require.resolve(name), name),
      }))
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error
    }
  }
  return undefined
}

function versionOf(path, name) {
  const require = createRequire(path)
  let folder = dirname(path)
  for (; folder !== dirname(folder); folder = dirname(folder))
    try {
      const manifest = require(join(folder, 'package.json'))
      if (manifest.name === name) return manifest.version
    } catch {}
  return 'of unknown version'
}
