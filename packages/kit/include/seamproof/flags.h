/*
 * flags.h: optimisations that are switched at run time, so that an A/B run needs no rebuild.
 *
 * The author declares a table; the environment variable PREFIX_NAME (0/1, on/off, true/false) sets
 * the start value, and seam_flags_set changes it later. Reading one is a relaxed load of a word.
 * JavaScript declares the same names with defineFlags (flags.ts) and pushes values through the addon.
 *
 * Threads: read and set any; init once.
 */
#ifndef SEAMPROOF_FLAGS_H
#define SEAMPROOF_FLAGS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEAM_FLAGS_MAX 32u

typedef struct seam_flag {
  const char *name;        /* lower case, [a-z0-9_-] */
  const char *description; /* what it does and when it pays */
  bool is_on_by_default;
} seam_flag;

typedef struct seam_flags {
  const seam_flag *table;
  uint32_t flag_count;
  _Atomic uint32_t bits;
} seam_flags;

/* -1 when the text is none of the accepted words. */
static inline int seam_flags__parse(const char *text) {
  static const char *const on[] = {"1", "on", "true", "yes"}, *const off[] = {"0", "off", "false", "no"};
  for (size_t index = 0; index < 4; index++) {
    if (strcmp(text, on[index]) == 0) return 1;
    if (strcmp(text, off[index]) == 0) return 0;
  }
  return -1;
}

static inline bool seam_flags_set(seam_flags *flags, uint32_t index, bool is_on) {
  if (index >= flags->flag_count) return false;
  const uint32_t bit = UINT32_C(1) << index;
  if (is_on) atomic_fetch_or_explicit(&flags->bits, bit, memory_order_relaxed);
  else atomic_fetch_and_explicit(&flags->bits, ~bit, memory_order_relaxed);
  return true;
}

static inline bool seam_flags_is_on(const seam_flags *flags, uint32_t index) {
  return (atomic_load_explicit(&flags->bits, memory_order_relaxed) >> index & 1u) != 0;
}

/* The table's index of a name, or -1. */
static inline int seam_flags_find(const seam_flags *flags, const char *name) {
  for (uint32_t index = 0; index < flags->flag_count; index++)
    if (strcmp(flags->table[index].name, name) == 0) return (int)index;
  return -1;
}

/* Text in the environment that is no on/off word is ignored: the default stands. */
static inline bool seam_flags_init(seam_flags *flags, const char *environment_prefix, const seam_flag *table,
                                   uint32_t flag_count) {
  if (flag_count > SEAM_FLAGS_MAX) return false;
  flags->table = table;
  flags->flag_count = flag_count;
  atomic_init(&flags->bits, 0);
  for (uint32_t index = 0; index < flag_count; index++) {
    char variable[96];
    const int length = snprintf(variable, sizeof variable, "%s_%s", environment_prefix, table[index].name);
    if (length < 0 || (size_t)length >= sizeof variable) return false;
    for (char *at = variable; *at != '\0'; at++)
      *at = *at == '-' ? '_' : (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
    const char *text = getenv(variable);
    const int value = text == NULL ? -1 : seam_flags__parse(text);
    seam_flags_set(flags, index, value < 0 ? table[index].is_on_by_default : value == 1);
  }
  return true;
}

#endif
