import { readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { RunCheckerOptions } from '../../src/pipeline.js'
import { CheckedProject, found, subjectFrame } from './checked-project.js'

const nodeModules = resolve(import.meta.dirname, '../../../../node_modules')
const headers = join(
  dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')),
  'include',
)

let project: CheckedProject | undefined
afterEach(() => {
  project?.remove()
  project = undefined
})

const manifest = (more: object) =>
  JSON.stringify({ name: 'checked', version: '1.0.0', private: true, ...more })

/** Each as its users write it; none of them knows that it is checked. */
const systems = {
  'node-gyp': {
    'binding.gyp': '{ "targets": [{ "target_name": "checked", "sources": ["checked.c"] }] }',
  },
  'cmake-js': {
    'package.json': manifest({
      binary: { napi_versions: [8] },
      scripts: { install: 'cmake-js compile' },
    }),
    'CMakeLists.txt': `cmake_minimum_required(VERSION 3.15)
project(checked C CXX)
add_library(\${PROJECT_NAME} SHARED checked.c \${CMAKE_JS_SRC})
target_include_directories(\${PROJECT_NAME} PRIVATE \${CMAKE_JS_INC})
set_target_properties(\${PROJECT_NAME} PROPERTIES PREFIX "" SUFFIX ".node")
`,
  },
  cmake: {
    'CMakeLists.txt': `cmake_minimum_required(VERSION 3.10)
project(checked C)
add_library(checked MODULE checked.c)
target_include_directories(checked PRIVATE ${headers})
set_target_properties(checked PROPERTIES PREFIX "" SUFFIX ".node")
`,
  },
  make: {
    Makefile: `checked.node: checked.c\n\t$(CC) -O2 -I${headers} -shared -fPIC -o $@ $<\n`,
  },
} satisfies Record<string, Record<string, string>>

async function checkedWith(
  files: Record<string, string>,
  instrument: 'asan' | 'ubsan' | 'tsan',
  workloads: string[],
  options: Partial<RunCheckerOptions> = {},
) {
  project = new CheckedProject(files)
  if (files['package.json']?.includes('cmake-js'))
    symlinkSync(nodeModules, project.path('node_modules'))
  const file = project.workloads(...workloads)
  return project.run(instrument, { file, operations: 5, rounds: 1, ...options })
}

const onlyTheOverflow = [['overflow', 'overflow']]

describe('asan finds a planted overflow, and not its twin, in an addon that is built by', () => {
  test.each(Object.entries(systems))('%s', async (_system, files) => {
    const run = await checkedWith(files, 'asan', ['overflow', 'overflowRight'])
    expect(found(run), run.notes.join('\n')).toEqual(onlyTheOverflow)
    expect(subjectFrame(run, 'overflow')).toMatchObject({
      file: project!.path('checked.c'),
      functionName: 'overflow',
    })
    expect(run.notes.join('\n')).toMatch(/built with gcc \d/)
  })

  test('a command of the config', async () => {
    const command = `mkdir -p out && $CC -I${headers} -shared -fPIC -o out/checked.node checked.c`
    const run = await checkedWith({}, 'asan', ['overflow', 'overflowRight'], {
      build: { command, output: 'out/*.node' },
    })
    expect(found(run), run.notes.join('\n')).toEqual(onlyTheOverflow)
  })

  test('cargo, without a nightly toolchain', async () => {
    const files = {
      'Cargo.toml':
        '[package]\nname = "checked"\nversion = "0.1.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\npath = "checked.rs"\n',
      'checked.rs': readFileSync(
        join(import.meta.dirname, '../fixtures/native/checked.rs'),
        'utf8',
      ),
    }
    const run = await checkedWith(files, 'asan', ['overflow', 'overflowRight'])
    expect(found(run), run.notes.join('\n')).toEqual(onlyTheOverflow)
    const frames = run.reports[0]!.stacks[0]!.frames
    expect(frames.some(({ file }) => file === project!.path('checked.rs'))).toBe(true)
  })
})

describe('clang', () => {
  test.each([
    ['asan', 'overflow', 'overflow'],
    ['ubsan', 'intOverflow', 'undefined-behaviour'],
    ['tsan', 'race', 'race'],
  ] as const)(
    '%s finds what is planted, and nothing in the twin',
    async (instrument, name, kind) => {
      const workloads = [name, `${name}Right`]
      const run = await checkedWith(systems['node-gyp'], instrument, workloads, {
        compiler: 'clang',
      })
      expect(found(run), run.notes.join('\n')).toEqual([[name, kind]])
      expect(run.notes.join('\n')).toMatch(/built with clang \d/)
      expect(subjectFrame(run, name)).toMatchObject({ file: project!.path('checked.c') })
    },
  )
})
