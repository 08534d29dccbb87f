/*
 * handles.h: objects cross the seam as 32-bit numbers (slot and generation) instead of pointers.
 *
 * Reading an integer argument costs some 5 ns where napi_unwrap costs 50, and a stale or forged
 * handle gives NULL instead of a crash. A handle is never 0. Threads: the owner only.
 */
#ifndef SEAMPROOF_HANDLES_H
#define SEAMPROOF_HANDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SEAM_HANDLE_SLOT_BITS 16u
#define SEAM_HANDLES_MAX (1u << SEAM_HANDLE_SLOT_BITS)

typedef struct seam_handle_entry {
  void *object;
  uint32_t kind; /* the author's own; a lookup must name it */
  uint16_t generation;
  uint32_t next_free; /* of an empty slot */
} seam_handle_entry;

typedef struct seam_handles {
  seam_handle_entry *entries;
  uint32_t entry_count, limit, first_free, in_use_count;
} seam_handles;

#define SEAM_HANDLES__NONE UINT32_MAX

/* Memory grows as needed up to `limit` objects (at most SEAM_HANDLES_MAX). */
static inline bool seam_handles_init(seam_handles *handles, uint32_t limit) {
  memset(handles, 0, sizeof *handles);
  if (limit == 0 || limit > SEAM_HANDLES_MAX) return false;
  handles->limit = limit;
  handles->first_free = SEAM_HANDLES__NONE;
  return true;
}

static inline bool seam_handles__grow(seam_handles *handles) {
  if (handles->entry_count == handles->limit) return false;
  uint32_t count = handles->entry_count == 0 ? 16 : handles->entry_count * 2;
  if (count > handles->limit) count = handles->limit;
  seam_handle_entry *entries = realloc(handles->entries, sizeof *entries * count);
  if (entries == NULL) return false;
  for (uint32_t slot = count; slot-- > handles->entry_count;) {
    entries[slot] = (seam_handle_entry){.generation = 1, .next_free = handles->first_free};
    handles->first_free = slot;
  }
  handles->entries = entries;
  handles->entry_count = count;
  return true;
}

/* 0 when the limit is reached or memory is gone. `object` must not be NULL. */
static inline uint32_t seam_handles_add(seam_handles *handles, uint32_t kind, void *object) {
  if (object == NULL) return 0;
  if (handles->first_free == SEAM_HANDLES__NONE && !seam_handles__grow(handles)) return 0;
  const uint32_t slot = handles->first_free;
  seam_handle_entry *entry = &handles->entries[slot];
  handles->first_free = entry->next_free;
  handles->in_use_count++;
  entry->object = object;
  entry->kind = kind;
  return (uint32_t)entry->generation << SEAM_HANDLE_SLOT_BITS | slot;
}

static inline seam_handle_entry *seam_handles__find(const seam_handles *handles, uint32_t kind, uint32_t handle) {
  const uint32_t slot = handle & (SEAM_HANDLES_MAX - 1);
  if (slot >= handles->entry_count) return NULL;
  seam_handle_entry *entry = &handles->entries[slot];
  const bool matches = entry->object != NULL && entry->kind == kind &&
                       entry->generation == (uint16_t)(handle >> SEAM_HANDLE_SLOT_BITS);
  return matches ? entry : NULL;
}

static inline void *seam_handles_get(const seam_handles *handles, uint32_t kind, uint32_t handle) {
  const seam_handle_entry *entry = seam_handles__find(handles, kind, handle);
  return entry != NULL ? entry->object : NULL;
}

/* The object, now the caller's to destroy, or NULL for a stale handle. */
static inline void *seam_handles_remove(seam_handles *handles, uint32_t kind, uint32_t handle) {
  seam_handle_entry *entry = seam_handles__find(handles, kind, handle);
  if (entry == NULL) return NULL;
  void *object = entry->object;
  entry->object = NULL;
  /* 15 bits, so that a handle is a small integer for V8 and costs it no allocation; never 0 */
  entry->generation = (uint16_t)(entry->generation % 0x7fffu + 1);
  entry->next_free = handles->first_free;
  handles->first_free = (uint32_t)(entry - handles->entries);
  handles->in_use_count--;
  return object;
}

/* Frees the table, not the objects. */
static inline void seam_handles_destroy(seam_handles *handles) {
  free(handles->entries);
  memset(handles, 0, sizeof *handles);
  handles->first_free = SEAM_HANDLES__NONE;
}

#endif
