/*
 * Call frame information: the .eh_frame row for a return address, reduced to what a walk needs (where the caller's frame
 * begins, and its rbp). Everything else, and code without a row, is walked by frame pointer: V8's code always keeps one.
 * Reads mapped object files only; takes no lock and allocates nothing.
 */
#include "agent.h"

#include <string.h>

enum { DW_RBP = 6, DW_RSP = 7, DW_RA = 16 };
enum { PE_OMIT = 0xff, PE_PCREL = 0x10, PE_DATAREL = 0x30, PE_INDIRECT = 0x80 };

static const agt_rule frame_pointer_rule = AGT_RULE(AGT_CFA_FRAME_POINTER, 0, AGT_RBP_SAME, 0);
static const agt_rule no_table_rule = AGT_RULE(AGT_CFA_NO_TABLE, 0, AGT_RBP_SAME, 0);
static const agt_rule end_rule = AGT_RULE(AGT_CFA_END, 0, AGT_RBP_SAME, 0);

struct cursor { const uint8_t *at, *end; bool overrun; };

static uint64_t take(struct cursor *c, unsigned bytes) {
  uint64_t value = 0;
  if ((size_t)(c->end - c->at) < bytes) {
    c->overrun = true;
    c->at = c->end;
    return 0;
  }
  memcpy(&value, c->at, bytes);
  c->at += bytes;
  return value;
}

static uint64_t take_uleb(struct cursor *c) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    uint8_t byte = (uint8_t)take(c, 1);
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) break;
  }
  return value;
}

static int64_t take_sleb(struct cursor *c) {
  uint64_t value = 0;
  unsigned shift = 0;
  uint8_t byte;
  do {
    byte = (uint8_t)take(c, 1);
    value |= (uint64_t)(byte & 0x7f) << shift;
    shift += 7;
  } while (byte & 0x80 && shift < 64);
  if (byte & 0x40 && shift < 64) value |= ~(uint64_t)0 << shift;
  return (int64_t)value;
}

/* A DWARF pointer. Only the encodings that linkers write for x86-64; anything else ends the parse. */
static uintptr_t take_pointer(struct cursor *c, uint8_t encoding, uintptr_t data_base) {
  if (encoding == PE_OMIT) return 0;
  uintptr_t place = (uintptr_t)c->at;
  uintptr_t value;
  switch (encoding & 0x0f) {
    case 0x00: case 0x04: case 0x0c: value = take(c, 8); break;
    case 0x02: value = take(c, 2); break;
    case 0x03: value = take(c, 4); break;
    case 0x0a: value = (uintptr_t)(intptr_t)(int16_t)take(c, 2); break;
    case 0x0b: value = (uintptr_t)(intptr_t)(int32_t)take(c, 4); break;
    case 0x01: value = take_uleb(c); break;
    case 0x09: value = (uintptr_t)take_sleb(c); break;
    default: c->overrun = true; return 0;
  }
  switch (encoding & 0x70) {
    case 0x00: break;
    case PE_PCREL: value += place; break;
    case PE_DATAREL: value += data_base; break;
    default: c->overrun = true; return 0;
  }
  return value;
}

/* Binary search in .eh_frame_hdr's table of {start, FDE}, both 32-bit and relative to the header. */
static const uint8_t *find_fde(const struct agt_object *object, uintptr_t pc) {
  const uint8_t *header = object->eh_frame_hdr;
  if (!header || header[0] != 1 || header[3] != (PE_DATAREL | 0x0b)) return NULL;
  struct cursor c = {header + 4, (const uint8_t *)object->end, false};
  take_pointer(&c, header[1], (uintptr_t)header);
  uintptr_t count = take_pointer(&c, header[2], (uintptr_t)header);
  if (c.overrun || !count) return NULL;
  const int32_t *table = (const int32_t *)c.at;
  if ((uintptr_t)(table + 2 * count) > object->end) return NULL;
  intptr_t wanted = (intptr_t)pc - (intptr_t)header;
  uintptr_t low = 0, high = count;
  while (high - low > 1) {
    uintptr_t middle = low + (high - low) / 2;
    if (table[2 * middle] <= wanted) low = middle;
    else high = middle;
  }
  return table[2 * low] <= wanted ? header + table[2 * low + 1] : NULL;
}

enum saved { SAVED_SAME, SAVED_AT_CFA, SAVED_AT_REGISTER, SAVED_UNKNOWN };
enum { REGISTERS = 16 }; /* DWARF's numbers: 3 rbx, 6 rbp, 7 rsp, 12..15 */

