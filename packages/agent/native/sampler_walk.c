/*
 * The sampler's walk. It differs from the one of the hooks (stack.c) in three ways: it starts at any instruction, where a
 * frame may be half made; it may stand on any stack; and it keeps nothing from one time to the next.
 */
#include "sampler.h"

#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

/* ---------------------------------------------------------------------------------------------------------- reading */

static bool copy_bytes(uintptr_t from, void *to, size_t bytes, size_t *copied) {
  struct iovec local = {to, bytes}, remote = {(void *)from, bytes};
  long got = syscall(SYS_process_vm_readv, (long)getpid(), &local, 1L, &remote, 1L, 0L);
  *copied = got > 0 ? (size_t)got : 0;
  return got > 0;
}

enum { WINDOWS_MAX = 64 };

static AGT_NOINLINE bool peek_window(struct smp_window *window, uintptr_t address, uintptr_t *value) {
  if (address < window->low || address + 8 > window->low + window->bytes) {
    if (window->copies >= WINDOWS_MAX) return false;
    window->copies++;
    /* Reading stops at the first page that is not there, so the page of the address itself comes first. */
    window->low = address & ~(uintptr_t)63;
    if (!copy_bytes(window->low, window->data, sizeof window->data, &window->bytes)) window->bytes = 0;
    if (address + 8 > window->low + window->bytes) return false;
  }
  memcpy(value, window->data + (address - window->low), 8);
  return true;
}

static inline bool peek(struct smp_walk *walk, uintptr_t address, uintptr_t *value) {
  if (address & 7 || address < 4096 || address >> 47) return false;
  if (AGT_LIKELY(address >= walk->low && address + 8 <= walk->high)) {
    *value = *(const uintptr_t *)address;
    return true;
  }
  return peek_window(walk->window, address, value);
}

static bool peek_for_cfi(void *walk, uintptr_t address, uintptr_t *value) { return peek(walk, address, value); }

/* ------------------------------------------------------------------------------------------------- half-made frames */

/* Read by a system call: V8 may have unmapped the code, or another thread may be unloading the library. */
static bool ends_with_call(uintptr_t address) {
  uint8_t code[8];
  size_t got;
  if (!copy_bytes(address - 8, code, sizeof code, &got) || got < sizeof code) return false;
  const uint8_t *end = code + 8;
  if (end[-5] == 0xe8) return true;                                  /* call rel32 */
  if (end[-2] == 0xff && (end[-1] & 0xf8) == 0xd0) return true;      /* call *%reg */
  if (end[-3] == 0xff && (end[-2] & 0xf8) == 0x50) return true;      /* call *disp8(%reg) */
  if (end[-2] == 0xff && (end[-1] & 0xf8) == 0x10) return true;      /* call *(%reg) */
  if (end[-6] == 0xff && (end[-5] & 0xf8) == 0x90) return true;      /* call *disp32(%reg) */
  if (end[-3] == 0xff && end[-2] == 0x14) return true;               /* call *(sib) */
  if (end[-4] == 0xff && end[-3] == 0x54) return true;               /* call *disp8(sib) */
  if (end[-7] == 0xff && (end[-6] == 0x94 || end[-6] == 0x14)) return true; /* call *disp32(sib) */
  return false;
}

static bool is_after_call(uintptr_t address) {
  struct agt_object object;
  if (address < 65536 || address >> 47) return false;
  if (!agt_object_at(address - 1, &object)) return agt_code_may_hold(address - 1) && ends_with_call(address);
  return object.path && object.path[0] ? ends_with_call(address) : agt_is_after_call(address);
}

/*
 * Code without unwind tables (V8's, and stubs of the linker) at an instruction where its frame is not there: before the
 * first push, between push and mov, at the return; or a leaf that makes none. Then the return address is on top of the
 * stack, or below the caller's rbp that was just pushed.
 */
