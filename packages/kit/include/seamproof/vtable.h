/*
 * vtable.h: a table of operations (a backend) that is checked once in full and cheaply ever after.
 *
 * The table starts with a seam_vtable_head and goes on with function pointers only. Sealing refuses
 * NULL entries and stores a cookie over all of them; the check on the way in compares one word,
 * seam_vtable_verify computes the cookie again (debug mode, or once per batch).
 */
#ifndef SEAMPROOF_VTABLE_H
#define SEAMPROOF_VTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SEAM_VTABLE_COOKIE UINT64_C(0x7ab1e5ea7ab1e5ea)

typedef struct seam_vtable_head {
  uint64_t sealed;   /* SEAM_VTABLE_COOKIE ^ address, 0 before sealing */
  uint64_t checksum; /* over the entries */
  uint32_t entry_count;
} seam_vtable_head;

#define SEAM_VTABLE_ENTRIES(type, first) \
  ((uint32_t)((sizeof(type) - offsetof(type, first)) / sizeof(void (*)(void))))

static inline uint64_t seam_vtable__checksum(const seam_vtable_head *head, const void *entries,
                                             bool *has_null_out) {
  uint64_t sum = SEAM_VTABLE_COOKIE;
  *has_null_out = false;
  for (uint32_t index = 0; index < head->entry_count; index++) {
    uintptr_t entry = 0;
    memcpy(&entry, (const char *)entries + index * sizeof entry, sizeof entry);
    if (entry == 0) *has_null_out = true;
    sum = (sum ^ entry) * UINT64_C(0x9e3779b97f4a7c15);
  }
  return sum;
}

/* `entries` points at the first function pointer. False, and unsealed, when one is NULL. */
static inline bool seam_vtable_seal(seam_vtable_head *head, const void *entries, uint32_t entry_count) {
  bool has_null = false;
  head->entry_count = entry_count;
  head->checksum = seam_vtable__checksum(head, entries, &has_null);
  head->sealed = has_null || entry_count == 0 ? 0 : SEAM_VTABLE_COOKIE ^ (uint64_t)(uintptr_t)head;
  return head->sealed != 0;
}

/* One load and one compare: right for every call. */
static inline bool seam_vtable_is_sealed(const seam_vtable_head *head) {
  return head != NULL && head->sealed == (SEAM_VTABLE_COOKIE ^ (uint64_t)(uintptr_t)head);
}

static inline bool seam_vtable_verify(const seam_vtable_head *head, const void *entries) {
  bool has_null = false;
  return seam_vtable_is_sealed(head) && head->checksum == seam_vtable__checksum(head, entries, &has_null) &&
         !has_null;
}

#endif