struct row {
  bool is_cfa_known, is_cfa_deref, is_ra_undefined;
  uint8_t cfa_register;
  int64_t cfa_offset, cfa_plus; /* after the deref */
  struct { uint8_t how, base; int32_t offset; } saved[REGISTERS];
};

struct program {
  struct row row, initial;
  struct row pushed[8];
  unsigned depth;
  uint64_t code_align;
  int64_t data_align;
  uintptr_t location, pc;
  uint8_t pointer_encoding;
};

static void set_cfa(struct row *row, uint64_t reg, int64_t offset) {
  row->is_cfa_known = reg < REGISTERS;
  row->is_cfa_deref = false;
  row->cfa_register = (uint8_t)reg;
  row->cfa_offset = offset;
  row->cfa_plus = 0;
}

static void set_saved(struct row *row, uint64_t reg, enum saved how, unsigned base, int64_t offset) {
  if (reg < REGISTERS) {
    row->saved[reg].how = how;
    row->saved[reg].base = (uint8_t)base;
    row->saved[reg].offset = (int32_t)offset;
  } else if (reg == DW_RA) {
    if (how == SAVED_UNKNOWN) row->is_ra_undefined = true;
    else if (how != SAVED_AT_CFA || offset != -8) row->is_cfa_known = false; /* never seen */
  }
}

/*
 * `breg n; deref`: what gcc writes where it realigned the stack; with `plus_uconst` behind it in OpenSSL's assembly, which
 * keeps the old stack pointer on the new stack.
 */
static bool is_register_expression(struct cursor block, bool is_deref, unsigned *reg, int64_t *offset, int64_t *plus) {
  uint8_t op = (uint8_t)take(&block, 1);
  if (op < 0x70 || op > 0x7f) return false; /* DW_OP_breg0..15 */
  *reg = op - 0x70u;
  *offset = take_sleb(&block);
  *plus = 0;
  if (is_deref && take(&block, 1) != 0x06) return false; /* DW_OP_deref */
  if (is_deref && block.at < block.end && take(&block, 1) == 0x23) *plus = (int64_t)take_uleb(&block); /* DW_OP_plus_uconst */
  return !block.overrun && block.at == block.end;
}

static struct cursor take_block(struct cursor *c) {
  uint64_t length = take_uleb(c);
  if (length > (uint64_t)(c->end - c->at)) {
    c->overrun = true;
    length = 0;
  }
  struct cursor block = {c->at, c->at + length, false};
  c->at += length;
  return block;
}

static void restore(struct program *p, uint64_t reg) {
  if (reg < REGISTERS) p->row.saved[reg] = p->initial.saved[reg];
}