static bool step_without_frame(struct smp_walk *walk, uintptr_t registers[AGT_REGISTERS]) {
  uintptr_t sp = registers[AGT_REGISTER_RSP], top, below;
  if (!peek(walk, sp, &top)) return false;
  if (is_after_call(top)) {
    registers[AGT_REGISTER_PC] = top;
    registers[AGT_REGISTER_RSP] = sp + 8;
    return true;
  }
  if (top != registers[AGT_REGISTER_RBP] || !peek(walk, sp + 8, &below) || !is_after_call(below)) return false;
  registers[AGT_REGISTER_PC] = below;
  registers[AGT_REGISTER_RSP] = sp + 16;
  return true;
}

/* ---------------------------------------------------------------------------------------------------- signal frames */

/* mov $15, %rax; syscall: what every handler returns to. */
static bool is_signal_return(uintptr_t pc) {
  static const uint8_t restorer[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
  struct agt_object object;
  return agt_object_at(pc, &object) && memcmp((const void *)pc, restorer, sizeof restorer) == 0;
}

enum { UCONTEXT_REGISTERS = 40 };
static const uint8_t g_greg_of[AGT_REGISTERS] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP,
                                                 REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
                                                 REG_RIP};

static bool read_signal_frame(struct smp_walk *walk, uintptr_t registers[AGT_REGISTERS]) {
  uintptr_t context = registers[AGT_REGISTER_RSP];
  for (int i = 0; i < AGT_REGISTERS; i++)
    if (!peek(walk, context + UCONTEXT_REGISTERS + 8 * (uintptr_t)g_greg_of[i], &registers[i])) return false;
  return true;
}

/* ------------------------------------------------------------------------------------------------------------- steps */

/* V8's interpreter frame; see stack.c. */
static uint32_t bytecode_of(struct smp_walk *walk, uintptr_t rbp) {
  uintptr_t word, array;
  if (!peek(walk, rbp - 40, &word) || (uint32_t)word != 0 || word >> 32 >= 1u << 24) return 0;
  if (!peek(walk, rbp - 32, &array)) return 0;
  uint32_t header = agt_code_bytecode_header(array);
  return header && word >> 32 >= header ? (uint32_t)(word >> 32) - header + 1 : 0;
}

static void push(struct smp_walk *walk, uintptr_t return_address, uintptr_t rbp) {
  struct smp_frame *frame = &walk->frames[walk->count++];
  *frame = (struct smp_frame){.pc = return_address};
  if (agt_code_is_interpreted(return_address - 1)) frame->bytecode = bytecode_of(walk, rbp);
}

static bool step_by_rule(struct smp_walk *walk, agt_rule rule, uintptr_t registers[AGT_REGISTERS]) {
  uintptr_t sp = registers[AGT_REGISTER_RSP], rbp = registers[AGT_REGISTER_RBP], cfa;
  intptr_t cfa_offset = (int32_t)(rule >> 32), rbp_offset = (int32_t)(rule >> 8 & 0xffffff) << 8 >> 8;
  uint32_t rbp_kind = rule >> 4 & 0xf;
  switch (rule & 0xf) {
    case AGT_CFA_RSP: case AGT_CFA_GUESSED: cfa = sp + (uintptr_t)cfa_offset; break;
    case AGT_CFA_RBP: cfa = rbp + (uintptr_t)cfa_offset; break;
    case AGT_CFA_RBP_DEREF: if (!peek(walk, rbp + (uintptr_t)cfa_offset, &cfa)) return false; break;
    case AGT_CFA_SAVED_SP: if (!peek(walk, rbp, &cfa)) return false; cfa += 16; break;
    case AGT_CFA_FRAME_POINTER: cfa = rbp + 16; rbp_kind = AGT_RBP_AT_CFA; rbp_offset = -16; break;
    default: return false;
  }
  if (cfa <= sp && !(walk->flags & SMP_FOREIGN)) return false;
  uintptr_t slot = rbp_kind == AGT_RBP_AT_CFA  ? cfa + (uintptr_t)rbp_offset
                   : rbp_kind == AGT_RBP_AT_RBP ? rbp + (uintptr_t)rbp_offset
                                                : 0;
  if (slot && !peek(walk, slot, &registers[AGT_REGISTER_RBP])) return false;
  if (!peek(walk, cfa - 8, &registers[AGT_REGISTER_PC])) return false;
  registers[AGT_REGISTER_RSP] = cfa;
  return true;
}

