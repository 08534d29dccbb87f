import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeBinary, otherNodeMajors } from '../../../../scripts/node-versions.mjs'
import { CheckedProject, found, subjectFrame } from './checked-project.js'

let project: CheckedProject
beforeAll(() => {
  project = new CheckedProject()
})
afterAll(() => project.remove())

/** On Node's own side the runtime libraries meet another V8 and another libuv in each of them. */
describe.each(otherNodeMajors)('on Node %i', (major) => {
  const nodePath = resolve(import.meta.dirname, '../../../..', nodeBinary(major))

  test.each([
    ['asan', 'overflow', 'overflow'],
    ['tsan', 'race', 'race'],
  ] as const)('%s finds what is planted, and not its twin', async (instrument, name, kind) => {
    const file = project.workloads(name, `${name}Right`)
    const run = await project.run(instrument, { file, nodePath, operations: 5, rounds: 1 })
    expect(found(run), run.notes.join('\n')).toEqual([[name, kind]])
    expect(subjectFrame(run, name)).toMatchObject({ file: project.path('checked.c') })
  })
})
