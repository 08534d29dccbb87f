/*
 * Stepping out of code without unwind tables by reading it: from the instruction on to the function's return, adding up what
 * is taken off the stack on the way. Calls leave the stack pointer as it was; at a branch both ways are followed until one
 * of them returns to an address behind a call. What cannot be followed (a stack pointer out of a register that is not the
 * frame pointer, a jump through a table) is given up, and guess.c looks at the stack instead.
 */
#include "agent.h"
#include "instruction.h"

enum { RSP = 4, RBP = 5, STEPS_MAX = 4000, WAYS_MAX = 24, SEEN_MAX = 96 };
enum base { FROM_SP, FROM_RBP, FROM_SAVED_SP, UNKNOWN };

/* Where the stack pointer is, against one of the registers as they are in the frame; and where its rbp has been saved. */
struct way {
  uintptr_t at;
  int32_t offset, rbp_offset;
  uint8_t base, rbp_base; /* rbp_base UNKNOWN: rbp is as it was */
};

struct search {
  const struct agt_frame_view *view;
  uintptr_t low, high;
  struct way ways[WAYS_MAX];
  uint32_t seen[SEEN_MAX]; /* distance from `low`: this may run on a signal stack of 8 KiB */
  uint32_t way_count, seen_count, steps;
  agt_rule fallback;
};

static uintptr_t value_of(const struct search *search, uint8_t base) {
  return base == FROM_SP ? search->view->sp : search->view->rbp;
}

/* libjpeg-turbo's assembly: mov %rbp,%rsp; pop %rsp; pop %rbp; ret. */
static agt_rule rule_of_saved_sp(const struct search *search, const struct way *way) {
  uintptr_t saved, word;
  if (way->offset != 8 || way->rbp_base != FROM_SAVED_SP || way->rbp_offset != 0) return 0;
  if (!search->view->peek(search->view->context, search->view->rbp, &saved) || saved & 7) return 0;
  if (saved < search->view->sp || saved + 16 > search->view->high) return 0;
  if (!search->view->peek(search->view->context, saved + 8, &word) || !agt_is_after_call(word)) return 0;
  return AGT_RULE(AGT_CFA_SAVED_SP, 0, AGT_RBP_AT_CFA, -16);
}

/* The way has come to a return: a rule, if what lies there is a return address. */
static agt_rule rule_at_return(const struct search *search, const struct way *way) {
  if (way->base == UNKNOWN) return 0;
  if (way->base == FROM_SAVED_SP) return rule_of_saved_sp(search, way);
  int32_t cfa_offset = way->offset + 8;
  uintptr_t cfa = value_of(search, way->base) + (uintptr_t)(intptr_t)cfa_offset, word;
  if (cfa & 7 || cfa <= search->view->sp || cfa > search->view->high) return 0;
  if (!search->view->peek(search->view->context, cfa - 8, &word) || !agt_is_after_call(word)) return 0;
  if (way->rbp_base == UNKNOWN)
    return AGT_RULE(way->base == FROM_SP ? AGT_CFA_GUESSED : AGT_CFA_RBP, cfa_offset, AGT_RBP_SAME, 0);
  int32_t rbp_offset = way->rbp_offset - cfa_offset;
  if (way->rbp_base != way->base || rbp_offset < -(1 << 23) || rbp_offset >= 1 << 23) return 0;
  return AGT_RULE(way->base == FROM_SP ? AGT_CFA_GUESSED : AGT_CFA_RBP, cfa_offset, AGT_RBP_AT_CFA, rbp_offset);
}

static bool is_register(const struct instruction *i, unsigned number) { return modrm_mod(i) == 3 && modrm_rm(i) == number; }

static void saved_rbp_is_at(struct way *way, int32_t offset) {
  way->rbp_base = way->base;
  way->rbp_offset = offset;
}

static void set_stack_pointer(struct way *way, const struct instruction *i, unsigned base) {
  if (base == RBP && way->rbp_base == UNKNOWN) {
    way->base = FROM_RBP;
    way->offset = i->displacement;
  } else if (base == RSP && way->base != UNKNOWN) way->offset += i->displacement;
  else way->base = UNKNOWN;
}

