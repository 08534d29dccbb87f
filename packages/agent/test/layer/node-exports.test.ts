// What each Node exports against what the layer wraps: a new version's new function must be noticed here, not by a user.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeBinary, otherNodeMajors } from '../../../../scripts/node-versions.mjs'
import { nativeFolder } from '../build-subject.js'

const header = readFileSync(join(nativeFolder, 'layer_functions.generated.h'), 'utf8')
const wrapped = new Set([...header.matchAll(/^ {2}LYR_(\w+),$/gm)].map(([, name]) => name!))

function exportedBy(node: string): string[] {
  const printed = execFileSync('nm', ['-D', '--defined-only', node], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  return [...printed.matchAll(/ ((?:napi|node_api)_\w+)/g)].map(([, name]) => name!)
}

describe('the layer wraps every function of Node-API', () => {
  const binaries: [string, string][] = [
    [`this Node, ${process.version}`, process.execPath],
    ...otherNodeMajors.map((major): [string, string] => [`Node ${major}`, nodeBinary(major)]),
  ]

  it.each(binaries)('that %s exports', (_name, node) => {
    if (!existsSync(node)) throw new Error(`${node} is missing: npm run setup fetches it`)
    const exported = exportedBy(node)
    expect(exported.length).toBeGreaterThan(150)
    expect(exported.filter((name) => !wrapped.has(name))).toEqual([])
  })
})
