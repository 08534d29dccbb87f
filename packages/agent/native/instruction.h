/* x86-64 instructions as far as following the stack pointer needs them. */
#ifndef SEAMPROOF_INSTRUCTION_H
#define SEAMPROOF_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum instruction_map { MAP_ONE = 0, MAP_0F = 1, MAP_0F38 = 2, MAP_0F3A = 3, MAP_OTHER = 4 };

struct instruction {
  uint8_t length; /* 0: not understood, or it does not fit into the bytes that there are */
  uint8_t map, opcode, modrm, rex;
  bool has_modrm, is_vector; /* VEX or EVEX: never touches the stack pointer */
  uint8_t base; /* of a memory operand: register number, 16 when there is none or it is rip */
  int32_t displacement;
  int64_t immediate; /* or the distance of a branch */
};

struct instruction agt_decode(const uint8_t *code, size_t bytes);

static inline unsigned modrm_mod(const struct instruction *i) { return i->modrm >> 6; }
static inline unsigned modrm_reg(const struct instruction *i) { return (i->modrm >> 3 & 7) | (i->rex & 4 ? 8 : 0); }
static inline unsigned modrm_rm(const struct instruction *i) { return (i->modrm & 7) | (i->rex & 1 ? 8 : 0); }

#endif
