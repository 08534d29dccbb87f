/*
 * callback_guard.h: function pointers that are checked on the way in.
 *
 * A guard is a small table of callbacks. Calling one goes
 *
 *     seam_call call;
 *     if (seam_guard_enter(&guard, slot, &call)) {
 *       ((my_callback)call.function)(call.data, argument);
 *       seam_guard_leave(&guard, &call);
 *     }
 *
 * and enter refuses, counts and reports: an empty slot, a slot whose cookie does not match its
 * contents (somebody wrote over it), and any call after seam_guard_close. A slot keeps a reference
 * on its data block while it is registered and while calls are inside it, so the data cannot be
 * freed under the callback; unregistering from within the callback is fine.
 *
 * Threads: enter and leave any; register, unregister and close the owner only.
 */
#ifndef SEAMPROOF_CALLBACK_GUARD_H
#define SEAMPROOF_CALLBACK_GUARD_H

#include "handoff.h"

typedef void (*seam_function)(void);

/* state word of a slot: bit 63 open, bit 62 being emptied, the rest counts calls inside, plus one while registered */
#define SEAM_SLOT_OPEN (UINT64_C(1) << 63)
#define SEAM_SLOT_CLEARING (UINT64_C(1) << 62)

typedef struct seam_guard_slot {
  _Atomic uint64_t state;
  seam_function function;
  seam_block *block; /* may be NULL */
  uint64_t cookie;
} seam_guard_slot;

typedef struct seam_guard {
  uint64_t secret;
  seam_monitor *monitor;
  seam_guard_slot *slots;
  uint32_t slot_count;
  _Atomic bool is_closed;
  _Atomic uint64_t calls_refused;
} seam_guard;

typedef struct seam_call {
  seam_function function;
  void *data; /* of the slot's block, NULL without one */
  uint32_t slot;
} seam_call;

/* One multiply and a few xors: enough to notice an overwrite, not meant to stop an attacker. */
static inline uint64_t seam_guard__cookie(const seam_guard *guard, const seam_guard_slot *slot) {
  uint64_t mixed = guard->secret ^ (uint64_t)(uintptr_t)slot;
  mixed ^= (uint64_t)(uintptr_t)slot->function * UINT64_C(0x9e3779b97f4a7c15);
  return mixed ^ ((uint64_t)(uintptr_t)slot->block << 1);
}

static inline bool seam_guard_init(seam_guard *guard, seam_monitor *monitor, uint32_t slot_count) {
  memset(guard, 0, sizeof *guard);
  if (slot_count == 0) return false;
  guard->slots = calloc(slot_count, sizeof *guard->slots);
  if (guard->slots == NULL) return false;
  guard->slot_count = slot_count;
  guard->monitor = monitor;
  guard->secret = UINT64_C(0xc0111bacc0111bac) ^ (uint64_t)(uintptr_t)guard;
  return true;
}

static inline void seam_guard__refuse(seam_guard *guard, seam_rule rule, const void *object, const char *why) {
  atomic_fetch_add_explicit(&guard->calls_refused, 1, memory_order_relaxed);
  seam_monitor_report(guard->monitor, rule, object, "call", why, NULL);
}

/* The last one out of an unregistered slot gives the data back; only then is the slot empty (state 0). */
static inline void seam_guard__drop(seam_guard *guard, seam_guard_slot *slot) {
  uint64_t state = atomic_load_explicit(&slot->state, memory_order_relaxed);
  uint64_t next;
  do {
    next = state == 1 ? SEAM_SLOT_CLEARING : state - 1;
  } while (!atomic_compare_exchange_weak_explicit(&slot->state, &state, next, memory_order_acq_rel,
                                                  memory_order_relaxed));
  if (next != SEAM_SLOT_CLEARING) return;
  /* An overwritten block pointer is leaked rather than followed. */
  seam_block *block = slot->cookie == seam_guard__cookie(guard, slot) ? slot->block : NULL;
  slot->function = NULL;
  slot->block = NULL;
  atomic_store_explicit(&slot->state, 0, memory_order_release);
  if (block != NULL) seam_block_release(block, SEAM_SIDE_NATIVE);
}

