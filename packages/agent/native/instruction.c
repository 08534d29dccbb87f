/* How long an x86-64 instruction is, and its operands. Opcode maps as in the processor manuals, appendix A. */
#include "instruction.h"

#include <string.h>

/* Bytes of immediate, by opcode of the one-byte map: 4 is "16 or 32 bits", 8 an address, 9 "as mov reg, imm". */
static unsigned immediate_of_one(uint8_t opcode, unsigned reg) {
  if (opcode < 0x40) return (opcode & 7) == 4 ? 1 : (opcode & 7) == 5 ? 4 : 0;
  if (opcode >= 0x70 && opcode < 0x80) return 1;
  if (opcode >= 0xa0 && opcode < 0xa4) return 8;
  if (opcode >= 0xb0 && opcode < 0xb8) return 1;
  if (opcode >= 0xb8 && opcode < 0xc0) return 9;
  if (opcode >= 0xe0 && opcode < 0xe8) return 1;
  switch (opcode) {
    case 0x68: case 0x69: case 0x81: case 0xa9: case 0xc7: return 4;
    case 0xe8: case 0xe9: return 5; /* 32 bits, whatever the prefixes */
    case 0x6a: case 0x6b: case 0x80: case 0x83: case 0xa8: case 0xc0: case 0xc1: case 0xc6: case 0xcd: case 0xeb: return 1;
    case 0xc2: case 0xca: return 2;
    case 0xc8: return 3;
    case 0xf6: return reg < 2 ? 1 : 0;
    case 0xf7: return reg < 2 ? 4 : 0;
    default: return 0;
  }
}

static bool one_has_modrm(uint8_t opcode) {
  if (opcode < 0x40) return (opcode & 7) < 4;
  if (opcode >= 0x84 && opcode < 0x90) return true;
  if (opcode >= 0xd0 && opcode < 0xd4) return true;
  if (opcode >= 0xd8 && opcode < 0xe0) return true;
  switch (opcode) {
    case 0x63: case 0x69: case 0x6b: case 0x80: case 0x81: case 0x83: case 0xc0: case 0xc1: case 0xc6: case 0xc7:
    case 0xf6: case 0xf7: case 0xfe: case 0xff: return true;
    default: return false;
  }
}

static bool is_invalid_one(uint8_t opcode) {
  if (opcode < 0x40) return (opcode & 7) > 5;
  switch (opcode) {
    case 0x60: case 0x61: case 0x82: case 0x9a: case 0xce: case 0xd4: case 0xd5: case 0xd6: case 0xea: return true;
    default: return false;
  }
}

static bool two_has_modrm(uint8_t opcode) {
  if (opcode >= 0x80 && opcode < 0x90) return false;
  if (opcode >= 0x30 && opcode < 0x38) return false;
  if (opcode >= 0xc8 && opcode < 0xd0) return false;
  switch (opcode) {
    case 0x05: case 0x06: case 0x07: case 0x08: case 0x09: case 0x0b: case 0x0e: case 0x77:
    case 0xa0: case 0xa1: case 0xa2: case 0xa8: case 0xa9: case 0xaa: return false;
    default: return true;
  }
}

static unsigned immediate_of_two(uint8_t opcode) {
  if (opcode >= 0x80 && opcode < 0x90) return 5;
  if (opcode >= 0x70 && opcode < 0x74) return 1;
  switch (opcode) {
    case 0xa4: case 0xac: case 0xba: case 0xc2: case 0xc4: case 0xc5: case 0xc6: return 1;
    default: return 0;
  }
}

struct cursor { const uint8_t *at, *end; bool is_short; };

static uint8_t next_byte(struct cursor *cursor) {
  if (cursor->at < cursor->end) return *cursor->at++;
  cursor->is_short = true;
  return 0;
}

static int64_t next_number(struct cursor *cursor, unsigned bytes) {
  int64_t number = 0;
  if ((size_t)(cursor->end - cursor->at) < bytes) cursor->is_short = true;
  else memcpy(&number, cursor->at, bytes);
  if (!cursor->is_short) cursor->at += bytes;
  if (bytes == 0 || bytes == 8) return number;
  unsigned shift = 64 - 8 * bytes;
  return (int64_t)((uint64_t)number << shift) >> shift;
}

