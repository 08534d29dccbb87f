import {
  type CommandBufferSchema,
  type CommandLayout,
  type FieldLayout,
  isVariable,
  layOut,
  snakeCase,
} from './command-schema.js'

const cTypes = {
  u8: 'uint8_t',
  u16: 'uint16_t',
  u32: 'uint32_t',
  i32: 'int32_t',
  f32: 'float',
  bytes: 'const uint8_t *',
  utf8: 'const uint8_t *',
} as const

function member(field: FieldLayout): string {
  const name = snakeCase(field.name)
  if (isVariable(field)) return `  const uint8_t *${name};\n  uint32_t ${name}_size_bytes;`
  return `  ${cTypes[field.type]} ${name};`
}

function read(field: FieldLayout): string {
  const name = snakeCase(field.name)
  const word = `payload[${field.word - 1}]`
  switch (field.type) {
    case 'bytes':
    case 'utf8':
      return `  out->${name}_size_bytes = ${word};\n  out->${name} = (const uint8_t *)(payload + ${field.word});`
    case 'f32':
      return `  memcpy(&out->${name}, &${word}, sizeof out->${name});`
    case 'u8':
    case 'u16': {
      const mask = field.type === 'u8' ? '0xffu' : '0xffffu'
      const shifted = field.shiftBits === 0 ? word : `(${word} >> ${field.shiftBits})`
      return `  out->${name} = (${cTypes[field.type]})(${shifted} & ${mask});`
    }
    default:
      return `  out->${name} = (${cTypes[field.type]})${word};`
  }
}

function sizeCheck(command: CommandLayout): string {
  const { fixedWords, bytesField } = command
  if (bytesField === undefined) return `  if (command->size_words != ${fixedWords}) return false;`
  return [
    `  if (command->size_words < ${fixedWords}) return false;`,
    `  const uint32_t room_words = command->size_words - ${fixedWords};`,
    `  const uint32_t length = command->payload[${bytesField.word - 1}];`,
    '  if (length > room_words * 4u || room_words != (length + 3u) / 4u) return false;',
  ].join('\n')
}

function commandCode(command: CommandLayout, prefix: string): string {
  const name = `${prefix}_${snakeCase(command.name)}`
  const members = command.fields.map(member)
  const body =
    command.fields.length === 0
      ? '  (void)out;'
      : ['  const uint32_t *const payload = command->payload;', ...command.fields.map(read)].join(
          '\n',
        )
  return `${command.doc === undefined ? '' : `/* ${command.doc} */\n`}typedef struct ${name} {
${members.length > 0 ? members.join('\n') : '  char nothing;'}
} ${name};

static inline bool ${name}_decode(const seam_command *command, ${name} *out) {
${sizeCheck(command)}
${body}
  return true;
}
`
}

function dispatchCase(command: CommandLayout, prefix: string): string {
  const name = `${prefix}_${snakeCase(command.name)}`
  return `    case ${name.toUpperCase()}: {
      ${name} fields;
      if (!${name}_decode(command, &fields)) return SEAM_COMMANDS_WRONG_SIZE;
      return ${name}_apply(context, &fields);
    }`
}

/** The C side of a schema: opcodes, one struct and one bounds-checked decoder per command, a dispatcher. */
export function generateC(schema: CommandBufferSchema, schemaFile: string): string {
  const { prefix } = schema
  const guard = `${prefix.toUpperCase()}_COMMANDS_GENERATED_H`
  const commands = schema.commands.map(layOut)
  const opcodes = commands.map(
    (command) => `  ${`${prefix}_${snakeCase(command.name)}`.toUpperCase()} = ${command.opcode},`,
  )
  const declarations = commands.map((command) => {
    const name = `${prefix}_${snakeCase(command.name)}`
    return `static uint32_t ${name}_apply(void *context, const ${name} *fields);`
  })
  return `/* Generated from ${schemaFile} by seamproof-kit-commands. Do not edit. */
#ifndef ${guard}
#define ${guard}

#include <seamproof/command_buffer.h>

enum {
${opcodes.join('\n')}
};

${commands.map((command) => commandCode(command, prefix)).join('\n')}
#ifdef ${prefix.toUpperCase()}_COMMANDS_DISPATCH
/* The file that defines this macro defines these too: 0, or the status that ends the batch. */
${declarations.join('\n')}

static inline uint32_t ${prefix}_commands_dispatch(void *context, const seam_command *command) {
  switch (command->opcode) {
${commands.map((command) => dispatchCase(command, prefix)).join('\n')}
    default: return SEAM_COMMANDS_UNKNOWN_OPCODE;
  }
}
#endif

#endif
`
}
