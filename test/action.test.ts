// The GitHub action, as far as it runs without GitHub: its steps in a shell, its comment against a server of ours.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('..', import.meta.url))
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as {
  inputs: Record<string, { default?: string; description: string }>
  outputs: Record<string, { value: string }>
  runs: { using: string; steps: { id?: string; if?: string; run?: string; uses?: string }[] }
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seamproof-action-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('action.yml', () => {
  const text = readFileSync(join(root, 'action.yml'), 'utf8')

  test('uses only inputs that it declares, and every one of them', () => {
    const used = new Set([...text.matchAll(/inputs\.([a-z-]+)/g)].map((match) => match[1]!))
    expect([...used].sort()).toEqual(Object.keys(action.inputs).sort())
  })

  test('puts no input into a shell line, where it would be code', () => {
    for (const { run } of action.runs.steps) if (run !== undefined) expect(run).not.toContain('${{')
  })

  test('ends red by its last step, after the reports were kept', () => {
    const steps = action.runs.steps
    const upload = steps.findIndex(({ uses }) => uses?.startsWith('actions/upload-artifact'))
    expect(upload).toBeGreaterThan(steps.findIndex(({ id }) => id === 'run'))
    expect(steps.at(-1)!.run).toBe('exit "$SEAMPROOF_EXIT_CODE"')
    expect(upload).toBeLessThan(steps.length - 1)
  })
})

describe('the step that runs Seamproof', () => {
  /** Stands for Seamproof: says what it was called with, leaves a report, ends with the code it is told. */
  function runStep(over: Record<string, string> = {}) {
    const stub = join(folder, 'stub.sh')
    writeFileSync(
      stub,
      `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/argv'\nfor last; do :; done\nout=$(printf '%s\\n' "$@" | grep -A1 -x -e --out | tail -1)\nmkdir -p "$out" && echo '# table' > "$out/report.md"\nexit \${STUB_CODE:-0}\n`,
      { mode: 0o755 },
    )
    const output = join(folder, 'output')
    const summary = join(folder, 'summary')
    writeFileSync(output, '')
    const ran = spawnSync('bash', [join(root, 'action/run.sh')], {
      cwd: folder,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        RUNNER_TEMP: folder,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        SEAMPROOF: stub,
        SEAMPROOF_COMMAND: 'validate',
        SEAMPROOF_ARGS: '',
        SEAMPROOF_SHARD: '',
        ...over,
      },
    })
    const outputs = Object.fromEntries(
      readFileSync(output, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split('=') as [string, string]),
    )
    return {
      ran,
      outputs,
      argv: readFileSync(join(folder, 'argv'), 'utf8').trim().split('\n'),
      summary,
    }
  }

  test('keeps the exit code for the last step, and tells the folder and the table', () => {
    const { ran, outputs, summary } = runStep({ STUB_CODE: '1' })
    expect(ran.status).toBe(0)
    expect(outputs['exit-code']).toBe('1')
    expect(outputs.markdown).toBe(`${outputs.folder}/report.md`)
    expect(readFileSync(summary, 'utf8')).toContain('# table')
  })

  test('splits the arguments as a shell does, and gives each shard a folder of its own', () => {
    const { argv, outputs } = runStep({
      SEAMPROOF_ARGS: '--full a.seam.ts',
      SEAMPROOF_SHARD: '2/4',
    })
    expect(argv.slice(0, 5)).toEqual(['validate', '--full', 'a.seam.ts', '--shard', '2/4'])
    expect(outputs.folder).toMatch(/2-of-4$/)
  })
})

describe('the comment', () => {
  interface Received {
    method: string
    url: string
    body: { body?: string }
  }
  const servers: Server[] = []
  afterAll(() => {
    for (const server of servers) server.close()
  })

  async function comment(
    known: { id: number; body: string }[],
    options: { markdown?: string; event?: unknown; status?: number } = {},
  ) {
    const received: Received[] = []
    const server = createServer((request, response) => {
      let text = ''
      request.on('data', (chunk) => {
        text += chunk
      })
      request.on('end', () => {
        received.push({
          method: request.method!,
          url: request.url!,
          body: text === '' ? {} : JSON.parse(text),
        })
        response.statusCode = options.status ?? 200
        response.end(JSON.stringify(request.method === 'GET' ? known : { id: 1 }))
      })
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const eventFile = join(folder, 'event.json')
    const markdownFile = join(folder, 'report.md')
    writeFileSync(eventFile, JSON.stringify(options.event ?? { pull_request: { number: 7 } }))
    writeFileSync(markdownFile, options.markdown ?? '# table')
    const ran = await execa('node', [join(root, 'action/comment.mjs')], {
      reject: false,
      extendEnv: false,
      env: {
        PATH: process.env.PATH ?? '',
        GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        GITHUB_REPOSITORY: 'ann/grid',
        GITHUB_EVENT_PATH: eventFile,
        GITHUB_TOKEN: 'secret',
        SEAMPROOF_MARKDOWN: markdownFile,
        SEAMPROOF_COMMENT_KEY: 'seamproof',
      },
    })
    return { ran, received }
  }

  test('is made once and then kept up to date, whoever else comments', async () => {
    const first = await comment([{ id: 3, body: 'looks good' }])
    expect(first.received.map(({ method }) => method)).toEqual(['GET', 'POST'])
    const body = first.received[1]!.body.body!
    expect(body).toContain('# table')
    const second = await comment([
      { id: 3, body: 'looks good' },
      { id: 4, body },
    ])
    expect(second.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /repos/ann/grid/issues/7/comments?per_page=100&page=1',
      'PATCH /repos/ann/grid/issues/comments/4',
    ])
  })

  test('is cut where GitHub would refuse it, and says so', async () => {
    const { received } = await comment([], { markdown: 'x'.repeat(100_000) })
    const body = received[1]!.body.body!
    expect(body.length).toBeLessThanOrEqual(65_536)
    expect(body).toContain('the whole report is in the artifact')
  })

  test('is not tried without a pull request, and a refusal is a warning, not the verdict', async () => {
    const push = await comment([], { event: { ref: 'refs/heads/main' } })
    expect(push.received).toEqual([])
    const refused = await comment([], { status: 403 })
    expect(refused.ran.exitCode).toBe(0)
    expect(refused.ran.stdout).toContain('::warning::')
    expect(refused.ran.stdout).not.toContain('secret')
  })
})
