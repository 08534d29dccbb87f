/*
 * Stepping out of code that has neither unwind tables nor frame pointers: C libraries built with
 * -fno-asynchronous-unwind-tables (libvips as sharp ships it). The code itself says how, in most cases (epilogue.c). Where
 * it does not, the stack is looked through: the caller's frame begins after a word that is a return
 * address: it points behind a call instruction, and for a direct call (or one through the PLT) the callee must be the very
 * function that the walk stands in. A function's frame has the same size every time it makes the same call, so the answer
 * is kept as a rule for that return address, and checked again whenever it is used.
 */
#include "agent.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

enum {
  WORDS_MAX = 8192,           /* of stack to look through: 64 KiB; once for a return address, see guessed_rule */
  FUNCTION_BYTES_MAX = 16384, /* how far into a function a return address may lie */
};

/* The executable segment around an address of an object: the only part whose bytes may be read as code. */
static bool text_around(const struct agt_object *object, uintptr_t address, uintptr_t *low, uintptr_t *high) {
  const ElfW(Phdr) *headers;
  unsigned count;
  if (object->path && object->path[0]) {
    const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)object->start;
    if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 || elf->e_phoff >= 4096 || elf->e_phnum > 64) return false;
    headers = (const ElfW(Phdr) *)(object->start + elf->e_phoff);
    count = elf->e_phnum;
  } else {
    headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    count = (unsigned)getauxval(AT_PHNUM);
  }
  for (unsigned i = 0; i < count; i++) {
    if (headers[i].p_type != PT_LOAD || !(headers[i].p_flags & PF_X)) continue;
    *low = object->bias + headers[i].p_vaddr;
    *high = *low + headers[i].p_filesz;
    if (address >= *low && address < *high) return true;
  }
  return false;
}

enum call { NO_CALL, SOME_CALL, CALL_OF_PC };

static bool is_entry_of(uintptr_t entry, uintptr_t pc) { return entry <= pc && pc - entry <= FUNCTION_BYTES_MAX; }

/* What `address` returns from: no call, some call, or a call of the function around `pc`. */
static enum call call_before(uintptr_t address, uintptr_t pc) {
  struct agt_object object;
  uintptr_t low, high;
  if (address < 65536) return NO_CALL;
  if (!agt_object_at(address - 1, &object)) return agt_code_holds(address - 1) ? SOME_CALL : NO_CALL;
  if (!text_around(&object, address - 1, &low, &high) || address - 7 < low) return NO_CALL;
  const uint8_t *end = (const uint8_t *)address;
  if (end[-5] == 0xe8) { /* call rel32 */
    int32_t distance;
    memcpy(&distance, end - 4, 4);
    uintptr_t target = address + (uintptr_t)(intptr_t)distance;
    if (target < low || target + 16 > high) return NO_CALL;
    if (is_entry_of(target, pc)) return CALL_OF_PC;
    const uint8_t *stub = (const uint8_t *)target; /* a PLT entry: [endbr64] [bnd] jmp *slot(%rip) */
    if (stub[0] == 0xf3 && stub[1] == 0x0f && stub[2] == 0x1e && stub[3] == 0xfa) stub += 4;
    if (stub[0] == 0xf2) stub++;
    if (stub[0] == 0xff && stub[1] == 0x25) {
      memcpy(&distance, stub + 2, 4);
      uintptr_t slot = (uintptr_t)(stub + 6) + (uintptr_t)(intptr_t)distance;
      if (slot >= object.start && slot + 8 <= object.end && is_entry_of(*(const uintptr_t *)slot, pc)) return CALL_OF_PC;
    }
    return SOME_CALL;
  }
  /* call r/m64: ff /2 in its lengths, without and with a REX prefix before it */
  if (end[-2] == 0xff && (end[-1] & 0xf8) == 0xd0) return SOME_CALL;                           /* call *%reg */
  if (end[-2] == 0xff && (end[-1] & 0xf8) == 0x10 && (end[-1] & 7) != 4 && (end[-1] & 7) != 5) return SOME_CALL;
  if (end[-3] == 0xff && (end[-2] & 0xf8) == 0x50 && (end[-2] & 7) != 4) return SOME_CALL;     /* call *disp8(%reg) */
  if (end[-3] == 0xff && end[-2] == 0x14) return SOME_CALL;                                    /* call *(sib) */
  if (end[-4] == 0xff && end[-3] == 0x54) return SOME_CALL;                                    /* call *disp8(sib) */
  if (end[-6] == 0xff && (end[-5] & 0xf8) == 0x90 && (end[-5] & 7) != 4) return SOME_CALL;     /* call *disp32(%reg) */
  if (end[-6] == 0xff && end[-5] == 0x15) return SOME_CALL;                                    /* call *disp32(%rip) */
  if (end[-7] == 0xff && (end[-6] == 0x94 || end[-6] == 0x14)) return SOME_CALL;               /* call *disp32(sib) */
  return NO_CALL;
}

bool agt_is_after_call(uintptr_t address) { return call_before(address, 0) != NO_CALL; }

static bool is_frame_pointer(uintptr_t value, uintptr_t above, uintptr_t stack_high) {
  return value >= above && value <= stack_high - 16 && !(value & 7) && agt_is_after_call(((const uintptr_t *)value)[1]);
}

static agt_rule rule_from_code(const struct agt_frame_view *view) {
  struct agt_object object;
  uintptr_t low, high, at = view->is_interrupted ? view->pc - 1 : view->pc;
  if (!agt_object_at(view->pc - 1, &object) || !text_around(&object, view->pc - 1, &low, &high)) return 0;
  return agt_epilogue_rule(at, low, high, view);
}

agt_rule agt_guess_rule(const struct agt_frame_view *view) {
  agt_rule rule = rule_from_code(view);
  if (rule || !view->is_direct) return rule;
  uintptr_t sp = view->sp, stack_high = view->high;
  const uintptr_t *words = (const uintptr_t *)sp;
  size_t count = (stack_high - sp) / 8, found = SIZE_MAX;
  if (count > WORDS_MAX) count = WORDS_MAX;
  for (size_t i = 0; i < count; i++) {
    enum call call = call_before(words[i], view->pc - 1);
    if (call == NO_CALL) continue;
    if (found == SIZE_MAX || call == CALL_OF_PC) found = i;
    if (call == CALL_OF_PC) break;
  }
  if (found == SIZE_MAX) return 0;
  uintptr_t cfa = sp + 8 * (found + 1);
  /* The caller's rbp: untouched, or among what this function has pushed. */
  if (is_frame_pointer(view->rbp, cfa, stack_high)) return AGT_RULE(AGT_CFA_GUESSED, cfa - sp, AGT_RBP_SAME, 0);
  for (size_t i = found; i-- > 0;)
    if (is_frame_pointer(words[i], cfa, stack_high))
      return AGT_RULE(AGT_CFA_GUESSED, cfa - sp, AGT_RBP_AT_CFA, (int32_t)((intptr_t)(sp + 8 * i) - (intptr_t)cfa));
  return AGT_RULE(AGT_CFA_GUESSED, cfa - sp, AGT_RBP_SAME, 0);
}