enum { GUESS_BYTES = 4096, FRAME_BYTES = 1 << 20 };

/* Compiled code without a table. The stack is looked through only where it can be read directly, and not far. */
static bool step_by_guess(struct smp_walk *walk, uintptr_t registers[AGT_REGISTERS], bool is_interrupted) {
  uintptr_t sp = registers[AGT_REGISTER_RSP];
  bool is_direct = sp >= walk->low && sp < walk->high;
  struct agt_frame_view view = {.pc = registers[AGT_REGISTER_PC], .sp = sp, .rbp = registers[AGT_REGISTER_RBP],
                                .high = is_direct ? walk->high : sp + FRAME_BYTES, .is_interrupted = is_interrupted,
                                .is_direct = is_direct && walk->high - sp <= GUESS_BYTES, .peek = peek_for_cfi, .context = walk};
  agt_rule rule = agt_stack_guess(&view);
  if (!rule && is_direct) {
    view.high = sp + GUESS_BYTES;
    view.is_direct = true;
    rule = agt_stack_guess(&view);
  }
  return rule && step_by_rule(walk, rule, registers);
}

enum step { STEPPED, AT_ROOT, LOST };

/* Out of a frame at any instruction; registers[PC] is that instruction plus one, as if it were a return address. */
static enum step step_from_anywhere(struct smp_walk *walk, uintptr_t registers[AGT_REGISTERS]) {
  uintptr_t pc = registers[AGT_REGISTER_PC];
  if (agt_cfi_has_row(pc)) return agt_cfi_step(registers, peek_for_cfi, walk) ? STEPPED : LOST;
  agt_rule rule = agt_stack_rule(pc);
  if ((rule & 0xf) == AGT_CFA_END) return AT_ROOT;
  if ((rule & 0xf) == AGT_CFA_NO_TABLE && step_by_guess(walk, registers, true)) return STEPPED;
  if (step_without_frame(walk, registers)) return STEPPED;
  if (registers[AGT_REGISTER_RBP] == 0) return AT_ROOT;
  return step_by_rule(walk, AGT_RULE(AGT_CFA_FRAME_POINTER, 0, AGT_RBP_SAME, 0), registers) ? STEPPED : LOST;
}

static enum step step_from_call(struct smp_walk *walk, uintptr_t registers[AGT_REGISTERS]) {
  agt_rule rule = agt_stack_rule(registers[AGT_REGISTER_PC]);
  uint32_t kind = rule & 0xf;
  if (kind == AGT_CFA_END) return AT_ROOT;
  if (kind == AGT_CFA_FRAME_POINTER && registers[AGT_REGISTER_RBP] == 0) return AT_ROOT;
  /* Off its own stack code may keep the old stack pointer in any register (koffi: rbx). */
  if (walk->flags & SMP_FOREIGN && agt_cfi_has_row(registers[AGT_REGISTER_PC]))
    return agt_cfi_step(registers, peek_for_cfi, walk) ? STEPPED : LOST;
  if (kind != AGT_CFA_NO_TABLE && step_by_rule(walk, rule, registers)) return STEPPED;
  return kind != AGT_CFA_NO_CODE && step_by_guess(walk, registers, false) ? STEPPED : LOST;
}

/* What was taken for a return address must lie in code; looked up once, the rule is cached. */
static bool leads_to_code(uintptr_t pc) {
  struct agt_object object;
  return (agt_stack_rule(pc) & 0xf) != AGT_CFA_NO_CODE || agt_object_at(pc, &object);
}

