/* The kernels with SSE2, which every x86-64 CPU has: one cell is one register. */
#include "kernels_variants.h"

#if TC_HAS_X86
#include <emmintrin.h>
#include <string.h>

static inline __m128i load(const tc_cell *cell) { return _mm_loadu_si128((const __m128i *)cell); }
static inline void store(tc_cell *cell, __m128i value) { _mm_storeu_si128((__m128i *)cell, value); }

static inline void fill_with(tc_cell *cells, size_t count, __m128i value) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    store(&cells[i], value);
    store(&cells[i + 1], value);
    store(&cells[i + 2], value);
    store(&cells[i + 3], value);
  }
  for (; i < count; i++) store(&cells[i], value);
}

static void fill(tc_cell *cells, size_t count, tc_cell value) {
  fill_with(cells, count, load(&value));
}

static void clear(tc_cell *cells, size_t count) { fill_with(cells, count, _mm_setzero_si128()); }

static void move_up(tc_cell *to, const tc_cell *from, size_t count) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    /* All loads before the stores: the blocks may overlap by less than four cells. */
    const __m128i a = load(&from[i]), b = load(&from[i + 1]);
    const __m128i c = load(&from[i + 2]), d = load(&from[i + 3]);
    store(&to[i], a);
    store(&to[i + 1], b);
    store(&to[i + 2], c);
    store(&to[i + 3], d);
  }
  for (; i < count; i++) store(&to[i], load(&from[i]));
}

static void move_down(tc_cell *to, const tc_cell *from, size_t count) {
  size_t i = count;
  for (; i >= 4; i -= 4) {
    const __m128i a = load(&from[i - 1]), b = load(&from[i - 2]);
    const __m128i c = load(&from[i - 3]), d = load(&from[i - 4]);
    store(&to[i - 1], a);
    store(&to[i - 2], b);
    store(&to[i - 3], c);
    store(&to[i - 4], d);
  }
  for (; i > 0; i--) store(&to[i - 1], load(&from[i - 1]));
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
    move_up(cells, cells + gap, moved);
    fill(cells + moved, gap, blank);
  } else {
    move_down(cells + gap, cells, moved);
    fill(cells, gap, blank);
  }
}

static inline bool is_same(const tc_cell *a, const tc_cell *b) {
  return _mm_movemask_epi8(_mm_cmpeq_epi32(load(a), load(b))) == 0xffff;
}

static inline bool is_same_4(const tc_cell *a, const tc_cell *b) {
  const __m128i w = _mm_cmpeq_epi32(load(a), load(b));
  const __m128i x = _mm_cmpeq_epi32(load(a + 1), load(b + 1));
  const __m128i y = _mm_cmpeq_epi32(load(a + 2), load(b + 2));
  const __m128i z = _mm_cmpeq_epi32(load(a + 3), load(b + 3));
  const __m128i all = _mm_and_si128(_mm_and_si128(w, x), _mm_and_si128(y, z));
  return _mm_movemask_epi8(all) == 0xffff;
}

static size_t diff(const tc_cell *before, const tc_cell *after, size_t rows, size_t cols,
                   tc_range *ranges) {
  size_t dirty_rows = 0;
  for (size_t row = 0; row < rows; row++, before += cols, after += cols) {
    size_t first = 0, end = cols;
    while (first + 4 <= cols && is_same_4(&before[first], &after[first])) first += 4;
    while (first < cols && is_same(&before[first], &after[first])) first++;
    while (end >= first + 4 && is_same_4(&before[end - 4], &after[end - 4])) end -= 4;
    while (end > first && is_same(&before[end - 1], &after[end - 1])) end--;
    if (first == end) first = end = 0;
    ranges[row] = (tc_range){(uint32_t)first, (uint32_t)end};
    dirty_rows += end > first;
  }
  return dirty_rows;
}

/* Four codepoints in, four cells out: each takes its lowest lane from `codes`, the rest from the pen. */
static inline void store_4(tc_cell *cells, __m128i codes, __m128 pen) {
  const __m128 c0 = _mm_castsi128_ps(codes);
  const __m128 c1 = _mm_castsi128_ps(_mm_srli_si128(codes, 4));
  const __m128 c2 = _mm_castsi128_ps(_mm_srli_si128(codes, 8));
  const __m128 c3 = _mm_castsi128_ps(_mm_srli_si128(codes, 12));
  store(&cells[0], _mm_castps_si128(_mm_move_ss(pen, c0)));
  store(&cells[1], _mm_castps_si128(_mm_move_ss(pen, c1)));
  store(&cells[2], _mm_castps_si128(_mm_move_ss(pen, c2)));
  store(&cells[3], _mm_castps_si128(_mm_move_ss(pen, c3)));
}

static inline unsigned printable_mask(__m128i bytes) {
  /* Signed, so bytes from 0x80 on are below 0x20 too. */
  const __m128i above = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x1f));
  const __m128i delete = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
  return (unsigned)_mm_movemask_epi8(_mm_andnot_si128(delete, above));
}

static size_t decode_ascii(tc_cell *cells, const uint8_t *bytes, size_t count, tc_cell pen) {
  const __m128i zero = _mm_setzero_si128();
  const __m128 pen_lanes = _mm_castsi128_ps(load(&pen));
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m128i block = _mm_loadu_si128((const __m128i *)(bytes + i));
    if (printable_mask(block) != 0xffff) break;
    const __m128i low = _mm_unpacklo_epi8(block, zero), high = _mm_unpackhi_epi8(block, zero);
    store_4(&cells[i], _mm_unpacklo_epi16(low, zero), pen_lanes);
    store_4(&cells[i + 4], _mm_unpackhi_epi16(low, zero), pen_lanes);
    store_4(&cells[i + 8], _mm_unpacklo_epi16(high, zero), pen_lanes);
    store_4(&cells[i + 12], _mm_unpackhi_epi16(high, zero), pen_lanes);
  }
  for (; i + 4 <= count; i += 4) {
    int32_t word;
    memcpy(&word, bytes + i, 4);
    const __m128i block = _mm_cvtsi32_si128(word);
    if ((printable_mask(block) & 0xf) != 0xf) break;
    store_4(&cells[i], _mm_unpacklo_epi16(_mm_unpacklo_epi8(block, zero), zero), pen_lanes);
  }
  for (; i < count && tc_is_printable_ascii(bytes[i]); i++) {
    const __m128i code = _mm_cvtsi32_si128(bytes[i]);
    store(&cells[i], _mm_castps_si128(_mm_move_ss(pen_lanes, _mm_castsi128_ps(code))));
  }
  return i;
}

const tc_kernels tc_kernels_sse2 = {
    .level = TC_SIMD_SSE2,
    .name = "sse2",
    .fill = fill,
    .clear = clear,
    .scroll = scroll,
    .diff = diff,
    .decode_ascii = decode_ascii,
};
#else
typedef int tc_no_sse2_on_this_cpu;
#endif
