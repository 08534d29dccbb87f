import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SeamproofError } from '../../src/base/seamproof-error.js'
import { findSubjectExecutable } from '../../src/capture/subject-executable.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seamproof-executable-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const find = (command: string) =>
  findSubjectExecutable(command, {
    cwd: folder,
    env: { PATH: `${dirname(process.execPath)}:/bin` },
  })

function script(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, 0o755)
  return path
}

function refusal(command: string): SeamproofError {
  try {
    find(command)
  } catch (error) {
    return error as SeamproofError
  }
  throw new Error(`${command} was accepted`)
}

describe('findSubjectExecutable', () => {
  test('finds node in PATH and knows it', () => {
    expect(find('node').isNode).toBe(true)
  })

  test('follows a script to its interpreter through env', () => {
    script('cli', '#!/usr/bin/env node\nconsole.log(1)\n')
    expect(find('./cli').isNode).toBe(true)
  })

  test('follows env with options and variables', () => {
    script('cli-s', '#!/usr/bin/env -S A=1 node --no-warnings\n')
    expect(find('./cli-s').isNode).toBe(true)
  })

  test('follows a script whose interpreter is a script', () => {
    const inner = script('inner', '#!/bin/sh\n')
    script('outer', `#!${inner}\n`)
    expect(find('./outer').isNode).toBe(false)
  })

  test('follows a symbolic link to node', () => {
    symlinkSync(process.execPath, join(folder, 'renamed'))
    expect(find('./renamed').isNode).toBe(true)
  })

  test('a command that does not exist ends with exit code 4 and says where it looked', () => {
    const error = refusal('no-such-command')
    expect(error.exitCode).toBe(4)
    expect(error.message).toBe('there is no command "no-such-command" in PATH')
  })

  test('a script that is named as if it were a command is told to go through node', () => {
    expect(refusal('app.js').hint).toBe('to run a script: seamproof track -- node app.js')
  })

  test('a script with an interpreter that is gone names it', () => {
    script('stale', '#!/opt/gone/python2\n')
    expect(refusal('./stale').message).toContain('"/opt/gone/python2"')
  })

  test('a file that is not executable says how to make it so', () => {
    writeFileSync(join(folder, 'plain'), '#!/bin/sh\n')
    chmodSync(join(folder, 'plain'), 0o644)
    expect(refusal('./plain').code).toBe('SUBJECT_NOT_EXECUTABLE')
  })

  test('a text file without an interpreter is refused', () => {
    script('notes', 'just some words\n')
    expect(refusal('./notes').code).toBe('SUBJECT_NOT_NATIVE')
  })
})
