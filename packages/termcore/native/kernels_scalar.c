/* The kernels with general-purpose registers only: the reference the SIMD variants are tested
 * against, and the honest control in benchmarks. So the compiler may neither vectorise these loops
 * nor turn them into memset and memmove, and cells move as two 64-bit halves: a plain struct copy
 * would compile to a vector move. */
#include "kernels_variants.h"

#include <string.h>

#if defined(__clang__)
#define SCALAR_LOOP _Pragma("clang loop vectorize(disable) interleave(disable)")
#else
#pragma GCC optimize("no-tree-vectorize,no-tree-slp-vectorize,no-tree-loop-distribute-patterns")
#define SCALAR_LOOP
#endif

typedef struct halves {
  uint64_t low;
  uint64_t high;
} halves;

static inline halves load(const tc_cell *cell) {
  halves both;
  memcpy(&both.low, cell, 8);
  memcpy(&both.high, (const char *)cell + 8, 8);
  return both;
}

static inline void store(tc_cell *cell, halves both) {
  memcpy(cell, &both.low, 8);
  memcpy((char *)cell + 8, &both.high, 8);
}

static inline bool is_same(const tc_cell *a, const tc_cell *b) {
  const halves left = load(a), right = load(b);
  return left.low == right.low && left.high == right.high;
}

static void fill(tc_cell *cells, size_t count, tc_cell value) {
  const halves both = load(&value);
  SCALAR_LOOP
  for (size_t i = 0; i < count; i++) store(&cells[i], both);
}

static void clear(tc_cell *cells, size_t count) {
  const halves zero = {0, 0};
  SCALAR_LOOP
  for (size_t i = 0; i < count; i++) store(&cells[i], zero);
}

static void scroll(tc_cell *cells, size_t rows, size_t cols, ptrdiff_t lines, tc_cell blank) {
  const bool is_up = lines >= 0;
  const size_t distance = is_up ? (size_t)lines : (size_t)0 - (size_t)lines;
  if (distance >= rows) {
    fill(cells, rows * cols, blank);
    return;
  }
  const size_t moved = (rows - distance) * cols, gap = distance * cols;
  if (is_up) {
    SCALAR_LOOP
    for (size_t i = 0; i < moved; i++) store(&cells[i], load(&cells[i + gap]));
    fill(cells + moved, gap, blank);
  } else {
    SCALAR_LOOP
    for (size_t i = moved; i-- > 0;) store(&cells[i + gap], load(&cells[i]));
    fill(cells, gap, blank);
  }
}

static size_t diff(const tc_cell *before, const tc_cell *after, size_t rows, size_t cols,
                   tc_range *ranges) {
  size_t dirty_rows = 0;
  for (size_t row = 0; row < rows; row++, before += cols, after += cols) {
    size_t first = 0, end = cols;
    while (first < cols && is_same(&before[first], &after[first])) first++;
    while (end > first && is_same(&before[end - 1], &after[end - 1])) end--;
    if (first == end) first = end = 0;
    ranges[row] = (tc_range){(uint32_t)first, (uint32_t)end};
    dirty_rows += end > first;
  }
  return dirty_rows;
}

static size_t decode_ascii(tc_cell *cells, const uint8_t *bytes, size_t count, tc_cell pen) {
  halves both = load(&pen);
  const uint64_t foreground = (uint64_t)pen.foreground << 32;
  size_t i = 0;
  SCALAR_LOOP
  for (; i < count && tc_is_printable_ascii(bytes[i]); i++) {
    both.low = foreground | bytes[i];
    store(&cells[i], both);
  }
  return i;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "decode_ascii packs two fields at once");

const tc_kernels tc_kernels_scalar = {
    .level = TC_SIMD_SCALAR,
    .name = "scalar",
    .fill = fill,
    .clear = clear,
    .scroll = scroll,
    .diff = diff,
    .decode_ascii = decode_ascii,
};
