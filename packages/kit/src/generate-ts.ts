import {
  type CommandBufferSchema,
  type CommandLayout,
  type FieldLayout,
  layOut,
} from './command-schema.js'

const parameterTypes = { bytes: 'Uint8Array', utf8: 'string' } as const

function parameter(field: FieldLayout): string {
  const type =
    field.type === 'bytes' || field.type === 'utf8' ? parameterTypes[field.type] : 'number'
  return `${field.name}: ${type}`
}

function expression(field: FieldLayout): string {
  if (field.type === 'u8' || field.type === 'u16') {
    const masked = `(${field.name} & ${field.type === 'u8' ? '0xff' : '0xffff'})`
    return field.shiftBits === 0 ? masked : `(${masked} << ${field.shiftBits})`
  }
  return field.name
}

function writes(command: CommandLayout): string[] {
  const lines: string[] = []
  const words = new Map<number, FieldLayout[]>()
  for (const field of command.fields)
    words.set(field.word, [...(words.get(field.word) ?? []), field])
  for (const [word, fields] of words) {
    const first = fields[0]
    if (first === undefined) continue
    if (first.type === 'f32') lines.push(`    this.floats[at + ${word}] = ${first.name}`)
    else if (first.type === 'bytes') {
      lines.push(`    words[at + ${word}] = ${first.name}.length`)
      lines.push(`    this.bytes.set(${first.name}, (at + ${word + 1}) * 4)`)
    } else if (first.type === 'utf8') lines.push(`    words[at + ${word}] = sizeBytes`)
    else lines.push(`    words[at + ${word}] = ${fields.map(expression).join(' | ')}`)
  }
  return lines
}

/** Reserves the command's words as `at`; variable ones know their size as `sizeWords`. */
function reserve({ bytesField, fixedWords }: CommandLayout): string[] {
  if (bytesField === undefined) return [`    const at = this.reserve(${fixedWords})`]
  if (bytesField.type === 'bytes')
    return [
      `    const sizeWords = ${fixedWords} + ((${bytesField.name}.length + 3) >>> 2)`,
      '    const at = this.reserve(sizeWords)',
    ]
  // A UTF-16 unit takes at most three bytes; what is not needed goes back.
  return [
    `    const at = this.reserve(${fixedWords} + ((${bytesField.name}.length * 3 + 3) >>> 2))`,
    `    const sizeBytes = this.writeText((at + ${fixedWords}) * 4, ${bytesField.name})`,
    `    const sizeWords = ${fixedWords} + ((sizeBytes + 3) >>> 2)`,
    '    this.giveBack(at + sizeWords)',
  ]
}

function method(command: CommandLayout): string {
  const { bytesField, fixedWords, opcode } = command
  const head =
    bytesField === undefined
      ? `0x${((fixedWords << 8) | opcode).toString(16)}`
      : `(sizeWords << 8) | ${opcode}`
  return [
    ...(command.doc === undefined ? [] : [`  /** ${command.doc} */`]),
    `  ${command.name}(${command.fields.map(parameter).join(', ')}): void {`,
    ...reserve(command),
    '    const words = this.words',
    `    words[at] = ${head}`,
    ...writes(command),
    '  }',
  ].join('\n')
}

/** The TypeScript side of a schema: a CommandWriter with one typed method per command. */
export function generateTypeScript(
  schema: CommandBufferSchema,
  schemaFile: string,
  kitImport = '@seamproof/kit',
): string {
  const commands = schema.commands.map(layOut)
  const names = commands.map((command) => `  ${command.opcode}: '${command.name}',`)
  return `// Generated from ${schemaFile} by seamproof-kit-commands. Do not edit.
import { CommandWriter } from '${kitImport}'

/** What each opcode is called, for messages. */
export const ${schema.name[0]?.toLowerCase()}${schema.name.slice(1)}Names: Readonly<Record<number, string>> = {
${names.join('\n')}
}

export class ${schema.name} extends CommandWriter {
${commands.map(method).join('\n\n')}
}
`
}