static void read_operand(struct instruction *instruction, struct cursor *cursor) {
  instruction->has_modrm = true;
  instruction->modrm = next_byte(cursor);
  instruction->base = 16;
  unsigned mod = instruction->modrm >> 6, rm = instruction->modrm & 7, bytes = mod == 1 ? 1 : mod == 2 ? 4 : 0;
  if (mod == 3) return;
  unsigned base = rm;
  if (rm == 4) base = next_byte(cursor) & 7;
  if (mod == 0 && base == 5) bytes = 4; /* rip, or no base at all */
  else instruction->base = (uint8_t)(base | (instruction->rex & 1 ? 8 : 0));
  instruction->displacement = (int32_t)next_number(cursor, bytes);
}

/* VEX and EVEX: their maps are those of the older encodings; of their prefix only its length counts here. */
static uint8_t read_vector_prefix(struct instruction *instruction, struct cursor *cursor, uint8_t first) {
  instruction->is_vector = true;
  uint8_t byte = next_byte(cursor);
  instruction->map = MAP_0F;
  if (first == 0xc4) {
    instruction->map = byte & 31;
    next_byte(cursor);
  } else if (first == 0x62) {
    instruction->map = byte & 7;
    next_byte(cursor);
    next_byte(cursor);
  }
  return next_byte(cursor);
}

static void read_opcode(struct instruction *instruction, struct cursor *cursor, uint8_t byte) {
  instruction->map = MAP_ONE;
  if (byte == 0xc4 || byte == 0xc5 || byte == 0x62) byte = read_vector_prefix(instruction, cursor, byte);
  else if (byte == 0x0f) {
    instruction->map = MAP_0F;
    byte = next_byte(cursor);
    if (byte == 0x38 || byte == 0x3a) {
      instruction->map = byte == 0x38 ? MAP_0F38 : MAP_0F3A;
      byte = next_byte(cursor);
    }
  }
  instruction->opcode = byte;
}

struct instruction agt_decode(const uint8_t *code, size_t bytes) {
  struct instruction instruction = {.base = 16};
  struct cursor cursor = {code, code + (bytes < 15 ? bytes : 15), false};
  bool is_half = false;
  uint8_t byte = next_byte(&cursor);
  while (byte == 0x66 || byte == 0x67 || byte == 0xf0 || byte == 0xf2 || byte == 0xf3 || byte == 0x2e || byte == 0x36 ||
         byte == 0x3e || byte == 0x26 || byte == 0x64 || byte == 0x65) {
    is_half |= byte == 0x66;
    byte = next_byte(&cursor);
  }
  if ((byte & 0xf0) == 0x40) {
    instruction.rex = byte;
    byte = next_byte(&cursor);
  }
  read_opcode(&instruction, &cursor, byte);
  uint8_t opcode = instruction.opcode;
  bool is_one = instruction.map == MAP_ONE, is_two = instruction.map == MAP_0F;
  if (is_one && is_invalid_one(opcode)) return instruction;
  if (is_one ? one_has_modrm(opcode) : !is_two || two_has_modrm(opcode)) read_operand(&instruction, &cursor);
  unsigned size = is_one                             ? immediate_of_one(opcode, instruction.modrm >> 3 & 7)
                  : is_two                           ? immediate_of_two(opcode)
                  : instruction.map == MAP_0F3A ? 1
                                                     : 0;
  if (size == 4 && is_half) size = 2;
  if (size == 5) size = 4;
  if (size == 9) size = instruction.rex & 8 ? 8 : is_half ? 2 : 4;
  instruction.immediate = next_number(&cursor, size == 3 ? 2 : size);
  if (size == 3) next_byte(&cursor);
  if (!cursor.is_short) instruction.length = (uint8_t)(cursor.at - code);
  return instruction;
}