/*
 * Fills an empty slot; takes a native reference of its own on `block`. False when the function is
 * NULL, the slot does not exist or is not empty yet, the guard is closed, or the block is released.
 */
static inline bool seam_guard_register(seam_guard *guard, uint32_t index, seam_function function,
                                       seam_block *block) {
  if (index >= guard->slot_count || atomic_load_explicit(&guard->is_closed, memory_order_acquire)) return false;
  if (function == NULL) {
    seam_guard__refuse(guard, SEAM_RULE_NULL_CALLBACK, &guard->slots[index], "registering NULL");
    return false;
  }
  seam_guard_slot *slot = &guard->slots[index];
  if (atomic_load_explicit(&slot->state, memory_order_acquire) != 0) return false;
  if (block != NULL && !seam_block_retain(block, SEAM_SIDE_NATIVE)) return false;
  slot->function = function;
  slot->block = block;
  slot->cookie = seam_guard__cookie(guard, slot);
  atomic_store_explicit(&slot->state, SEAM_SLOT_OPEN | 1, memory_order_release);
  return true;
}

static inline bool seam_guard_enter(seam_guard *guard, uint32_t index, seam_call *call) {
  if (index >= guard->slot_count) return false;
  seam_guard_slot *slot = &guard->slots[index];
  uint64_t state = atomic_load_explicit(&slot->state, memory_order_relaxed);
  do {
    if ((state & SEAM_SLOT_OPEN) == 0) {
      const bool is_late = atomic_load_explicit(&guard->is_closed, memory_order_acquire);
      seam_guard__refuse(guard, is_late ? SEAM_RULE_LATE_CALLBACK : SEAM_RULE_NULL_CALLBACK, slot,
                         is_late ? "guard closed" : "slot not registered");
      return false;
    }
  } while (!atomic_compare_exchange_weak_explicit(&slot->state, &state, state + 1, memory_order_acquire,
                                                  memory_order_relaxed));
  if (slot->function == NULL || slot->cookie != seam_guard__cookie(guard, slot)) {
    seam_guard__refuse(guard, SEAM_RULE_CORRUPT_CALLBACK, slot, "cookie does not match");
    seam_guard__drop(guard, slot);
    return false;
  }
  call->function = slot->function;
  call->data = slot->block != NULL ? slot->block->data : NULL;
  call->slot = index;
  return true;
}

static inline void seam_guard_leave(seam_guard *guard, const seam_call *call) {
  seam_guard__drop(guard, &guard->slots[call->slot]);
}

/* No new calls; those inside finish. False when the slot was not registered. */
static inline bool seam_guard_unregister(seam_guard *guard, uint32_t index) {
  if (index >= guard->slot_count) return false;
  seam_guard_slot *slot = &guard->slots[index];
  const uint64_t before = atomic_fetch_and_explicit(&slot->state, ~SEAM_SLOT_OPEN, memory_order_acq_rel);
  if ((before & SEAM_SLOT_OPEN) == 0) return false;
  seam_guard__drop(guard, slot);
  return true;
}

/* From here on every call is late: refused, counted, reported. Data goes back as calls leave. */
static inline void seam_guard_close(seam_guard *guard) {
  if (atomic_exchange_explicit(&guard->is_closed, true, memory_order_acq_rel)) return;
  for (uint32_t index = 0; index < guard->slot_count; index++) seam_guard_unregister(guard, index);
}

/* Frees the table. Only after close, when no thread can call any more. */
static inline void seam_guard_destroy(seam_guard *guard) {
  seam_guard_close(guard);
  free(guard->slots);
  guard->slots = NULL;
  guard->slot_count = 0;
}

#endif
