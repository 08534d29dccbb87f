// The Node versions that tests run besides the one they run on. The binaries come from npm, so that a clone needs no
// version manager; scripts/setup.mjs fetches them.
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

export const otherNodeMajors = [22, 24, 26]

export const nodeFolder = (major) => join(root, '.cache/nodes', String(major))

/** Where the binary of a major version is, whether it has been fetched or not. */
export const nodeBinary = (major) =>
  join(nodeFolder(major), `node_modules/node-linux-${process.arch}/bin/node`)