/* Runs instructions until the row for p->pc is complete. False on something this walk cannot express. */
static bool run(struct program *p, struct cursor c) {
  int64_t offset = 0, plus = 0;
  unsigned base = 0;
  uint64_t reg;
  while (c.at < c.end && !c.overrun) {
    uint8_t op = (uint8_t)take(&c, 1);
    uint8_t low = op & 0x3f;
    switch (op & 0xc0) {
      case 0x40: p->location += low * p->code_align; break;
      case 0x80: set_saved(&p->row, low, SAVED_AT_CFA, 0, (int64_t)take_uleb(&c) * p->data_align); continue;
      case 0xc0: restore(p, low); continue;
      default:
        switch (op) {
          case 0x00: continue;                                                      /* nop */
          case 0x01: p->location = take_pointer(&c, p->pointer_encoding, 0); break; /* set_loc */
          case 0x02: p->location += take(&c, 1) * p->code_align; break;             /* advance_loc1 */
          case 0x03: p->location += take(&c, 2) * p->code_align; break;             /* advance_loc2 */
          case 0x04: p->location += take(&c, 4) * p->code_align; break;             /* advance_loc4 */
          case 0x05: /* offset_extended */
            reg = take_uleb(&c);
            set_saved(&p->row, reg, SAVED_AT_CFA, 0, (int64_t)take_uleb(&c) * p->data_align);
            continue;
          case 0x06: restore(p, take_uleb(&c)); continue;
          case 0x07: set_saved(&p->row, take_uleb(&c), SAVED_UNKNOWN, 0, 0); continue; /* undefined */
          case 0x08: set_saved(&p->row, take_uleb(&c), SAVED_SAME, 0, 0); continue;    /* same_value */
          case 0x09: reg = take_uleb(&c); take_uleb(&c); set_saved(&p->row, reg, SAVED_UNKNOWN, 0, 0); continue;
          case 0x0a: if (p->depth == 8) return false; p->pushed[p->depth++] = p->row; continue;
          case 0x0b: if (!p->depth) return false; p->row = p->pushed[--p->depth]; continue;
          case 0x0c: reg = take_uleb(&c); set_cfa(&p->row, reg, (int64_t)take_uleb(&c)); continue;
          case 0x0d: set_cfa(&p->row, take_uleb(&c), p->row.cfa_offset); continue;
          case 0x0e: p->row.cfa_offset = (int64_t)take_uleb(&c); continue;
          case 0x0f: /* def_cfa_expression */
            p->row.is_cfa_known = p->row.is_cfa_deref = is_register_expression(take_block(&c), true, &base, &offset, &plus);
            p->row.cfa_register = (uint8_t)base;
            p->row.cfa_offset = offset;
            p->row.cfa_plus = plus;
            continue;
          case 0x10: { /* expression */
            reg = take_uleb(&c);
            bool is_simple = is_register_expression(take_block(&c), false, &base, &offset, &plus);
            set_saved(&p->row, reg, is_simple ? SAVED_AT_REGISTER : SAVED_UNKNOWN, base, offset);
            continue;
          }
          case 0x11:
            reg = take_uleb(&c);
            set_saved(&p->row, reg, SAVED_AT_CFA, 0, take_sleb(&c) * p->data_align);
            continue;
          case 0x12: reg = take_uleb(&c); set_cfa(&p->row, reg, take_sleb(&c) * p->data_align); continue;
          case 0x13: p->row.cfa_offset = take_sleb(&c) * p->data_align; continue;
          case 0x14: case 0x15: set_saved(&p->row, take_uleb(&c), SAVED_UNKNOWN, 0, 0); take_uleb(&c); continue;
          case 0x16: set_saved(&p->row, take_uleb(&c), SAVED_UNKNOWN, 0, 0); take_block(&c); continue;
          case 0x2e: take_uleb(&c); continue;                /* GNU_args_size */
          case 0x2f: take_uleb(&c); take_uleb(&c); continue; /* no compiler of today */
          default: return false;
        }
    }
    if (p->location > p->pc) return true; /* the instructions from here on belong to a later address */
  }
  return !c.overrun;
}

enum found { FOUND_ROW, FOUND_NOTHING, FOUND_END };

static enum found find_row(const struct agt_object *object, uintptr_t pc, struct row *row) {
  const uint8_t *fde = find_fde(object, pc);
  if (!fde) return FOUND_NOTHING;
  struct cursor c = {fde, (const uint8_t *)object->end, false};
  uint32_t length = (uint32_t)take(&c, 4);
  if (length == 0 || length >= 0xfffffff0u || length > (uint64_t)(c.end - c.at)) return FOUND_NOTHING;
  c.end = c.at + length;
  const uint8_t *cie = c.at;
  uint32_t back = (uint32_t)take(&c, 4);
  if (back == 0 || back > (uintptr_t)cie - object->start) return FOUND_NOTHING;
  cie -= back;

  struct cursor i = {cie, (const uint8_t *)object->end, false};
  uint32_t cie_length = (uint32_t)take(&i, 4);
  if (cie_length >= 0xfffffff0u || cie_length > (uint64_t)(i.end - i.at)) return FOUND_NOTHING;
  i.end = i.at + cie_length;
  take(&i, 4);
  uint8_t version = (uint8_t)take(&i, 1);
  const char *augmentation = (const char *)i.at;
  while (take(&i, 1) != 0 && !i.overrun) continue;
  struct program p = {.code_align = 0};
  p.code_align = take_uleb(&i);
  p.data_align = take_sleb(&i);
  if (version == 1) take(&i, 1);
  else take_uleb(&i); /* return address register: always 16 here */
  bool has_data = augmentation[0] == 'z';
  if (has_data) {
    struct cursor data = take_block(&i);
    for (const char *letter = augmentation + 1; *letter; letter++) {
      if (*letter == 'R') p.pointer_encoding = (uint8_t)take(&data, 1);
      else if (*letter == 'P') { uint8_t e = (uint8_t)take(&data, 1); take_pointer(&data, e & 0x0f, 0); }
      else if (*letter == 'L') take(&data, 1);
      else if (*letter == 'S') return FOUND_END; /* a signal frame: its registers are not where a call's are */
    }
  } else if (augmentation[0]) {
    return FOUND_NOTHING;
  }
  uintptr_t start = take_pointer(&c, p.pointer_encoding, 0);
  uintptr_t bytes = take_pointer(&c, p.pointer_encoding & 0x0f, 0);
  if (c.overrun || i.overrun || pc < start || pc - start >= bytes) return FOUND_NOTHING;
  if (has_data) take_block(&c);

