/*
 * handoff.h: memory whose ownership crosses the seam.
 *
 * A block has two reference counts in one atomic word, one per side, and its state follows from them:
 *
 *     native refs  js refs   state
 *         > 0         0      native     only native code may use it
 *         > 0        > 0     shared     both may; the last release of either side decides
 *          0         > 0     js         native code must not touch it any more
 *          0          0      released   memory is gone (debug mode: poisoned, in quarantine)
 *
 * A failed operation changes nothing, is counted and reported to the monitor, and returns false.
 * Outside debug mode a released block's header is freed, so only misuse before that is caught;
 * with debug mode the header stays in the quarantine and every misuse carries both stacks.
 */
#ifndef SEAMPROOF_HANDOFF_H
#define SEAMPROOF_HANDOFF_H

#include "monitor.h"

typedef enum seam_state { SEAM_NATIVE = 1, SEAM_SHARED = 2, SEAM_JS = 3, SEAM_RELEASED = 4 } seam_state;
typedef enum seam_side { SEAM_SIDE_NATIVE = 0, SEAM_SIDE_JS = 1 } seam_side;

typedef void (*seam_destroy)(void *context, void *data, size_t size_bytes);

typedef struct seam_history {
  seam_stack created, transferred, released;
} seam_history;

#define SEAM_BLOCK_COOKIE UINT64_C(0x5ea3b10c5ea3b10c)
#define SEAM_BLOCK_ALIGNMENT 64u
#define SEAM_POISON_BYTE 0xddu
#define SEAM_POISON_CHECKED_BYTES_MAX 4096u

typedef struct seam_block {
  uint64_t cookie;           /* SEAM_BLOCK_COOKIE ^ address: catches stray and overwritten pointers */
  _Atomic uint64_t refs;     /* low half native, high half js */
  void *data;
  size_t size_bytes;
  seam_destroy destroy;      /* NULL: data came with the block and goes with it */
  void *destroy_context;
  seam_monitor *monitor;     /* outlives the block */
  seam_history *history;     /* debug mode only */
  bool is_placed;            /* in memory of the author's: seam_block_adopt_in */
} seam_block;

#define SEAM_REF_ONE(side) (UINT64_C(1) << ((side) == SEAM_SIDE_JS ? 32 : 0))
#define SEAM_REFS_OF(refs, side) ((uint32_t)((refs) >> ((side) == SEAM_SIDE_JS ? 32 : 0)))

static inline uint64_t seam_block__cookie(const seam_block *block) {
  return SEAM_BLOCK_COOKIE ^ (uint64_t)(uintptr_t)block;
}

static inline seam_state seam_state_of_refs(uint64_t refs) {
  const bool native = SEAM_REFS_OF(refs, SEAM_SIDE_NATIVE) > 0, js = SEAM_REFS_OF(refs, SEAM_SIDE_JS) > 0;
  return native ? (js ? SEAM_SHARED : SEAM_NATIVE) : (js ? SEAM_JS : SEAM_RELEASED);
}

static inline const char *seam_state_name(seam_state state) {
  static const char *const names[] = {"unknown", "native", "shared", "js", "released"};
  return (unsigned)state <= SEAM_RELEASED ? names[state] : names[0];
}

/*
 * Takes memory that already exists. One native reference; `destroy` runs once, on whichever thread
 * releases last. Returns NULL when out of memory, and then the caller still owns `data`.
 *
 * `place`: memory for the block itself, in front of the data say, which `destroy` gives back together
 * with it; NULL for a block of its own. Debug mode ignores it: there the block outlives its data.
 */
static inline seam_block *seam_block_adopt_in(seam_block *place, seam_monitor *monitor, void *data,
                                              size_t size_bytes, seam_destroy destroy, void *context) {
  const bool is_debug = monitor != NULL && monitor->debug;
  const bool is_placed = place != NULL && !is_debug;
  seam_block *block = is_placed ? place : calloc(1, sizeof *block);
  if (block == NULL) return NULL;
  if (is_placed) memset(block, 0, sizeof *block);
  if (is_debug) {
    block->history = calloc(1, sizeof *block->history);
    if (block->history == NULL) {
      free(block);
      return NULL;
    }
    seam_stack_capture(&block->history->created);
  }
  block->cookie = seam_block__cookie(block);
  block->data = data;
  block->size_bytes = size_bytes;
  block->destroy = destroy;
  block->destroy_context = context;
  block->monitor = monitor;
  block->is_placed = is_placed;
  atomic_init(&block->refs, SEAM_REF_ONE(SEAM_SIDE_NATIVE));
  return block;
}

