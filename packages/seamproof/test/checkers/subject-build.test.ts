import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { prerequisites } from '../../src/capture/build/build-inputs.js'
import { planBuild } from '../../src/capture/build/build-plan.js'
import { buildSubject } from '../../src/capture/build/subject-build.js'
import type { BuildVariant } from '../../src/capture/build/variant.js'
import { CheckedProject } from './checked-project.js'

const headers = join(
  dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')),
  'include',
)

let project: CheckedProject | undefined
afterEach(() => {
  project?.remove()
  project = undefined
})

function build(variant: BuildVariant, options: { compiler?: string } = {}) {
  const plan = planBuild(project!.folder)!
  return buildSubject({ plan, variant, env: project!.environment, ...options })
}

const makefile = `CFLAGS = -O3 -s -I${headers}
checked.node: checked.c
\t$(CC) $(CFLAGS) -shared -fPIC -o $@ $<
`
/** Knows neither $(CC) nor CFLAGS from outside. */
const stubbornMakefile = makefile.replace('$(CC)', 'gcc')
const cmake = `cmake_minimum_required(VERSION 3.10)
project(checked C)
add_library(checked SHARED checked.c)
target_include_directories(checked PRIVATE ${headers})
set_target_properties(checked PROPERTIES PREFIX "" SUFFIX ".node")
`

describe('a build for a checker', () => {
  test.each([
    ['make', { Makefile: makefile }],
    ['make', { Makefile: stubbornMakefile }],
    ['cmake', { 'CMakeLists.txt': cmake }],
  ])('is made by the project’s own %s', async (system, files) => {
    project = new CheckedProject(files)
    const made = await build('address')
    expect(made.system).toBe(system)
    expect(made.libraries.map(({ name }) => name)).toContain('checked.node')
    const names = execFileSync('nm', ['-D', made.libraries[0]!.path], { encoding: 'utf8' })
    expect(names).toContain('__asan_report_load4')
    // Nothing is left beside the user's sources.
    expect(existsSync(project.path('checked.node'))).toBe(false)
    expect(existsSync(project.path('build'))).toBe(false)
  })

  test('is taken from the cache until a source changes', async () => {
    project = new CheckedProject({ Makefile: makefile })
    const first = await build('undefined')
    const second = await build('undefined')
    expect([first.isCached, second.isCached]).toEqual([false, true])
    expect(second.libraries).toEqual(first.libraries)
    project.write('checked.c', `${readFileSync(project.path('checked.c'), 'utf8')}\n// changed\n`)
    expect((await build('undefined')).isCached).toBe(false)
  })

  test.each([
    ['gcc', ''],
    ['gcc', '-MMD -MF made.d'],
    ['clang', ''],
    ['clang', '-MMD -MF made.d'],
  ])('is made again when a header outside the project changes (%s %s)', async (compiler, flags) => {
    const command = `$(CC) $(CFLAGS) ${flags} -I../beside -shared -fPIC`
    project = new CheckedProject({
      'package.json': '{}',
      'beside/size.h': '#define SIZE 1\n',
      'addon/package.json': '{}',
      'addon/Makefile': `CFLAGS = -I${headers}\nchecked.node: sized.c\n\t${command} -o $@ $<\n\trm -f made.d\n`,
      'addon/sized.c': '#include <node_api.h>\n#include "size.h"\nint size = SIZE;\n',
    })
    const plan = planBuild(project.path('addon'))!
    const make = async () =>
      (await buildSubject({ plan, variant: 'debug', compiler, env: project!.environment })).isCached
    expect([await make(), await make()]).toEqual([false, true])
    project.write('beside/size.h', '#define SIZE 2\n')
    expect([await make(), await make()]).toEqual([false, true])
    // A header that is of no use to it changes nothing.
    project.write('beside/other.h', '#define SIZE 3\n')
    expect(await make()).toBe(true)
  })

  test('that two want at once is made once', async () => {
    project = new CheckedProject({ Makefile: makefile })
    const builds = await Promise.all([build('thread'), build('thread')])
    expect(builds.map(({ isCached }) => isCached).sort()).toEqual([false, true])
  })

  test('that fails says what the compiler said', async () => {
    project = new CheckedProject({ Makefile: makefile })
    project.write('checked.c', 'int broken(void) { return missing_name; }\n')
    const failure = build('address')
    await expect(failure).rejects.toMatchObject({ code: 'SUBJECT_BUILD_FAILED', exitCode: 4 })
    await expect(failure).rejects.toThrow(/could not be built \(exit code 2\):.*missing_name/s)
  })

  test('that did not meet the compiler is refused', async () => {
    project = new CheckedProject({ Makefile: makefile.replace('$(CC)', '/usr/bin/gcc') })
    await expect(build('address')).rejects.toMatchObject({ code: 'BUILD_NOT_INSTRUMENTED' })
  })

  test('without its compiler says how to get it', async () => {
    project = new CheckedProject({ Makefile: makefile })
    await expect(build('address', { compiler: '/nowhere/clang-99' })).rejects.toMatchObject({
      code: 'COMPILER_MISSING',
      exitCode: 3,
      hint: expect.stringContaining('apt-get install'),
    })
  })

  test('can be any command that the config names', async () => {
    project = new CheckedProject({})
    const command = `mkdir -p out && $CC -I${headers} -shared -fPIC -o out/checked.node checked.c`
    const plan = planBuild(project.folder, { command, output: 'out/*.node' })!
    const made = await buildSubject({ plan, variant: 'debug', env: project.environment })
    expect(made.libraries.map(({ name }) => name)).toEqual(['checked.node'])
  })

  test('finds what the project refers to beside itself', async () => {
    const referring = makefile.replace('$<', '../shared/half.c $<')
    project = new CheckedProject({
      'package.json': '{}',
      'shared/half.c': 'int half(int x) { return x / 2; }\n',
      'addon/package.json': '{}',
      'addon/Makefile': referring,
      'addon/checked.c': readFileSync(
        join(import.meta.dirname, '../fixtures/native/checked.c'),
        'utf8',
      ),
    })
    const plan = planBuild(project.path('addon'))!
    const made = await buildSubject({ plan, variant: 'debug', env: project.environment })
    expect(made.libraries).toHaveLength(1)
  })
})

test('a folder that says nothing about its build has no plan', () => {
  project = new CheckedProject({})
  expect(planBuild(project.folder)).toBeUndefined()
})

test('cargo without a nightly toolchain is told so, before anything is compiled', async () => {
  project = new CheckedProject({
    'Cargo.toml': '[package]\nname = "x"\nversion = "0.1.0"\n[lib]\ncrate-type = ["cdylib"]\n',
  })
  const plan = planBuild(project.folder)!
  expect(plan.system).toBe('cargo')
  const env = { ...project.environment, RUSTUP_HOME: project.path('none') }
  await expect(buildSubject({ plan, variant: 'undefined', env })).rejects.toMatchObject({
    code: expect.stringMatching(/SANITIZER_UNAVAILABLE|BUILD_TOOL_MISSING/),
    exitCode: 3,
  })
})

test('rules for make are read with their continued lines and blanks in paths', () => {
  const rules = 'a.o: a.c /opt/with\\ blank/h.h \\\n  ../b.h\n/opt/c.h:\nlib.so: C$$x.c\n'
  expect(prerequisites(rules)).toEqual(['a.c', '/opt/with blank/h.h', '../b.h', 'C$x.c'])
})
