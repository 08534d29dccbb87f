/*
 * The walk: from a hook through addon, Node, V8's builtins, JIT and interpreter frames to the thread's first function.
 *
 * Most walks meet the stack of the walk before, changed only near its inner end. The frames of the last walk are kept with
 * the places their values were read from; a new walk steps inwards-out by rules until it stands on a kept frame, and from
 * there only compares memory: two loads a frame instead of a rule lookup, a step and a tree lookup. Comparing every frame
 * is needed: an equal inner part does not prove an equal outer part.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

_Atomic uint32_t g_code_generation = 1;
_Atomic uint32_t g_map_generation = 1;

/* -------------------------------------------------------------------------------------------------------- mappings */

/*
 * The readable mapping around an address, from /proc/self/maps with bare system calls. Some 0.1 ms; rare. Character by
 * character with a small buffer: a signal stack has 8 KiB in all, and the walk needs room too.
 */
struct agt_mapping agt_mapping_around(uintptr_t address) {
  struct agt_mapping found = {0};
  int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return found;
  enum { LOW, HIGH, MODE, REST } part = LOW;
  uintptr_t value = 0, low = 0;
  char buffer[512], mode[3];
  int modes = 0;
  for (ssize_t got; modes < 3 && (got = syscall(SYS_read, fd, buffer, sizeof buffer)) > 0;) {
    for (ssize_t i = 0; i < got && modes < 3; i++) {
      char c = buffer[i];
      if (c == '\n') part = LOW, value = 0;
      else if (part == MODE) mode[modes++] = c;
      else if (part == LOW && c == '-') part = HIGH, low = value, value = 0;
      else if (part == HIGH && c == ' ') part = address >= low && address < value ? MODE : REST;
      else if (part != REST) value = value << 4 | (uintptr_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
  }
  syscall(SYS_close, fd);
  if (modes == 3 && mode[0] == 'r') found = (struct agt_mapping){low, value, mode[2] == 'x'};
  return found;
}

/* ------------------------------------------------------------------------------------------------------ rule cache */

/*
 * One table for all threads. An entry is two words written without a lock; `tag ^ rule` makes a torn entry miss instead of
 * lie. The tag carries the code generation, so that a dlclose empties the table at no cost.
 */
enum { RULES = 1 << 14 };
static struct { _Atomic uint64_t tag_xor_rule, rule; } g_rules[RULES];

static inline uint64_t rule_tag(uintptr_t pc, uint32_t generation) { return (uint64_t)pc | (uint64_t)generation << 48; }
static inline uint32_t rule_slot(uintptr_t pc) { return (uint32_t)((pc * 0x9e3779b97f4a7c15u) >> 50); }
/* Beside the rule that says there is none: the two must not push each other out. */
static inline uint32_t guess_slot(uintptr_t pc) { return rule_slot(pc) ^ 1; }

static void remember_rule(uint32_t slot, uintptr_t pc, uint32_t generation, agt_rule rule) {
  atomic_store_explicit(&g_rules[slot].tag_xor_rule, rule_tag(pc, generation) ^ rule, memory_order_relaxed);
  atomic_store_explicit(&g_rules[slot].rule, rule, memory_order_relaxed);
}

static AGT_NOINLINE agt_rule look_up_rule(uintptr_t pc, uint32_t generation) {
  struct agt_object object;
  int saved_errno = errno;
  agt_rule rule;
  /* pc is a return address: the call before it may be the function's last instruction. */
  if (agt_object_at(pc - 1, &object)) rule = agt_cfi_rule(&object, pc - 1);
  else if (agt_code_holds(pc - 1) || agt_mapping_around(pc - 1).is_executable)
    rule = AGT_RULE(AGT_CFA_FRAME_POINTER, 0, AGT_RBP_SAME, 0);
  else rule = AGT_RULE(AGT_CFA_NO_CODE, 0, AGT_RBP_SAME, 0);
  remember_rule(rule_slot(pc), pc, generation, rule);
  errno = saved_errno;
  return rule;
}

static inline agt_rule rule_of(uintptr_t pc, uint32_t generation) {
  uint32_t slot = rule_slot(pc);
  uint64_t rule = atomic_load_explicit(&g_rules[slot].rule, memory_order_relaxed);
  uint64_t tag = atomic_load_explicit(&g_rules[slot].tag_xor_rule, memory_order_relaxed) ^ rule;
  return AGT_LIKELY(tag == rule_tag(pc, generation)) ? rule : look_up_rule(pc, generation);
}

agt_rule agt_stack_rule(uintptr_t pc) {
  return rule_of(pc, atomic_load_explicit(&g_code_generation, memory_order_relaxed) & 0x7fff);
}

/* ---------------------------------------------------------------------------------------------------- stack bounds */

extern void *__libc_stack_end; /* ld.so: where the main thread's stack began */

struct agt_mapping agt_own_stack(void) {
  uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  /* glibc puts a thread's control block at the top of its stack; a guard page ends the mapping below. */
  uintptr_t top = (uintptr_t)pthread_self();
  struct agt_mapping mapping = agt_mapping_around(top - 8);
  struct agt_mapping own = {.low = mapping.high ? mapping.low : top, .high = top};
  bool is_here = here >= own.low && here < top;
  /* The first thread of a child that another thread forked stands on that thread's stack. */
  if (!is_here && syscall(SYS_gettid) == getpid()) {
    /* The kernel keeps the room below the main stack free as far as its limit goes. */
    struct rlimit limit;
    uintptr_t bytes = (uintptr_t)64 << 20;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < bytes) bytes = limit.rlim_cur;
    own.high = (uintptr_t)__libc_stack_end;
    own.low = own.high - bytes;
  }
  return own;
}

static AGT_NOINLINE void find_own_stack(struct agt_thread *thread) {
  int saved_errno = errno;
  struct agt_mapping own = agt_own_stack();
  thread->stack_low = own.low;
  thread->stack_high = own.high;
  errno = saved_errno;
}

static struct agt_mapping own_stack(struct agt_thread *thread) {
  if (AGT_UNLIKELY(!thread->stack_high)) find_own_stack(thread);
  return (struct agt_mapping){.low = thread->stack_low, .high = thread->stack_high};
}

/* Box around every foreign stack met so far: only an unmapping that touches it makes threads look again. */
static _Atomic uintptr_t g_foreign_low = UINTPTR_MAX, g_foreign_high;

void agt_stack_unmapped(uintptr_t start, size_t bytes) {
  if (start + bytes <= atomic_load_explicit(&g_foreign_low, memory_order_relaxed)) return;
  if (start >= atomic_load_explicit(&g_foreign_high, memory_order_relaxed)) return;
  atomic_fetch_add_explicit(&g_map_generation, 1, memory_order_relaxed);
}

static AGT_NOINLINE struct agt_mapping foreign_stack(struct agt_thread *thread, uintptr_t sp) {
  uint32_t generation = atomic_load_explicit(&g_map_generation, memory_order_relaxed);
  if (thread->foreign_generation != generation) {
    memset(thread->foreign, 0, sizeof thread->foreign);
    thread->foreign_generation = generation;
  }
  int saved_errno = errno;
  for (int i = 0; i < AGT_FOREIGN; i++) {
    uintptr_t low = thread->foreign[i].low, high = thread->foreign[i].high;
    if (sp < low || sp >= high) continue;
    /* free unmaps large blocks inside libc, unseen; the kernel says whether every page is still there. */
    if (syscall(SYS_msync, low, high - low, MS_ASYNC) == 0) return (struct agt_mapping){.low = low, .high = high};
    thread->foreign[i].high = 0;
  }
  struct agt_mapping range = agt_mapping_around(sp);
  errno = saved_errno;
  thread->foreign[thread->foreign_next].low = range.low;
  thread->foreign[thread->foreign_next].high = range.high;
  thread->foreign_next = (thread->foreign_next + 1) % AGT_FOREIGN;
  uintptr_t low = atomic_load(&g_foreign_low), high = atomic_load(&g_foreign_high);
  while (range.high && range.low < low && !atomic_compare_exchange_weak(&g_foreign_low, &low, range.low)) continue;
  while (range.high > high && !atomic_compare_exchange_weak(&g_foreign_high, &high, range.high)) continue;
  return range;
}

/* ------------------------------------------------------------------------------------------------------------ walk */

enum step { STEP_OK, STEP_END, STEP_LOST, STEP_NO_CODE };
/* A kept frame whose CFA came from memory: an equal frame may have another caller, so it is stepped from anew. */
enum { NOT_VERIFIABLE = 0x100 };
/* A frame of V8's interpreter: one pc for the whole function, and the bytecode offset in the frame. */
enum { INTERPRETED = 0x200 };

static inline uintptr_t load(uintptr_t address) { return *(const uintptr_t *)address; }
static bool is_in_library(uintptr_t pc) {
  struct agt_object object;
  return agt_object_at(pc - 1, &object) && object.path && object.path[0];
}
static inline bool is_readable(uintptr_t address, uintptr_t low, uintptr_t high) {
  return address >= low && address <= high - 8 && !(address & 7);
}

/* V8's interpreter frame, from Node 20 to 26: [rbp-32] the bytecode array, [rbp-40] the offset in it as a small integer. */
static inline uintptr_t bytecode_word(const struct agt_frame *frame) { return load(frame->rbp - 40); }

static void read_bytecode(struct agt_frame *frame) {
  if (frame->rbp - 40 < frame->sp) return;
  uintptr_t word = bytecode_word(frame);
  /* A small integer has its lower half zero; a function that moved on to baseline code holds a pointer here. */
  if ((uint32_t)word != 0 || word >> 32 >= 1u << 24) return;
  uint32_t header = agt_code_bytecode_header(load(frame->rbp - 32));
  if (!header || word >> 32 < header) return;
  frame->flags |= INTERPRETED;
  frame->bytecode = (uint32_t)(word >> 32);
}

static inline bool bytecode_stands(const struct agt_frame *frame) {
  return !(frame->flags & INTERPRETED) || bytecode_word(frame) >> 32 == frame->bytecode;
}

enum { RETURNS = 1 << 10 };
static _Atomic uint64_t g_returns[RETURNS]; /* return addresses that were found to follow a call */

static bool follows_call(uintptr_t address, uint32_t generation) {
  _Atomic uint64_t *slot = &g_returns[rule_slot(address) & (RETURNS - 1)];
  uint64_t tag = rule_tag(address, generation);
  if (address >> 47) return false; /* no address of user code, and it would spoil the tag */
  if (atomic_load_explicit(slot, memory_order_relaxed) == tag) return true;
  if (!agt_is_after_call(address)) return false;
  atomic_store_explicit(slot, tag, memory_order_relaxed);
  return true;
}

/*
 * A guess for a frame whose code has no table, or whose row counts on an rbp that such code has not let through: the one
 * made before if it fits here too, else a new one. Guesses are kept beside the rules, under a generation of their own.
 */
static AGT_NOINLINE agt_rule guessed_rule(const struct agt_frame_view *view, uint32_t generation) {
  uint32_t guesses = generation ^ 0x8000;
  uint32_t slot = guess_slot(view->pc);
  uint64_t known = atomic_load_explicit(&g_rules[slot].rule, memory_order_relaxed);
  uint64_t tag = atomic_load_explicit(&g_rules[slot].tag_xor_rule, memory_order_relaxed) ^ known;
  if (tag == rule_tag(view->pc, guesses)) {
    if ((known & 0xf) != AGT_CFA_GUESSED) return known;
    uintptr_t cfa = view->sp + (uintptr_t)(known >> 32), back;
    if (cfa <= view->high && view->peek(view->context, cfa - 8, &back) && follows_call(back, generation)) return known;
  }
  agt_rule rule = agt_guess_rule(view);
  if (!rule && !view->is_direct) return 0;
  if (!rule) rule = AGT_RULE(view->rbp ? AGT_CFA_FRAME_POINTER : AGT_CFA_LOST, 0, AGT_RBP_SAME, 0);
  remember_rule(slot, view->pc, guesses, rule);
  return rule;
}

agt_rule agt_stack_guess(const struct agt_frame_view *view) {
  return guessed_rule(view, atomic_load_explicit(&g_code_generation, memory_order_relaxed) & 0x7fff);
}

static bool peek_own_stack(void *range, uintptr_t address, uintptr_t *value) {
  const struct agt_mapping *own = range;
  if (!is_readable(address, own->low, own->high)) return false;
  *value = load(address);
  return true;
}

static agt_rule guess_of(const struct agt_frame *frame, uintptr_t rbp, uint32_t generation, struct agt_mapping range) {
  struct agt_frame_view view = {.pc = frame->pc, .sp = frame->sp, .rbp = rbp, .high = range.high, .is_direct = true,
                                .peek = peek_own_stack, .context = &range};
  return guessed_rule(&view, generation);
}

/* From a frame to its caller; fills from->rbp_slot. */
static inline enum step step_by(agt_rule rule, struct agt_frame *from, struct agt_frame *to, struct agt_mapping range) {
  uintptr_t cfa, slot = 0;
  int32_t cfa_offset = (int32_t)(rule >> 32);
  switch (rule & 0xf) {
    case AGT_CFA_GUESSED:
    case AGT_CFA_RSP: cfa = from->sp + (uintptr_t)(intptr_t)cfa_offset; break;
    case AGT_CFA_RBP: cfa = from->rbp + (uintptr_t)(intptr_t)cfa_offset; break;
    case AGT_CFA_RBP_DEREF:
      if (!is_readable(from->rbp + (uintptr_t)(intptr_t)cfa_offset, from->sp, range.high)) return STEP_LOST;
      cfa = load(from->rbp + (uintptr_t)(intptr_t)cfa_offset);
      from->flags |= NOT_VERIFIABLE;
      break;
    case AGT_CFA_SAVED_SP:
      if (!is_readable(from->rbp, from->sp, range.high)) return STEP_LOST;
      cfa = load(from->rbp) + 16;
      from->flags |= NOT_VERIFIABLE;
      break;
    case AGT_CFA_FRAME_POINTER:
      if (from->rbp == 0) return STEP_END;
      if (!is_readable(from->rbp, from->sp, range.high)) return STEP_LOST;
      cfa = from->rbp + 16;
      slot = from->rbp;
      if (agt_code_is_interpreted(from->pc)) read_bytecode(from);
      break;
    case AGT_CFA_NO_CODE: return STEP_NO_CODE;
    case AGT_CFA_LOST: return STEP_LOST;
    default: return STEP_END;
  }
  /* The caller's frame lies further out, on this stack. */
  if (cfa <= from->sp || cfa > range.high || cfa & 7 || cfa - 8 < range.low) return STEP_LOST;
  if ((rule & 0xf) != AGT_CFA_FRAME_POINTER) {
    int32_t rbp_offset = (int32_t)(rule >> 8 & 0xffffff) << 8 >> 8;
    uint32_t rbp_kind = rule >> 4 & 0xf;
    if (rbp_kind == AGT_RBP_AT_CFA) slot = cfa + (uintptr_t)(intptr_t)rbp_offset;
    else if (rbp_kind == AGT_RBP_AT_RBP) slot = from->rbp + (uintptr_t)(intptr_t)rbp_offset;
    if (slot && !is_readable(slot, range.low, range.high)) return STEP_LOST;
  }
  from->rbp_slot = slot;
  to->pc = load(cfa - 8);
  to->sp = cfa;
  to->rbp = slot ? load(slot) : from->rbp;
  return to->pc < 4096 ? STEP_END : STEP_OK;
}

static inline enum step step_out(struct agt_frame *from, struct agt_frame *to, uint32_t generation,
                                 struct agt_mapping range) {
  agt_rule rule = rule_of(from->pc, generation);
  if (AGT_UNLIKELY((rule & 0xf) == AGT_CFA_NO_TABLE)) rule = guess_of(from, from->rbp, generation, range);
  enum step step = step_by(rule, from, to, range);
  if (AGT_LIKELY(step != STEP_LOST) || (rule & 0xf) == AGT_CFA_GUESSED || !is_in_library(from->pc)) return step;
  return step_by(guess_of(from, 0, generation, range), from, to, range);
}

/* How many of the kept frames, counted from `at` outwards, still stand: 0 when all down to the outermost do. */
static inline uint32_t verify(const struct agt_frame *frames, uint32_t at, uintptr_t known_above) {
  while (at > 0) {
    const struct agt_frame *inner = &frames[at], *outer = &frames[at - 1];
    if (inner->sp > known_above) return 0;
    if (load(outer->sp - 8) != outer->pc || inner->flags & NOT_VERIFIABLE) return at;
    if (inner->rbp_slot && load(inner->rbp_slot) != outer->rbp) return at;
    if (!inner->rbp_slot && inner->rbp != outer->rbp) return at;
    if (!bytecode_stands(outer)) return at;
    at--;
  }
  return 0;
}

/* V8 counts from the tagged pointer, which is one past the array. */
static inline uint32_t bytecode_of(const struct agt_frame *frame) {
  return frame->flags & INTERPRETED ? frame->bytecode - agt_code_bytecode_header(0) + 1 : 0;
}

/* Looks up every frame's node that is not known yet: those of `frames` below `kept`, then `fresh` inwards. */
static AGT_NOINLINE uint32_t look_up_nodes(struct agt_frame *frames, uint32_t kept, struct agt_frame *fresh,
                                           uint32_t fresh_count, uint32_t outer_flags) {
  uint32_t known = kept;
  while (known && !frames[known - 1].node) known--;
  uint32_t node = known ? frames[known - 1].node : 0;
  for (; known < kept; known++)
    node = frames[known].node = agt_tree_child(node, frames[known].pc, frames[known].flags & 0xff, bytecode_of(&frames[known]));
  for (uint32_t i = fresh_count; i-- > 0;) {
    uint32_t flags = (fresh[i].flags & 0xff) | (i == fresh_count - 1 ? outer_flags : 0);
    node = fresh[i].node = agt_tree_child(node, fresh[i].pc, flags, bytecode_of(&fresh[i]));
  }
  return node;
}

/*
 * Names the walk's stack: `kept` frames of the last walk, then fresh[fresh_count-1] .. fresh[0] inwards. Most stacks were seen
 * lately and are found as a whole; their frames are looked up one by one only when a later walk needs to build on them.
 */
static uint32_t finish(struct agt_thread *thread, uint32_t kept, uint32_t fresh_count, uint32_t outer_flags, bool is_kept) {
  struct agt_frame *frames = thread->frames, *fresh = thread->fresh;
  thread->fresh_count = fresh_count;
  if (!fresh_count && frames[kept - 1].node) {
    thread->frame_count = is_kept ? kept : 0;
    return frames[kept - 1].node;
  }
  uint64_t hash = kept ? frames[kept - 1].hash : g_stack_seed;
  for (uint32_t i = fresh_count; i-- > 0;) {
    hash = fresh[i].hash = agt_stack_hash(hash, fresh[i].pc, bytecode_of(&fresh[i]));
    fresh[i].node = 0;
  }
  uint32_t node = agt_tree_recall(hash);
  if (!node) {
    node = look_up_nodes(frames, kept, fresh, fresh_count, outer_flags);
    agt_tree_remember(hash, node);
  }
  if (is_kept)
    for (uint32_t i = fresh_count; i-- > 0;) frames[kept++] = fresh[i];
  thread->frame_count = is_kept ? kept : 0;
  if (is_kept) frames[kept - 1].node = node;
  return node;
}

struct readable { struct agt_mapping foreign, own; };

static bool peek_either_stack(void *context, uintptr_t address, uintptr_t *value) {
  const struct readable *readable = context;
  if (!is_readable(address, readable->foreign.low, readable->foreign.high) &&
      !is_readable(address, readable->own.low, readable->own.high))
    return false;
  *value = load(address);
  return true;
}

/*
 * The part of a walk that lies on a stack which is not the thread's own: a fiber, a signal stack, koffi's call area. Starts
 * in this very function, for the registers that the hook's own frames have saved. Ends on the thread's own stack (true:
 * the frame there is fresh[*count - 1], still to be stepped from) or where the trail ends.
 */
static AGT_NOINLINE bool walk_foreign(struct agt_thread *thread, struct agt_registers caller, struct agt_mapping own,
                                      uint32_t *count) {
  AGT_COUNT(foreign_walks);
  struct readable readable = {foreign_stack(thread, caller.sp), own};
  struct agt_frame *fresh = thread->fresh;
  fresh[0].flags = AGT_NODE_FOREIGN;
  *count = 1;
  if (!readable.foreign.high) return false;
  uintptr_t registers[AGT_REGISTERS] = {0};
  __asm__ volatile(
      "movq %%rbx, 24(%0)\n\tmovq %%rbp, 48(%0)\n\tmovq %%rsp, 56(%0)\n\tmovq %%r12, 96(%0)\n\t"
      "movq %%r13, 104(%0)\n\tmovq %%r14, 112(%0)\n\tmovq %%r15, 120(%0)\n\tleaq 0f(%%rip), %%rax\n\t"
      "movq %%rax, 128(%0)\n\t0: nop"
      :
      : "r"(registers)
      : "rax", "memory");
  registers[AGT_REGISTER_PC]++; /* a pc is read as a return address */
  while (registers[AGT_REGISTER_RSP] < caller.sp)
    if (!agt_cfi_step(registers, peek_either_stack, &readable)) return false;
  while (*count < g_depth_max) {
    if (!agt_cfi_step(registers, peek_either_stack, &readable)) return false;
    uintptr_t sp = registers[AGT_REGISTER_RSP];
    bool is_own = sp >= own.low && sp < own.high;
    struct agt_frame *frame = &fresh[(*count)++];
    *frame = (struct agt_frame){.sp = sp, .pc = registers[AGT_REGISTER_PC], .rbp = registers[AGT_REGISTER_RBP],
                                .flags = is_own ? 0 : AGT_NODE_FOREIGN};
    if (is_own) return true;
    if (sp <= frame[-1].sp && frame[-1].flags) return false;
  }
  return false;
}

uint32_t agt_stack_walk_to(struct agt_thread *thread, struct agt_registers caller, uintptr_t known_above) {
  uint32_t generation = atomic_load_explicit(&g_code_generation, memory_order_relaxed) & 0x7fff;
  if (AGT_UNLIKELY(thread->frame_generation != generation)) {
    thread->frame_generation = generation;
    thread->frame_count = 0;
  }
  struct agt_mapping range = own_stack(thread);
  struct agt_frame *fresh = thread->fresh, *frames = thread->frames;
  fresh[0] = (struct agt_frame){.sp = caller.sp, .pc = caller.pc, .rbp = caller.rbp};
  uint32_t count = 1, kept = thread->frame_count;
  bool is_foreign = AGT_UNLIKELY(caller.sp < range.low || caller.sp >= range.high);
  if (is_foreign) {
    /* Frames on the foreign part are not kept: its mapping may be gone by the next walk. */
    thread->frame_count = 0;
    if (!walk_foreign(thread, caller, range, &count)) return finish(thread, 0, count, AGT_NODE_ENDED_EARLY, false);
  }
  for (;;) {
    struct agt_frame *frame = &fresh[count - 1];
    while (kept && frames[kept - 1].sp < frame->sp) kept--;
    if (kept && frames[kept - 1].sp == frame->sp && frames[kept - 1].pc == frame->pc &&
        frames[kept - 1].rbp == frame->rbp && bytecode_stands(&frames[kept - 1])) {
      uint32_t broken = verify(frames, kept - 1, known_above);
      if (broken == 0) return finish(thread, kept, count - 1, 0, !is_foreign);
      /* Frames kept-1 .. broken stand; the step out of `broken` leads elsewhere now. */
      for (uint32_t i = kept - 1; i-- > broken && count < g_depth_max;) {
        fresh[count - 1].rbp_slot = frames[i + 1].rbp_slot;
        fresh[count - 1].flags = frames[i + 1].flags;
        fresh[count - 1].bytecode = frames[i + 1].bytecode;
        fresh[count++] = frames[i];
      }
      kept = broken; /* what lies further out may be met again */
      frame = &fresh[count - 1];
    }
    if (AGT_UNLIKELY(count >= g_depth_max)) {
      AGT_COUNT(stacks_truncated);
      /* Not kept: its outermost frame is no root, and verifying down to it would prove nothing. */
      return finish(thread, 0, count, AGT_NODE_TRUNCATED, false);
    }
    fresh[count].flags = fresh[count].bytecode = 0;
    enum step step = step_out(frame, &fresh[count], generation, range);
    if (step == STEP_OK) {
      count++;
      continue;
    }
    if (step == STEP_END) return finish(thread, 0, count, 0, !is_foreign);
    AGT_COUNT(walks_ended_early);
    if (step == STEP_NO_CODE && count > 1) count--; /* what was taken for a return address is none */
    return finish(thread, 0, count, AGT_NODE_ENDED_EARLY, false);
  }
}

uint32_t agt_stack_innermost(const struct agt_thread *thread, uintptr_t *pcs, uint32_t limit) {
  uint32_t count = 0;
  if (thread->frame_count)
    for (uint32_t i = thread->frame_count; i-- > 0 && count < limit;) pcs[count++] = thread->frames[i].pc;
  else
    for (uint32_t i = 0; i < thread->fresh_count && count < limit; i++) pcs[count++] = thread->fresh[i].pc;
  return count;
}