static inline seam_block *seam_block_adopt(seam_monitor *monitor, void *data, size_t size_bytes,
                                           seam_destroy destroy, void *context) {
  return seam_block_adopt_in(NULL, monitor, data, size_bytes, destroy, context);
}

static inline void seam_block__free_data(void *context, void *data, size_t size_bytes) {
  (void)context;
  (void)size_bytes;
  free(data);
}

/* New zeroed memory, 64-byte aligned. NULL for a size of 0, an overflow, or no memory. */
static inline seam_block *seam_block_create(seam_monitor *monitor, size_t size_bytes) {
  if (size_bytes == 0 || size_bytes > SIZE_MAX - SEAM_BLOCK_ALIGNMENT) return NULL;
  const size_t rounded = (size_bytes + SEAM_BLOCK_ALIGNMENT - 1) & ~(size_t)(SEAM_BLOCK_ALIGNMENT - 1);
  void *data = aligned_alloc(SEAM_BLOCK_ALIGNMENT, rounded);
  if (data == NULL) return NULL;
  memset(data, 0, rounded);
  seam_block *block = seam_block_adopt(monitor, data, size_bytes, seam_block__free_data, NULL);
  if (block == NULL) free(data);
  return block;
}

/* Is this a block at all, and not one that was overwritten? Its monitor cannot be trusted if not. */
static inline bool seam_block__intact(const seam_block *block) {
  return block != NULL && block->cookie == seam_block__cookie(block);
}

/* Debug mode: keeps the stack of this moment in `slot` of the block's history. */
static inline void seam_block__remember(seam_block *block, seam_stack *slot) {
  seam_stack stack;
  seam_stack_capture(&stack);
  seam_monitor__lock(block->monitor);
  *slot = stack;
  seam_monitor__unlock(block->monitor);
}

/* Reports against the release when nothing is left, else against the transfer. */
static inline void seam_block__misuse(seam_block *block, seam_rule rule, const char *now_what, bool is_gone) {
  const char *before_what = is_gone ? "released" : "transferred or released by this side";
  if (block->history == NULL) {
    seam_monitor_report(block->monitor, rule, block, now_what, before_what, NULL);
    return;
  }
  seam_monitor__lock(block->monitor);
  const seam_stack before = is_gone ? block->history->released : block->history->transferred;
  seam_monitor__unlock(block->monitor);
  seam_monitor_report(block->monitor, rule, block, now_what, before_what, &before);
}

static inline seam_state seam_block_state(seam_block *block) {
  if (!seam_block__intact(block)) return SEAM_RELEASED;
  return seam_state_of_refs(atomic_load_explicit(&block->refs, memory_order_acquire));
}

/* Threads: any. Fails on a released block. */
static inline bool seam_block_retain(seam_block *block, seam_side side) {
  if (!seam_block__intact(block)) return false;
  uint64_t refs = atomic_load_explicit(&block->refs, memory_order_relaxed);
  do {
    if (refs == 0 || SEAM_REFS_OF(refs, side) == UINT32_MAX) {
      seam_block__misuse(block, SEAM_RULE_USE_AFTER_RELEASE, "retain", true);
      return false;
    }
  } while (!atomic_compare_exchange_weak_explicit(&block->refs, &refs, refs + SEAM_REF_ONE(side),
                                                  memory_order_relaxed, memory_order_relaxed));
  return true;
}

