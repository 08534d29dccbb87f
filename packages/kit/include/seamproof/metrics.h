/*
 * metrics.h: counters, gauges and histograms in one self-describing block of memory.
 *
 * JavaScript reads the block as it is (MetricSet.over in metrics.ts): a directory of names, kinds and
 * offsets, then the values as 64-bit words. Nothing is copied and no call is needed to read.
 *
 *     header   magic u32, version u32, metric_count u32, values_offset u32, size_bytes u32, 0 u32 x3
 *     directory, metric_count entries of 192 bytes:
 *              kind u32, first_word u32, word_count u32, 0 u32, name char[48], unit char[16], help char[112]
 *     values   uint64 words; a histogram has count, sum, max, 0, then SEAM_HISTOGRAM_BUCKETS buckets
 *
 * Histogram buckets are log-linear, 8 per power of two: a reported percentile is at most 1/8 too high.
 *
 * Threads: seam_metric_add from any; the _owned forms from one writer (a plain add, no lock prefix).
 * A reader may see one metric before another; each value is whole.
 */
#ifndef SEAMPROOF_METRICS_H
#define SEAMPROOF_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SEAM_METRICS_MAGIC 0x314d4d53u /* "SMM1" */
#define SEAM_METRICS_VERSION 1u
#define SEAM_HISTOGRAM_HEAD_WORDS 4u
#define SEAM_HISTOGRAM_BUCKETS 496u /* 8 exact, then 8 for each of the 61 powers of two above */

typedef enum seam_metric_kind { SEAM_COUNTER = 1, SEAM_GAUGE = 2, SEAM_HISTOGRAM = 3 } seam_metric_kind;

typedef struct seam_metric_definition {
  seam_metric_kind kind;
  const char *name, *unit, *help;
} seam_metric_definition;

typedef struct seam_metrics_entry {
  uint32_t kind, first_word, word_count, reserved;
  char name[48], unit[16], help[112];
} seam_metrics_entry;

typedef struct seam_metrics_header {
  uint32_t magic, version, metric_count, values_offset_bytes, size_bytes, reserved[3];
} seam_metrics_header;

_Static_assert(sizeof(seam_metrics_entry) == 192, "the directory entry is part of the format");
_Static_assert(sizeof(seam_metrics_header) == 32, "the header is part of the format");

typedef struct seam_metrics {
  _Atomic uint64_t *values;
  const seam_metrics_entry *entries;
  uint32_t metric_count;
} seam_metrics;

static inline uint32_t seam_metrics__words(seam_metric_kind kind) {
  return kind == SEAM_HISTOGRAM ? SEAM_HISTOGRAM_HEAD_WORDS + SEAM_HISTOGRAM_BUCKETS : 1;
}

static inline size_t seam_metrics_size_bytes(const seam_metric_definition *definitions, uint32_t count) {
  size_t size = sizeof(seam_metrics_header) + count * sizeof(seam_metrics_entry);
  for (uint32_t index = 0; index < count; index++) size += seam_metrics__words(definitions[index].kind) * 8u;
  return size;
}

static inline void seam_metrics__text(char *target, size_t size, const char *text) {
  const size_t length = strlen(text);
  memcpy(target, text, length < size ? length : size - 1);
}

/* Lays the block out in `memory`: seam_metrics_size_bytes bytes, 8-byte aligned, owned by the caller. */
static inline void seam_metrics_init(seam_metrics *metrics, void *memory,
                                     const seam_metric_definition *definitions, uint32_t count) {
  const size_t size = seam_metrics_size_bytes(definitions, count);
  memset(memory, 0, size);
  seam_metrics_header *header = memory;
  seam_metrics_entry *entries = (seam_metrics_entry *)(header + 1);
  *header = (seam_metrics_header){
      .magic = SEAM_METRICS_MAGIC, .version = SEAM_METRICS_VERSION, .metric_count = count,
      .values_offset_bytes = (uint32_t)(sizeof *header + count * sizeof *entries), .size_bytes = (uint32_t)size};
  uint32_t word = 0;
  for (uint32_t index = 0; index < count; index++) {
    entries[index].kind = definitions[index].kind;
    entries[index].first_word = word;
    entries[index].word_count = seam_metrics__words(definitions[index].kind);
    seam_metrics__text(entries[index].name, sizeof entries[index].name, definitions[index].name);
    seam_metrics__text(entries[index].unit, sizeof entries[index].unit, definitions[index].unit);
    seam_metrics__text(entries[index].help, sizeof entries[index].help, definitions[index].help);
    word += entries[index].word_count;
  }
  metrics->values = (_Atomic uint64_t *)(void *)(entries + count);
  metrics->entries = entries;
  metrics->metric_count = count;
}

static inline void seam_metric_add(const seam_metrics *metrics, uint32_t index, uint64_t amount) {
  atomic_fetch_add_explicit(&metrics->values[metrics->entries[index].first_word], amount, memory_order_relaxed);
}

/* One writer: a load and a store that no reader can see torn, at the price of a plain add. */
static inline void seam_metric__add_word(_Atomic uint64_t *word, uint64_t amount) {
  atomic_store_explicit(word, atomic_load_explicit(word, memory_order_relaxed) + amount, memory_order_relaxed);
}

static inline void seam_metric_add_owned(const seam_metrics *metrics, uint32_t index, uint64_t amount) {
  seam_metric__add_word(&metrics->values[metrics->entries[index].first_word], amount);
}

static inline void seam_metric_set(const seam_metrics *metrics, uint32_t index, uint64_t value) {
  atomic_store_explicit(&metrics->values[metrics->entries[index].first_word], value, memory_order_relaxed);
}

static inline uint64_t seam_metric_read(const seam_metrics *metrics, uint32_t index) {
  return atomic_load_explicit(&metrics->values[metrics->entries[index].first_word], memory_order_relaxed);
}

static inline uint32_t seam_histogram_bucket(uint64_t value) {
  if (value < 8) return (uint32_t)value;
  const uint32_t power = 63u - (uint32_t)__builtin_clzll(value);
  return (power - 2) * 8 + (uint32_t)(value >> (power - 3) & 7);
}

/* One writer per histogram. */
static inline void seam_histogram_record_owned(const seam_metrics *metrics, uint32_t index, uint64_t value) {
  _Atomic uint64_t *words = &metrics->values[metrics->entries[index].first_word];
  seam_metric__add_word(&words[0], 1);
  seam_metric__add_word(&words[1], value);
  if (value > atomic_load_explicit(&words[2], memory_order_relaxed))
    atomic_store_explicit(&words[2], value, memory_order_relaxed);
  seam_metric__add_word(&words[SEAM_HISTOGRAM_HEAD_WORDS + seam_histogram_bucket(value)], 1);
}

#endif
