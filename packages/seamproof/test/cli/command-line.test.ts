import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Sandbox, seamproof } from './run-seamproof.js'

let sandbox: Sandbox
beforeEach(() => {
  sandbox = new Sandbox()
})
afterEach(() => sandbox.remove())

const commands = [
  'track',
  'check',
  'findings',
  'merge',
  'leaks',
  'summary',
  'flamegraph',
  'tree',
  'timeline',
  'diff',
  'inspect',
  'export',
  'doctor',
  'init',
]

describe('the command line', () => {
  test('--help lists every command and every exit code, and exits 0', async () => {
    const { status, stdout } = await sandbox.run(['--help'])
    expect(status).toBe(0)
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'))
    for (const code of [0, 1, 2, 3, 4, 70]) expect(stdout).toMatch(new RegExp(`^ {2}${code} `, 'm'))
  })

  test.each(commands)('%s --help has examples that can be typed', async (command) => {
    const { status, stdout } = await sandbox.run([command, '--help'])
    expect(status).toBe(0)
    expect(stdout).toContain(`$ seamproof ${command}`)
    expect(stdout).toContain('--json')
  })

  test('--version prints the version of package.json alone', async () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { version: string }
    const { status, stdout } = await sandbox.run(['--version'])
    expect(status).toBe(0)
    expect(stdout).toBe(`${version}\n`)
  })

  test('no command at all shows the help and exits 2', async () => {
    const { status, stderr } = await sandbox.run([])
    expect(status).toBe(2)
    expect(stderr).toContain('Usage: seamproof')
  })

  test('a misspelt command names the nearest and exits 2', async () => {
    const { status, stderr } = await sandbox.run(['flamgraph'])
    expect(status).toBe(2)
    expect(stderr).toContain('flamegraph')
  })

  test('a misspelt option names the nearest and exits 2', async () => {
    const { status, stderr } = await sandbox.run(['leaks', '--jsn'])
    expect(status).toBe(2)
    expect(stderr).toContain('--json')
  })

  test('a misspelt mode names the nearest and exits 2, before anything is run', async () => {
    const args = ['track', '--mode', 'agregate', '--', 'touch', 'was-run']
    const { status, stderr } = await sandbox.run(args)
    expect(status).toBe(2)
    expect(stderr).toContain('Did you mean "aggregate"?')
    expect(readdirSync(sandbox.folder)).toEqual([])
  })

  test.each([
    ['--rounds', 'six'],
    ['--rounds', '2'],
    ['--timeout', 'soon'],
    ['--file-limit', 'big'],
    ['--depth', '0'],
  ])('%s %s is refused with exit code 2', async (option, value) => {
    const { status, stderr } = await sandbox.run(['track', option, value, '--', 'true'])
    expect(status).toBe(2)
    expect(stderr).toContain(option)
  })

  test('track with nothing to track says what it could be given', async () => {
    const { status, stderr } = await sandbox.run(['track'])
    expect(status).toBe(2)
    expect(stderr).toContain('seamproof track -- node app.js')
  })

  test('track -- with no program says so', async () => {
    const { status, stderr } = await sandbox.run(['track', '--'])
    expect(status).toBe(2)
    expect(stderr).toContain('there is no program after --')
  })

  test('a program without -- is told how to be tracked', async () => {
    const { status, stderr } = await sandbox.run(['track', 'node', 'app.js'])
    expect(status).toBe(4)
    expect(stderr).toContain('seamproof track -- node')
  })

  test('a reading of a folder that is no capture says how to make one', async () => {
    const { status, stderr } = await sandbox.run(['leaks', '.'])
    expect(status).toBe(2)
    expect(stderr).toContain('no manifest.json')
    expect(stderr).toContain('seamproof track -- node app.js')
  })

  test('a reading without a capture to be found says so', async () => {
    const { status, stderr } = await sandbox.run(['summary'])
    expect(status).toBe(2)
    expect(stderr).toContain('there is no capture in')
  })

  test('a misspelt key in the config names the nearest', async () => {
    sandbox.write('seamproof.config.json', '{ "suppresions": [] }')
    const { status, stderr } = await sandbox.run(['track', '--', 'true'])
    expect(status).toBe(2)
    expect(stderr).toContain('Did you mean "suppressions"?')
  })
})