static inline void seam_block__evict(void *header) {
  seam_block *block = header;
  if (block->destroy == seam_block__free_data) {
    const uint8_t *bytes = block->data;
    const size_t checked = block->size_bytes < SEAM_POISON_CHECKED_BYTES_MAX ? block->size_bytes
                                                                              : SEAM_POISON_CHECKED_BYTES_MAX;
    for (size_t index = 0; index < checked; index++) {
      if (bytes[index] == SEAM_POISON_BYTE) continue;
      seam_block__misuse(block, SEAM_RULE_WRITE_AFTER_RELEASE, "left the quarantine changed", true);
      break;
    }
    free(block->data);
  }
  free(block->history);
  block->cookie = 0;
  free(block);
}

static inline void seam_block__finish(seam_block *block) {
  if (block->history == NULL) {
    const seam_block ended = {.destroy = block->destroy, .destroy_context = block->destroy_context,
                              .data = block->data, .size_bytes = block->size_bytes, .is_placed = block->is_placed};
    block->cookie = 0;
    if (!ended.is_placed) free(block);
    /* Last, and on a copy: it may free the memory that the block was placed in. */
    if (ended.destroy != NULL) ended.destroy(ended.destroy_context, ended.data, ended.size_bytes);
    return;
  }
  /* Debug: the header stays so that late use is reported. The data stays too, poisoned, unless its
   * destructor is the author's own: that one may read it, and runs now as it would without debugging. */
  seam_block__remember(block, &block->history->released);
  const bool is_own_data = block->destroy == seam_block__free_data;
  if (is_own_data) memset(block->data, SEAM_POISON_BYTE, block->size_bytes);
  const seam_destroy destroy = is_own_data ? NULL : block->destroy;
  void *const context = block->destroy_context, *const data = block->data;
  const size_t size_bytes = block->size_bytes;
  seam_monitor_quarantine(block->monitor, block, seam_block__evict);
  /* Last of all, on copies: the author's destructor may end the monitor, and the block with it. */
  if (destroy != NULL) destroy(context, data, size_bytes);
}

/* Threads: any. The last release of the last side destroys. */
static inline bool seam_block_release(seam_block *block, seam_side side) {
  if (!seam_block__intact(block)) return false;
  uint64_t refs = atomic_load_explicit(&block->refs, memory_order_relaxed);
  do {
    if (SEAM_REFS_OF(refs, side) == 0) {
      seam_block__misuse(block, SEAM_RULE_RELEASE_AFTER_RELEASE, "release", refs == 0);
      return false;
    }
  } while (!atomic_compare_exchange_weak_explicit(&block->refs, &refs, refs - SEAM_REF_ONE(side),
                                                  memory_order_acq_rel, memory_order_relaxed));
  if (refs - SEAM_REF_ONE(side) == 0) seam_block__finish(block);
  return true;
}

/* One reference of `from` becomes one of the other side, in one step. Fails when `from` has none. */
static inline bool seam_block_transfer(seam_block *block, seam_side from) {
  if (!seam_block__intact(block)) return false;
  const seam_side to = from == SEAM_SIDE_NATIVE ? SEAM_SIDE_JS : SEAM_SIDE_NATIVE;
  uint64_t refs = atomic_load_explicit(&block->refs, memory_order_relaxed);
  do {
    if (SEAM_REFS_OF(refs, from) == 0) {
      seam_block__misuse(block, refs == 0 ? SEAM_RULE_USE_AFTER_RELEASE : SEAM_RULE_DOUBLE_TRANSFER,
                         "transfer", refs == 0);
      return false;
    }
  } while (!atomic_compare_exchange_weak_explicit(
      &block->refs, &refs, refs - SEAM_REF_ONE(from) + SEAM_REF_ONE(to), memory_order_acq_rel,
      memory_order_relaxed));
  if (block->history != NULL) seam_block__remember(block, &block->history->transferred);
  return true;
}

/* The memory, or NULL after reporting when this side holds no reference. */
static inline void *seam_block_data(seam_block *block, seam_side side) {
  if (!seam_block__intact(block)) return NULL;
  const uint64_t refs = atomic_load_explicit(&block->refs, memory_order_acquire);
  if (SEAM_REFS_OF(refs, side) > 0) return block->data;
  seam_block__misuse(block, SEAM_RULE_USE_AFTER_RELEASE, "data", refs == 0);
  return NULL;
}

#endif
