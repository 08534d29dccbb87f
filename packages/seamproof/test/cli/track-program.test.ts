import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CaptureManifest } from '../../src/contract/capture.js'
import { Sandbox, seamproof, until } from './run-seamproof.js'

let sandbox: Sandbox
beforeEach(() => {
  sandbox = new Sandbox()
})
afterEach(() => sandbox.remove())

const track = (...args: string[]) => sandbox.run(['track', '-o', 'capture', '--', ...args])
const traces = () => readdirSync(sandbox.path('capture')).filter((name) => name.endsWith('.trace'))
const manifest = () =>
  JSON.parse(readFileSync(sandbox.path('capture/manifest.json'), 'utf8')) as CaptureManifest

describe('the program stays its own', () => {
  test('its standard output is untouched; all that we say is on stderr', async () => {
    const { status, stdout, stderr } = await track('node', '-e', 'console.log("hello")')
    expect(stdout).toBe('hello\n')
    expect(stderr).toContain('capture: capture')
    expect(stderr).toContain('seamproof flamegraph capture')
    expect(status).toBe(0)
  })

  test('its standard input is its own', () => {
    const { stdout } = spawnSync(
      process.execPath,
      [seamproof, 'track', '-o', 'capture', '--', 'cat'],
      { cwd: sandbox.folder, input: 'through the pipe\n', encoding: 'utf8' },
    )
    expect(stdout).toBe('through the pipe\n')
  })

  test('its arguments reach it as they were typed, options of ours among them', async () => {
    const script = 'console.log(JSON.stringify(process.argv.slice(1)))'
    const { stdout } = await track('node', '-e', script, '--', '--json', 'a b', '', '--', '-o')
    expect(JSON.parse(stdout)).toEqual(['--json', 'a b', '', '--', '-o'])
  })

  test.each([0, 1, 3, 70])('its exit code %i is ours', async (code) => {
    const { status } = await track('node', '-e', `process.exit(${code})`)
    expect(status).toBe(code)
    expect(manifest().exit).toEqual({ code, signal: null })
  })

  test.each([
    ['SIGKILL', 137],
    ['SIGSEGV', 139],
    ['SIGTERM', 143],
    ['SIGABRT', 134],
  ])(
    'when %s ends it, we end with %i as a shell would, and the trace reads',
    async (signal, code) => {
      const { status, stderr } = await track('node', '-e', `process.kill(process.pid, '${signal}')`)
      expect(status).toBe(code)
      expect(stderr).toContain(`ended by ${signal}`)
      expect(manifest().exit).toEqual({ code: null, signal })
      const { stdout } = await sandbox.run(['summary', 'capture'])
      expect(stdout).toContain('live at end')
    },
  )

  test('it may call process.exit in a handler', async () => {
    const script =
      "process.on('exit', () => process.exit(5)); setTimeout(() => process.exit(4), 10)"
    expect((await track('node', '-e', script)).status).toBe(5)
    expect(traces()).toHaveLength(1)
  })

  test('it may throw: Node says so as ever, and exits 1', async () => {
    const { status, stderr } = await track('node', '-e', 'throw new Error("mine")')
    expect(status).toBe(1)
    expect(stderr).toContain('Error: mine')
  })

  test('SIGTERM to us is passed on, and its own handler decides how it ends', async () => {
    const script =
      "process.on('SIGTERM', () => setTimeout(() => process.exit(9), 50)); console.log('ready'); setInterval(() => {}, 1000)"
    const running = sandbox.start(['track', '-o', 'capture', '--', 'node', '-e', script])
    await until(() => running.seen.stdout.includes('ready'))
    running.child.kill('SIGTERM')
    expect((await running.finished).status).toBe(9)
  })

  test('when we are killed with SIGKILL, what was recorded until then reads', async () => {
    const script = "console.log('pid ' + process.pid); setInterval(() => {}, 1000)"
    const running = sandbox.start(['track', '-o', 'capture', '--', 'node', '-e', script])
    await until(() => running.seen.stdout.includes('pid'))
    running.child.kill('SIGKILL')
    const subject = Number(/pid (\d+)/.exec(running.seen.stdout)![1])
    process.kill(subject, 'SIGKILL')
    await running.finished
    const { status, stdout } = await sandbox.run(['summary', 'capture'])
    expect(stdout).toContain('live at end')
    expect(status).toBe(0)
  })

  test('--timeout stops it and says so', async () => {
    const args = ['track', '-o', 'capture', '--timeout', '2s', '--', 'sleep', '60']
    const { status, stderr } = await sandbox.run(args)
    expect(status).toBe(143)
    expect(stderr).toContain('stopped after 2 s')
  })

  test('its environment is kept: its own LD_PRELOAD and NODE_OPTIONS go along with ours', async () => {
    const script =
      'console.log(process.env.LD_PRELOAD + "|" + process.env.NODE_OPTIONS + "|" + process.env.MINE)'
    const env = { NODE_OPTIONS: '--no-warnings', LD_PRELOAD: 'libm.so.6', MINE: 'kept' }
    const args = ['track', '-o', 'capture', '--', 'node', '-e', script]
    const { stdout } = await sandbox.run(args, { env })
    expect(stdout).toMatch(
      /seamproof-agent\.so:libm\.so\.6\|--no-warnings --perf-basic-prof .*\|kept/,
    )
  })

  test('a terminal that says it has no columns does not keep us for ever', () => {
    sandbox.write('quick.cjs', 'exports.run = () => {}; exports.n = 10\n')
    const line = `"${process.execPath}" "${seamproof}" track quick.cjs -o quick --rounds 3 --warmup 10`
    const { status, stdout } = spawnSync('script', ['-qec', `stty cols 0; ${line}`, '/dev/null'], {
      cwd: sandbox.folder,
      input: '',
      encoding: 'utf8',
      timeout: 90_000,
    })
    expect(stdout).toContain('No leak')
    expect(status).toBe(0)
  })

  test('no file of V8 is left behind, neither here nor in /tmp', async () => {
    const { stdout } = await track('node', '-e', 'console.log(process.pid)')
    expect(existsSync(`/tmp/perf-${stdout.trim()}.map`)).toBe(false)
    expect(readdirSync(sandbox.folder)).toEqual(['capture'])
  })
})