describe('init', () => {
  test('writes a config and a first workload', async () => {
    const { status, stdout } = await sandbox.run(['init'])
    expect(status).toBe(0)
    expect(stdout).toContain('seamproof track first.seam.ts')
    expect(readdirSync(sandbox.folder).sort()).toEqual(['first.seam.ts', 'seamproof.config.ts'])
  })

  test('beside a package, writes a workload that calls the first function it exports', async () => {
    sandbox.write('package.json', '{ "name": "sums", "main": "lib" }')
    sandbox.write(
      'lib/index.js',
      'exports.add = (a, b) => a + b; exports.limit = 3; exports.sub = () => 0',
    )
    const { status, stdout } = await sandbox.run(['init'])
    expect(status).toBe(0)
    expect(stdout).toContain('the workload calls add() of sums')
    const text = readFileSync(sandbox.path('first.seam.ts'), 'utf8')
    expect(text).toContain("import subject from './lib/index.js'")
    expect(text).toContain('run: () => subject.add(),')
    expect(text).toContain('// It also exports: sub\n')
  })

  test('beside a package that cannot be loaded, says why and writes the example', async () => {
    sandbox.write(
      'package.json',
      '{ "name": "sums", "exports": { ".": { "import": "./sums.mjs" } } }',
    )
    sandbox.write('sums.mjs', "throw new Error('the addon is not built')")
    const { status, stdout } = await sandbox.run(['init'])
    expect(status).toBe(0)
    expect(stdout).toContain('exports no function (the addon is not built)')
    expect(readFileSync(sandbox.path('first.seam.ts'), 'utf8')).toContain('deflateRawSync')
  })

  test('never overwrites: with one of the files there, nothing is written', async () => {
    sandbox.write('first.seam.ts', '// mine\n')
    const { status, stderr } = await sandbox.run(['init'])
    expect(status).toBe(2)
    expect(stderr).toContain('first.seam.ts exists')
    expect(readdirSync(sandbox.folder)).toEqual(['first.seam.ts'])
    expect(readFileSync(sandbox.path('first.seam.ts'), 'utf8')).toBe('// mine\n')
  })
})

describe('doctor', () => {
  test('says that this machine is ready, in words and as JSON', async () => {
    const words = await sandbox.run(['doctor'])
    expect(words.status).toBe(0)
    expect(words.stdout).toContain('This machine is ready')
    const { stdout } = await sandbox.run(['doctor', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ formatVersion: 1, isReady: true })
  })

  test('without a compiler, says what to install and exits 3', async () => {
    const env = { CC: '/opt/none/cc' }
    const { status, stdout } = await sandbox.run(['doctor'], { env })
    expect(stdout).toMatch(/C compiler +MISSING/)
    expect(stdout).toContain('apt-get install --yes gcc libc6-dev')
    expect(status).toBe(3)
  })
})

describe('doctor --install', () => {
  /** A machine with nothing but Node, a compiler, and an apt-get that writes down what it is asked for. */
  function pathWithout(...missing: string[]): { env: NodeJS.ProcessEnv; asked: () => string } {
    const folder = sandbox.path('few-tools')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    for (const command of ['gcc', 'g++', 'cc', 'make', 'python3', 'addr2line', 'valgrind', 'sh']) {
      if (missing.includes(command)) continue
      const path = execFileSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).trim()
      symlinkSync(path, join(folder, command))
    }
    const log = join(folder, 'asked')
    const bring = `ln -s /bin/true ${folder}/valgrind`
    writeFileSync(
      join(folder, 'apt-get'),
      `#!/bin/sh\necho "$@" >> ${log}\ncase "$1" in install) /bin/${bring};; esac\n`,
      { mode: 0o755 },
    )
    return { env: { PATH: folder }, asked: () => readFileSync(log, 'utf8') }
  }

  test('asks apt-get for what is missing, and looks again', async () => {
    const { env, asked } = pathWithout('valgrind')
    const before = await sandbox.run(['doctor'], { env })
    expect(before.stdout).toMatch(/valgrind +limited +not here/)
    expect(before.stdout).toContain('apt-get install --yes valgrind')
    const { stdout } = await sandbox.run(['doctor', '--install'], { env })
    expect(asked()).toBe('update --quiet\ninstall --yes --no-install-recommends valgrind\n')
    expect(stdout).toMatch(/valgrind +ok/)
  })

  test('without root says the line, and asks nobody', async () => {
    const { env, asked } = pathWithout('valgrind')
    chmodSync(sandbox.folder, 0o755)
    const { status, stderr } = await sandbox.run(['doctor', '--install'], { env, asNobody: true })
    expect(stderr).toContain('sudo apt-get install --yes --no-install-recommends valgrind')
    expect(status).toBe(3)
    expect(asked).toThrow()
  })
})

describe('output', () => {
  test('a reader that closes the pipe early ends the program without a word', () => {
    const { stdout, stderr } = spawnSync(
      'bash',
      [
        '-c',
        `"${process.execPath}" "${seamproof}" --help | head -1; echo "status \${PIPESTATUS[0]}"`,
      ],
      { encoding: 'utf8' },
    )
    expect(stderr).toBe('')
    expect(stdout).toMatch(/status 0\n$/)
  })
})