/* What an instruction of the one-byte map does to the stack pointer and to rbp. */
static void apply_one(struct way *way, const struct instruction *i) {
  uint8_t opcode = i->opcode;
  unsigned group = i->modrm >> 3 & 7;
  if (opcode >= 0x50 && opcode < 0x58) way->offset -= 8;
  else if (opcode >= 0x58 && opcode < 0x60) {
    unsigned number = (opcode & 7u) | (i->rex & 1 ? 8 : 0);
    if (number == RBP) saved_rbp_is_at(way, way->offset);
    if (number == RSP) {
      way->base = way->base == FROM_RBP && way->offset == 0 ? FROM_SAVED_SP : UNKNOWN;
      way->offset = -8;
    }
    way->offset += 8;
  } else if (opcode == 0x68 || opcode == 0x6a || opcode == 0x9c) way->offset -= 8;
  else if (opcode == 0x9d || (opcode == 0x8f && group == 0)) way->offset += 8;
  else if (opcode == 0xff && group == 6) way->offset -= 8;
  else if ((opcode == 0x81 || opcode == 0x83) && is_register(i, RSP)) {
    if (group == 0) way->offset += (int32_t)i->immediate;
    else if (group == 5) way->offset -= (int32_t)i->immediate;
    else if (group != 7) way->base = UNKNOWN;
  } else if (opcode == 0x8d && modrm_reg(i) == RSP) set_stack_pointer(way, i, (i->modrm & 7) == 4 || i->base < 8 ? i->base : 16);
  else if ((opcode == 0x89 && is_register(i, RSP)) || (opcode == 0x8b && modrm_reg(i) == RSP)) {
    unsigned from = opcode == 0x89 ? modrm_reg(i) : modrm_rm(i);
    if (modrm_mod(i) != 3) from = 16;
    set_stack_pointer(way, i, from == RSP ? 16 : from);
  } else if (opcode == 0x8b && modrm_reg(i) == RBP && i->base == RSP && modrm_mod(i) != 3)
    saved_rbp_is_at(way, way->offset + i->displacement);
  else if (opcode == 0x01 || opcode == 0x29) {
    if (is_register(i, RSP)) way->base = UNKNOWN;
  } else if ((opcode == 0x03 || opcode == 0x2b) && modrm_reg(i) == RSP) way->base = UNKNOWN;
  else if (opcode == 0xc9) {
    way->base = way->rbp_base == UNKNOWN ? FROM_RBP : UNKNOWN;
    way->offset = 0;
    saved_rbp_is_at(way, 0);
    way->offset = 8;
  }
}

static bool is_seen(struct search *search, uintptr_t at) {
  for (uint32_t i = 0; i < search->seen_count; i++)
    if (search->seen[i] == (uint32_t)(at - search->low)) return true;
  if (search->seen_count < SEEN_MAX) search->seen[search->seen_count++] = (uint32_t)(at - search->low);
  return false;
}

static void branch(struct search *search, const struct way *way, uintptr_t target) {
  if (search->way_count == WAYS_MAX || search->seen_count == SEEN_MAX || is_seen(search, target)) return;
  search->ways[search->way_count] = *way;
  search->ways[search->way_count++].at = target;
}

enum turn { GO_ON, RETURNED, DEAD };

/* One instruction of a way. */
static enum turn follow(struct search *search, struct way *way) {
  if (way->at < search->low || way->at >= search->high) return DEAD;
  struct instruction i = agt_decode((const uint8_t *)way->at, search->high - way->at);
  if (!i.length) return DEAD;
  uintptr_t next = way->at + i.length, target = next + (uintptr_t)(intptr_t)i.immediate;
  uint8_t opcode = i.opcode;
  if (i.map == MAP_0F && !i.is_vector) {
    if (opcode == 0x0b || opcode == 0xff || opcode == 0xb9) return DEAD; /* ud2 and kin */
    if (opcode >= 0x80 && opcode < 0x90) branch(search, way, target);
  } else if (i.map == MAP_ONE && !i.is_vector) {
    if (opcode == 0xc3 || opcode == 0xc2) return RETURNED;
    if (opcode == 0xcc || opcode == 0xf4 || opcode == 0xcb || opcode == 0xca || opcode == 0xcf) return DEAD;
    if ((opcode >= 0x70 && opcode < 0x80) || (opcode >= 0xe0 && opcode < 0xe4)) branch(search, way, target);
    if (opcode == 0xe9 || opcode == 0xeb) {
      if (search->seen_count == SEEN_MAX || is_seen(search, target)) return DEAD;
      next = target;
    }
    unsigned group = i.modrm >> 3 & 7;
    if (opcode == 0xff && (group == 4 || group == 5)) {
      /* A tail call, or a jump table: only the first has the return address on top. */
      if (!search->fallback) search->fallback = rule_at_return(search, way);
      return DEAD;
    }
    apply_one(way, &i);
  }
  way->at = next;
  return GO_ON;
}

agt_rule agt_epilogue_rule(uintptr_t at, uintptr_t low, uintptr_t high, const struct agt_frame_view *view) {
  struct search search = {.view = view, .low = low, .high = high, .way_count = 1};
  search.ways[0] = (struct way){.at = at, .base = FROM_SP, .rbp_base = UNKNOWN};
  while (search.way_count && search.steps < STEPS_MAX) {
    struct way way = search.ways[--search.way_count];
    enum turn turn = GO_ON;
    while (turn == GO_ON && search.steps++ < STEPS_MAX) turn = follow(&search, &way);
    if (turn != RETURNED) continue;
    agt_rule rule = rule_at_return(&search, &way);
    if (rule) return rule;
  }
  return search.fallback;
}