  p.pc = UINTPTR_MAX;
  if (!run(&p, i)) return FOUND_NOTHING;
  p.initial = p.row;
  p.location = start;
  p.pc = pc;
  if (!run(&p, c)) return FOUND_NOTHING;
  if (p.row.is_ra_undefined) return FOUND_END;
  *row = p.row;
  return p.row.is_cfa_known ? FOUND_ROW : FOUND_NOTHING;
}

agt_rule agt_cfi_rule(const struct agt_object *object, uintptr_t pc) {
  struct row row;
  enum found found = find_row(object, pc, &row);
  if (found == FOUND_END) return end_rule;
  /* V8's builtins are in the executable; they have no rows and keep a frame pointer. */
  if (found == FOUND_NOTHING) return object->path && object->path[0] ? no_table_rule : frame_pointer_rule;
  if (row.saved[DW_RBP].how == SAVED_UNKNOWN) return frame_pointer_rule;
  unsigned cfa = row.cfa_register == DW_RSP && !row.is_cfa_deref ? AGT_CFA_RSP
                 : row.cfa_register == DW_RBP                    ? (row.is_cfa_deref ? (row.cfa_plus ? 0 : AGT_CFA_RBP_DEREF) : AGT_CFA_RBP)
                                                                 : 0;
  unsigned rbp = row.saved[DW_RBP].how == SAVED_SAME     ? AGT_RBP_SAME
                 : row.saved[DW_RBP].how == SAVED_AT_CFA ? AGT_RBP_AT_CFA
                                                         : AGT_RBP_AT_RBP;
  int32_t rbp_offset = row.saved[DW_RBP].offset;
  if (!cfa || (rbp == AGT_RBP_AT_RBP && row.saved[DW_RBP].base != DW_RBP) || row.cfa_offset < INT32_MIN ||
      row.cfa_offset > INT32_MAX || rbp_offset < -(1 << 23) || rbp_offset >= 1 << 23)
    return frame_pointer_rule;
  return AGT_RULE(cfa, row.cfa_offset, rbp, rbp_offset);
}

bool agt_cfi_has_row(uintptr_t pc) {
  struct agt_object object;
  struct row row;
  return agt_object_at(pc - 1, &object) && find_row(&object, pc - 1, &row) == FOUND_ROW;
}

bool agt_cfi_step(uintptr_t registers[AGT_REGISTERS], agt_peek *peek, void *context) {
  struct agt_object object;
  struct row row;
  uintptr_t pc = registers[DW_RA];
  enum found found = agt_object_at(pc - 1, &object) ? find_row(&object, pc - 1, &row) : FOUND_NOTHING;
  if (found == FOUND_END) return false;
  if (found == FOUND_NOTHING) {
    memset(&row, 0, sizeof row);
    set_cfa(&row, DW_RBP, 16);
    set_saved(&row, DW_RBP, SAVED_AT_CFA, 0, -16);
  }
  uintptr_t cfa = registers[row.cfa_register] + (uintptr_t)row.cfa_offset;
  if (row.is_cfa_deref) {
    if (!peek(context, cfa, &cfa)) return false;
    cfa += (uintptr_t)row.cfa_plus;
  }
  uintptr_t outer[AGT_REGISTERS];
  memcpy(outer, registers, sizeof outer);
  for (unsigned reg = 0; reg < REGISTERS; reg++) {
    if (row.saved[reg].how != SAVED_AT_CFA && row.saved[reg].how != SAVED_AT_REGISTER) continue;
    uintptr_t base = row.saved[reg].how == SAVED_AT_CFA ? cfa : registers[row.saved[reg].base];
    uintptr_t place = base + (uintptr_t)(intptr_t)row.saved[reg].offset;
    if (!peek(context, place, &outer[reg])) return false;
  }
  if (!peek(context, cfa - 8, &outer[DW_RA])) return false;
  outer[DW_RSP] = cfa;
  memcpy(registers, outer, sizeof outer);
  return outer[DW_RA] >= 4096;
}