describe('what it starts is recorded too', () => {
  test('child processes and workers: one trace per process', async () => {
    sandbox.write(
      'app.cjs',
      `const { execFileSync } = require('node:child_process')
const { Worker } = require('node:worker_threads')
execFileSync(process.execPath, ['-e', '1'])
execFileSync('/bin/true')
new Worker('1', { eval: true })
`,
    )
    const { status } = await track('node', 'app.cjs')
    expect(status).toBe(0)
    expect(traces()).toHaveLength(3)
  })

  test('a shell script that starts Node', async () => {
    chmodSync(sandbox.write('go.sh', '#!/bin/sh\nnode -e 1\nnode -e 2\nexit 6\n'), 0o755)
    const { status } = await track('./go.sh')
    expect(status).toBe(6)
    expect(traces()).toHaveLength(3)
  })

  test('npm test', async () => {
    sandbox.write('package.json', '{ "scripts": { "test": "node -e 1" } }')
    const { status } = await track('npm', 'test', '--silent')
    expect(status).toBe(0)
    const { stdout } = await sandbox.run(['summary', 'capture', '--json'])
    const { processes } = JSON.parse(stdout) as { processes: { argv: string[] }[] }
    expect(processes.some(({ argv }) => argv.slice(1).join(' ') === '-e 1')).toBe(true)
  })
})

