import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CommandError, CommandWriter, generateC, parseCommandSchema } from '@seamproof/kit'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { loadKitAddon } from './kit-addon.js'
import { TestCommands, testCommandsNames } from './native/kit-addon-commands.generated.js'

const addon = loadKitAddon()
const memory = addon.commandsMemory()
const open = (): TestCommands =>
  new TestCommands({ memory, drain: () => void addon.drain(), names: testCommandsNames })
let base = 0
beforeEach(() => {
  base = addon.results()[0]
})

describe('a command buffer', () => {
  test('applies nothing before flush and everything at flush, in one crossing', () => {
    let drains = 0
    const commands = new TestCommands({
      memory,
      drain: () => {
        drains++
        addon.drain()
      },
    })
    commands.add(5)
    commands.add(-2)
    expect(addon.results()[0]).toBe(base)
    expect(commands.flush()).toBe(2)
    expect(addon.results()[0]).toBe(base + 3)
    expect(drains).toBe(1)
    expect(commands.flush()).toBe(0)
    expect(drains).toBe(1)
  })

  test('flushes by itself when it is full', () => {
    const commands = open()
    for (let index = 0; index < 1000; index++) commands.add(1)
    commands.flush()
    expect(addon.results()[0]).toBe(base + 1000)
  })

  test('carries every field type', () => {
    const commands = open()
    commands.packed(200, 40000, 4_000_000_000, 0.5)
    commands.text(1, 'grüße, 漢字 🙂')
    commands.blob(new Uint8Array([1, 2, 3, 4, 5]))
    expect(commands.flush()).toBe(3)
    expect(addon.results().slice(1, 5)).toEqual([200, 40000, 4_000_000_000, 0.5])
    expect(addon.results()[6]).toBe('grüße, 漢字 🙂')
    expect(addon.results()[0]).toBe(base + 15)
  })

  test('any text arrives as it was', () => {
    const commands = open()
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 12 }), (text) => {
        fc.pre(!text.includes('\0') && Buffer.byteLength(text) < 200 && text.length < 70)
        commands.text(0, text)
        commands.flush()
        expect(addon.results()[6]).toBe(Buffer.from(text).toString())
      }),
    )
  })

  test('ends a batch at the first refused command: what came before took effect, the rest did not', () => {
    const commands = open()
    commands.add(1)
    commands.add(1)
    commands.fail(23)
    commands.add(100)
    expect(() => commands.flush()).toThrow(
      expect.objectContaining({ status: 23, appliedCount: 2, opcode: 5, commandName: 'fail' }),
    )
    expect(addon.results()[0]).toBe(base + 2)
    commands.add(1)
    expect(commands.flush()).toBe(1)
    expect(addon.results()[0]).toBe(base + 3)
  })

  test('refuses to be drained from inside its own drain', () => {
    const commands = open()
    commands.fail(16)
    expect(() => commands.flush()).toThrow(CommandError)
    expect(addon.results()[5]).toBe(5)
  })

  test('refuses a command that can never fit', () => {
    expect(() => open().blob(new Uint8Array(1000))).toThrow(
      expect.objectContaining({ code: 'KIT_COMMAND_TOO_LARGE' }),
    )
  })

  test('survives any words at all', () => {
    const words = new Uint32Array(memory)
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 0xffffffff }), { minLength: 1, maxLength: 64 }),
        fc.nat({ max: 0xffffffff }),
        (content, used) => {
          words.set(content, 16)
          words[2] = used % 3 === 0 ? used : used % 65
          const status = addon.drain()
          expect(words[2]).toBe(0)
          expect(words[4]).toBe(status)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('is not made over memory that is none', () => {
    expect(() => new CommandWriter({ memory: new ArrayBuffer(256), drain: () => {} })).toThrow(
      'no command buffer',
    )
  })
})

describe('the generator', () => {
  const cli = fileURLToPath(new URL('../dist/commands-cli.js', import.meta.url))
  const at = (name: string): string => fileURLToPath(new URL(`native/${name}`, import.meta.url))
  const files = ['--c', at('kit_addon_commands.h'), '--ts', at('kit-addon-commands.generated.ts')]

  test('finds that the committed files are current', () => {
    const result = spawnSync(process.execPath, [
      cli,
      at('kit_addon.schema.json'),
      ...files,
      '--check',
    ])
    expect(result.status).toBe(0)
  })

  test('finds that they are not once the schema has changed', () => {
    const schema = JSON.parse(readFileSync(at('kit_addon.schema.json'), 'utf8')) as object
    const changed = { ...schema, prefix: 'other' }
    expect(generateC(parseCommandSchema(changed), 'x')).not.toBe(
      readFileSync(at('kit_addon_commands.h'), 'utf8'),
    )
  })

  test.each([
    [
      'two commands with one opcode',
      [
        { name: 'a', opcode: 1, fields: [] },
        { name: 'b', opcode: 1, fields: [] },
      ],
    ],
    ['an opcode beyond a byte', [{ name: 'a', opcode: 256, fields: [] }]],
    [
      'bytes that are not last',
      [
        {
          name: 'a',
          opcode: 1,
          fields: [
            { name: 'x', type: 'bytes' },
            { name: 'y', type: 'u8' },
          ],
        },
      ],
    ],
    ['a keyword as a field', [{ name: 'a', opcode: 1, fields: [{ name: 'class', type: 'u8' }] }]],
    ['a name that the writer needs', [{ name: 'flush', opcode: 1, fields: [] }]],
    ['an unknown type', [{ name: 'a', opcode: 1, fields: [{ name: 'x', type: 'u64' }] }]],
  ])('refuses %s', (_, commands) => {
    expect(() => parseCommandSchema({ name: 'X', prefix: 'x', commands })).toThrow(
      expect.objectContaining({ code: 'KIT_SCHEMA' }),
    )
  })
})