static void walk_on(struct smp_walk *walk, uintptr_t registers[AGT_REGISTERS], bool is_anywhere) {
  for (;;) {
    push(walk, registers[AGT_REGISTER_PC], registers[AGT_REGISTER_RBP]);
    uintptr_t sp = registers[AGT_REGISTER_RSP];
    if (walk->count == SMP_WALK_MAX) {
      walk->flags |= SMP_DEEP | SMP_ROOTLESS;
      return;
    }
    enum step step = is_anywhere ? step_from_anywhere(walk, registers) : step_from_call(walk, registers);
    is_anywhere = false;
    if (step == AT_ROOT || (step == STEPPED && registers[AGT_REGISTER_PC] < 4096)) {
      if (!is_signal_return(walk->frames[walk->count - 1].pc)) return;
      /* The frame of a handler: what it interrupted goes on under it. */
      walk->frames[walk->count - 1].pc++; /* the kernel put it there: no call comes before it */
      if (!read_signal_frame(walk, registers)) break;
      registers[AGT_REGISTER_PC]++;
      is_anywhere = true;
      continue;
    }
    if (step == LOST) break;
    if (registers[AGT_REGISTER_RSP] == sp) break;
    if (!leads_to_code(registers[AGT_REGISTER_PC])) break;
  }
  walk->flags |= SMP_ROOTLESS;
}

void smp_walk_signal(struct smp_walk *walk, const void *ucontext) {
  const greg_t *gregs = ((const ucontext_t *)ucontext)->uc_mcontext.gregs;
  uintptr_t registers[AGT_REGISTERS];
  for (int i = 0; i < AGT_REGISTERS; i++) registers[i] = (uintptr_t)gregs[g_greg_of[i]];
  registers[AGT_REGISTER_PC]++;
  uintptr_t sp = registers[AGT_REGISTER_RSP];
  walk->count = 0;
  walk->flags = 0;
  walk->window->bytes = walk->window->copies = 0;
  if (sp >= walk->low && sp < walk->high) walk->low = sp;
  else {
    walk->low = walk->high = 0;
    walk->flags |= SMP_FOREIGN;
  }
  walk_on(walk, registers, true);
}

/* ---------------------------------------------------------------------------------------------------- blocked threads */

/*
 * The frame pointer of a blocked thread is in no file of /proc. The system call's wrapper and what called it mostly save
 * none, so it is the nearest word on the stack that points to a saved frame pointer with a return address above it.
 */
static uintptr_t find_frame_pointer(struct smp_walk *walk, uintptr_t sp) {
  for (uintptr_t at = sp; at < sp + 4096; at += 8) {
    uintptr_t value, outer, back;
    if (!peek(walk, at, &value)) return 0;
    if (value <= at || value > at + (1 << 20) || value & 7) continue;
    if (!peek(walk, value, &outer) || !peek(walk, value + 8, &back)) continue;
    if ((outer == 0 || outer > value) && is_after_call(back)) return value;
  }
  return 0;
}

void smp_walk_blocked(struct smp_walk *walk, uintptr_t pc, uintptr_t sp) {
  uintptr_t registers[AGT_REGISTERS] = {0};
  walk->count = walk->flags = 0;
  walk->low = walk->high = 0; /* another thread's stack: it may go at any moment */
  walk->window->bytes = walk->window->copies = 0;
  registers[AGT_REGISTER_PC] = pc + 1;
  registers[AGT_REGISTER_RSP] = sp;
  push(walk, pc + 1, 0);
  /* As long as frames are found without a frame pointer, it is not needed. */
  while (walk->count < SMP_OUTER) {
    agt_rule rule = agt_stack_rule(registers[AGT_REGISTER_PC]);
    uint32_t kind = rule & 0xf;
    if (kind == AGT_CFA_END) return;
    if (kind == AGT_CFA_NO_TABLE ? !step_by_guess(walk, registers, walk->count == 1) : kind != AGT_CFA_RSP) break;
    if ((kind == AGT_CFA_RSP && !step_by_rule(walk, rule, registers)) || !leads_to_code(registers[AGT_REGISTER_PC])) {
      walk->flags |= SMP_ROOTLESS;
      return;
    }
    push(walk, registers[AGT_REGISTER_PC], registers[AGT_REGISTER_RBP]);
  }
  if (registers[AGT_REGISTER_RBP] == 0) registers[AGT_REGISTER_RBP] = find_frame_pointer(walk, registers[AGT_REGISTER_RSP]);
  walk->count--;
  walk_on(walk, registers, false);
}
