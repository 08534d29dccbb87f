import { KitError } from './kit-error.js'

export type FieldType = 'u8' | 'u16' | 'u32' | 'i32' | 'f32' | 'bytes' | 'utf8'

export interface FieldSchema {
  readonly name: string
  readonly type: FieldType
}

export interface CommandSchema {
  readonly name: string
  /** 1..255, and never used again for something else: it is what both sides agree on. */
  readonly opcode: number
  readonly doc?: string
  readonly fields: readonly FieldSchema[]
}

export interface CommandBufferSchema {
  /** Name of the generated class, in PascalCase. */
  readonly name: string
  /** Prefix of everything generated for C, in snake_case. */
  readonly prefix: string
  readonly commands: readonly CommandSchema[]
}

/** Where a field lives: word 0 is the command's header. */
export interface FieldLayout extends FieldSchema {
  readonly word: number
  readonly shiftBits: number
}

export interface CommandLayout extends CommandSchema {
  readonly fields: readonly FieldLayout[]
  /** Words with the header and, for `bytes` and `utf8`, the length word; the bytes themselves come on top. */
  readonly fixedWords: number
  readonly bytesField: FieldLayout | undefined
}

const fieldBits: Record<FieldType, number> = {
  u8: 8,
  u16: 16,
  u32: 32,
  i32: 32,
  f32: 32,
  bytes: 32,
  utf8: 32,
}
const identifier = /^[a-z][A-Za-z0-9]*$/
/** Members of the writer that a command may not replace. */
const reserved = new Set(
  'constructor flush discard reserve giveBack writeText words bytes floats capacityWords usedWords pendingWords'.split(
    ' ',
  ),
)
/** Locals of the generated code, and words that C or TypeScript keep for themselves. */
const reservedFields = new Set(
  `at words sizeWords sizeBytes break case char const continue default delete do double
  else enum export extern float for function goto if import in inline int long new register return short
  signed sizeof static struct super switch this throw try typedef typeof union unsigned var void volatile
  while with yield let class`.split(/\s+/),
)

export const isVariable = (field: FieldSchema): boolean =>
  field.type === 'bytes' || field.type === 'utf8'

function refuse(what: string, hint: string): never {
  throw new KitError('KIT_SCHEMA', what, hint)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseField(value: unknown, command: string): FieldSchema {
  if (!isRecord(value)) refuse(`a field of ${command} is not an object`, 'write {"name", "type"}')
  const { name, type } = value
  if (typeof name !== 'string' || !identifier.test(name) || reservedFields.has(name))
    refuse(
      `${command}: field name ${JSON.stringify(name)}`,
      'use camelCase letters and digits, no keyword of C or TypeScript',
    )
  if (typeof type !== 'string' || !(type in fieldBits))
    refuse(
      `${command}.${name}: type ${JSON.stringify(type)}`,
      `use one of ${Object.keys(fieldBits).join(', ')}`,
    )
  return { name, type: type as FieldType }
}

function parseCommand(value: unknown): CommandSchema {
  if (!isRecord(value)) refuse('a command is not an object', 'write {"name", "opcode", "fields"}')
  const { name, opcode, doc, fields } = value
  if (typeof name !== 'string' || !identifier.test(name) || reserved.has(name))
    refuse(
      `command name ${JSON.stringify(name)}`,
      `use camelCase, none of ${[...reserved].join(', ')}`,
    )
  if (typeof opcode !== 'number' || !Number.isInteger(opcode) || opcode < 1 || opcode > 255)
    refuse(`${name}: opcode ${JSON.stringify(opcode)}`, 'use an integer from 1 to 255')
  if (doc !== undefined && (typeof doc !== 'string' || /[\n*]/.test(doc)))
    refuse(`${name}: doc must be one line of text without "*"`, 'shorten it')
  if (!Array.isArray(fields)) refuse(`${name}: fields is not an array`, 'write [] for none')
  const parsed = fields.map((field) => parseField(field, name))
  if (new Set(parsed.map((field) => field.name)).size !== parsed.length)
    refuse(`${name}: two fields have the same name`, 'rename one')
  const bytesAt = parsed.findIndex(isVariable)
  if (bytesAt >= 0 && bytesAt !== parsed.length - 1)
    refuse(`${name}: a "bytes" or "utf8" field must be the last one`, 'move it to the end')
  return { name, opcode, fields: parsed, ...(doc === undefined ? {} : { doc }) }
}

/** Reads a schema, or says which line of thought was wrong. */
export function parseCommandSchema(value: unknown): CommandBufferSchema {
  if (!isRecord(value)) refuse('the schema is not an object', 'see docs/command-buffer.md')
  const { name, prefix, commands } = value
  if (typeof name !== 'string' || !/^[A-Z][A-Za-z0-9]*$/.test(name))
    refuse(`schema name ${JSON.stringify(name)}`, 'use PascalCase')
  if (typeof prefix !== 'string' || !/^[a-z][a-z0-9_]*$/.test(prefix))
    refuse(`schema prefix ${JSON.stringify(prefix)}`, 'use snake_case')
  if (!Array.isArray(commands) || commands.length === 0)
    refuse('the schema has no commands', 'add one')
  const parsed = commands.map(parseCommand)
  for (const key of ['name', 'opcode'] as const) {
    const seen = new Set<string | number>()
    for (const command of parsed) {
      if (seen.has(command[key])) refuse(`two commands have ${key} ${command[key]}`, 'change one')
      seen.add(command[key])
    }
  }
  return { name, prefix, commands: parsed }
}

/** Small fields share a word while they fit; the order of the schema is kept. */
export function layOut(command: CommandSchema): CommandLayout {
  let word = 1
  let usedBits = 0
  const fields = command.fields.map((field): FieldLayout => {
    const bits = fieldBits[field.type]
    if (usedBits + bits > 32 && usedBits > 0) {
      word += 1
      usedBits = 0
    }
    const placed = { ...field, word, shiftBits: usedBits }
    usedBits += bits
    if (usedBits === 32) {
      word += 1
      usedBits = 0
    }
    return placed
  })
  return {
    ...command,
    fields,
    fixedWords: usedBits > 0 ? word + 1 : word,
    bytesField: fields.find(isVariable),
  }
}

/** setCell → set_cell */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