describe('what cannot be tracked is refused before it starts, with exit code 4', () => {
  const refused = async (...args: string[]) => {
    const { status, stderr } = await track(...args)
    expect(status).toBe(4)
    expect(existsSync(sandbox.path('capture'))).toBe(false)
    return stderr
  }

  test('a command that does not exist', async () => {
    expect(await refused('no-such-command')).toContain('no command "no-such-command" in PATH')
  })

  test('a script that does not exist', async () => {
    expect(await refused('node', 'missing.js')).toContain(`no script ${sandbox.path('missing.js')}`)
  })

  test('a statically linked program', async () => {
    const source = sandbox.write('static.c', 'int main(void) { return 0; }\n')
    execFileSync('gcc', ['-static', '-o', sandbox.path('static'), source])
    expect(await refused('./static')).toContain('is statically linked')
  })

  test('a program linked against musl', async () => {
    const path = sandbox.path('musl')
    copyFileSync('/bin/true', path)
    const loader = '/lib64/ld-linux-x86-64.so.2'
    const bytes = readFileSync(path, 'latin1')
    const patched = bytes.replace(loader, '/lib/ld-musl-x86_64.so.1\0\0\0')
    writeFileSync(path, patched, 'latin1')
    chmodSync(path, 0o755)
    expect(await refused('./musl')).toContain('is linked against musl')
  })

  test('a 32-bit program', async () => {
    const path = sandbox.path('ia32')
    const bytes = readFileSync('/bin/true')
    bytes[4] = 1
    writeFileSync(path, bytes, { mode: 0o755 })
    expect(await refused('./ia32')).toContain('is a 32-bit program')
  })

  test('without a compiler for the agent: exit code 3 and the line that installs one', async () => {
    const args = ['track', '-o', 'capture', '--', 'true']
    const { status, stderr } = await sandbox.run(args, { env: { CC: '/opt/none/cc' } })
    expect(status).toBe(3)
    expect(stderr).toContain('apt-get install gcc libc6-dev')
    expect(stderr).toContain('seamproof doctor')
  })
})

describe('what could only be recorded in part is said to be', () => {
  test('a trace that reaches its limit stops, and every reading says so', async () => {
    const script = 'const a = []; for (let i = 0; i < 3e5; i++) a.push(Buffer.allocUnsafeSlow(200))'
    const args = ['track', '-o', 'capture', '--file-limit', '2M', '--', 'node', '-e', script]
    const { status, stderr } = await sandbox.run(args)
    expect(status).toBe(0)
    expect(stderr).toContain('PARTIAL: the file limit was reached')
    const { stdout } = await sandbox.run(['leaks', 'capture'])
    expect(stdout).toMatch(/limit/)
  })

  test('a capture folder that cannot be written is refused before the start', async () => {
    sandbox.write('file', '')
    const { status, stderr } = await sandbox.run(['track', '-o', 'file/capture', '--', 'true'])
    expect(status).toBe(2)
    expect(stderr).toContain('cannot be made')
  })
})

describe('a disk that is full', () => {
  test.runIf(canMount())('costs the capture its end, never the program its exit code', async () => {
    const disk = sandbox.path('disk')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3M', 'tmpfs', disk])
    try {
      const script =
        'const a = []; for (let i = 0; i < 3e5; i++) a.push(Buffer.allocUnsafeSlow(200)); console.log("done"); process.exit(3)'
      const args = ['track', '-o', 'disk/capture', '--', 'node', '-e', script]
      const { status, stdout, stderr } = await sandbox.run(args)
      expect(stdout).toBe('done\n')
      expect(status).toBe(3)
      expect(stderr).toContain('PARTIAL: the disk was full')
      expect(stderr).toContain('names could not be stored')
      expect(stderr).not.toContain('bug in Seamproof')
    } finally {
      execFileSync('umount', ['--lazy', disk])
    }
  })
})

/** Only root may have a file system of its own; the agent's tests have other ways to fill one. */
function canMount(): boolean {
  return process.getuid?.() === 0
}
