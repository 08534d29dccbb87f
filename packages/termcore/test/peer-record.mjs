// Records what real programs print, for peer.test.ts. Run by hand when a fixture is to be made anew:
//   node packages/termcore/test/peer-record.mjs [name]
// Each program runs in an empty folder with a small environment, so that nothing of this machine gets in.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawn } from '@lydell/node-pty'

const cols = 80
const rows = 24

const sample = `#include <stdio.h>

/* Adds two numbers. "Wide": 中文 かな 한글, accents: é ñ ü, symbols: → € ✓ */
static int add(int a, int b) {
  return a + b; // simple
}

int main(void) {
${Array.from({ length: 60 }, (_, i) => `  printf("%d\\n", add(${i}, ${i * 7}));`).join('\n')}
  return 0;
}
`

/** Per recording: the command, and what is typed, one string per pause. */
const recordings = {
  vim: {
    command: ['vim', '-u', 'NONE', '-N', '--cmd', 'syntax on', '--cmd', 'set number', 'sample.c'],
    keys: [
      'G',
      'gg',
      '/printf\r',
      'n',
      'dd',
      'p',
      'ihello \u4e2d\u6587\x1b',
      ':vsplit\r',
      '\x17l',
      '10j',
      ':set hlsearch\r',
      'ggVjj',
      '\x1b',
      ':q\r',
      ':q!\r',
    ],
  },
  less: {
    command: ['less', '-N', 'sample.c'],
    keys: [' ', 'b', 'G', 'g', '/add\r', 'n', '-S\r', 'jjj', 'kk', 'q'],
  },
  git: {
    command: [
      'git',
      '-c',
      'color.ui=always',
      '-c',
      'core.pager=cat',
      'log',
      '--graph',
      '--stat',
      '-p',
      '--word-diff',
    ],
    keys: [],
  },
  bash: {
    command: ['bash', '--norc', '--noprofile', '-i'],
    keys: [
      'PS1="\\[\\e[1;32m\\]user\\[\\e[0m\\]:\\w$ "\r',
      'ls --color=always\r',
      'echo one two three',
      '\x01',
      '\x05 four',
      '\x1b[D\x1b[D\x1b[DXX',
      '\x15',
      'printf "%s\\n" {1..40}\r',
      '\x10',
      '\x10',
      '\x12for\x07',
      '\x03',
      'clear\r',
      'tput bold; tput setaf 3; echo yellow; tput sgr0; tput cup 10 20; echo there\r',
      'exit\r',
    ],
  },
  tmux: {
    command: [
      'tmux',
      '-L',
      'record',
      '-f',
      '/dev/null',
      'new-session',
      'sh',
      ';',
      'split-window',
      '-h',
      'sh',
      ';',
      'split-window',
      '-v',
      'sh',
    ],
    keys: [
      'PS1="$ "\r',
      'ls\r',
      'seq 1 60\r',
      '\x02o',
      'PS1="$ "; clear\r',
      'cat sample.c\r',
      '\x02[',
      '\x1b[5~',
      'q',
      '\x02z',
      '\x02z',
      '\x02&',
      'y',
    ],
  },
  nano: {
    command: ['nano', '--ignorercfiles', '--linenumbers', 'sample.c'],
    keys: ['\x1b[6~', '\x17add\r', 'new text ', '\x0b', '\x15', '\x18', 'n'],
  },
  mc: {
    command: ['mc', '--nosubshell', '--nomouse'],
    keys: ['\x1b[B', '\x1b[B', '\t', '\x1bOR', '\x1b[21~', '\x1b[21~', '\r'],
  },
  whiptail: {
    command: [
      'whiptail',
      '--title',
      'Choose',
      '--checklist',
      'Three things',
      '15',
      '50',
      '3',
      'one',
      'first',
      'on',
      'two',
      'second',
      'off',
      'three',
      'third',
      'off',
    ],
    keys: ['\x1b[B', ' ', '\x1b[B', ' ', '\t', '\r'],
  },
}

function prepare(folder) {
  writeFileSync(join(folder, 'sample.c'), sample)
  const git = (...args) => execFileSync('git', args, { cwd: folder, env: gitEnv(folder) })
  git('init', '-q', '-b', 'main')
  git('add', '.')
  git('commit', '-q', '-m', 'first: a program')
  writeFileSync(join(folder, 'sample.c'), sample.replace('simple', 'not so simple'))
  mkdirSync(join(folder, 'docs'))
  writeFileSync(join(folder, 'docs', 'notes.md'), '# Notes\n')
  git('add', '.')
  git('commit', '-q', '-m', 'second: notes')
}

const gitEnv = (folder) => ({
  PATH: process.env.PATH,
  HOME: folder,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.com',
  GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
  GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z',
})

async function record(name, folder) {
  const { command, keys } = recordings[name]
  const env = { ...gitEnv(folder), TERM: 'xterm-256color', LANG: 'C.UTF-8' }
  const pty = spawn(command[0], command.slice(1), { cols, rows, cwd: folder, env, encoding: null })
  const chunks = []
  pty.onData((chunk) => chunks.push(chunk))
  const exited = new Promise((resolve) => pty.onExit(resolve))
  await sleep(600)
  for (const key of keys) {
    pty.write(key)
    await sleep(250)
  }
  await Promise.race([exited, sleep(3000).then(() => pty.kill())])
  // Names of this machine become others of the same length, so that columns stay where they were.
  const masked = [hostname(), userInfo().username].reduce(
    (text, own) => text.replaceAll(own, 'x'.repeat(own.length)),
    Buffer.concat(chunks).toString('latin1'),
  )
  const bytes = Buffer.from(masked, 'latin1')
  writeFileSync(new URL(`peer-fixtures/${name}.vt`, import.meta.url), bytes)
  console.log(`${name}: ${bytes.length} bytes`)
}

for (const name of process.argv[2] ? [process.argv[2]] : Object.keys(recordings)) {
  const folder = mkdtempSync(join(tmpdir(), 'record-'))
  prepare(folder)
  await record(name, folder)
  rmSync(folder, { recursive: true })
}
