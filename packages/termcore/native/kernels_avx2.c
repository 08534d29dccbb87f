/* The kernels with AVX2: two cells are one register. The functions carry their own target, so that
 * the file needs no compiler flag and nothing else can come out as AVX2 by accident. */
#include "kernels_variants.h"

#if TC_HAS_X86
#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m128i load_1(const tc_cell *cell) {
  return _mm_loadu_si128((const __m128i *)cell);
}
AVX2 static inline void store_1(tc_cell *cell, __m128i value) {
  _mm_storeu_si128((__m128i *)cell, value);
}
AVX2 static inline __m256i load_2(const tc_cell *cells) {
  return _mm256_loadu_si256((const __m256i *)cells);
}
AVX2 static inline void store_2(tc_cell *cells, __m256i value) {
  _mm256_storeu_si256((__m256i *)cells, value);
}

AVX2 static inline void fill_with(tc_cell *cells, size_t count, __m128i value) {
  const __m256i pair = _mm256_broadcastsi128_si256(value);
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    store_2(&cells[i], pair);
    store_2(&cells[i + 2], pair);
    store_2(&cells[i + 4], pair);
    store_2(&cells[i + 6], pair);
  }
  for (; i + 2 <= count; i += 2) store_2(&cells[i], pair);
  if (i < count) store_1(&cells[i], value);
}

AVX2 static void fill(tc_cell *cells, size_t count, tc_cell value) {
  fill_with(cells, count, load_1(&value));
}

AVX2 static void clear(tc_cell *cells, size_t count) {
  fill_with(cells, count, _mm_setzero_si128());
}

AVX2 static void move_up(tc_cell *to, const tc_cell *from, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    /* All loads before the stores: the blocks may overlap by less than eight cells. */
    const __m256i a = load_2(&from[i]), b = load_2(&from[i + 2]);
    const __m256i c = load_2(&from[i + 4]), d = load_2(&from[i + 6]);
    store_2(&to[i], a);
    store_2(&to[i + 2], b);
    store_2(&to[i + 4], c);
    store_2(&to[i + 6], d);
  }
  for (; i < count; i++) store_1(&to[i], load_1(&from[i]));
}

AVX2 static void move_down(tc_cell *to, const tc_cell *from, size_t count) {
  size_t i = count;
  for (; i >= 8; i -= 8) {
    const __m256i a = load_2(&from[i - 2]), b = load_2(&from[i - 4]);
    const __m256i c = load_2(&from[i - 6]), d = load_2(&from[i - 8]);
    store_2(&to[i - 2], a);
    store_2(&to[i - 4], b);
    store_2(&to[i - 6], c);
    store_2(&to[i - 8], d);
  }
  for (; i > 0; i--) store_1(&to[i - 1], load_1(&from[i - 1]));
}

AVX2 static void scroll(tc_cell *cells, size_t rows, size_t cols, ptrdiff_t lines, tc_cell blank) {
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

AVX2 static inline bool is_same(const tc_cell *a, const tc_cell *b) {
  return _mm_movemask_epi8(_mm_cmpeq_epi32(load_1(a), load_1(b))) == 0xffff;
}

AVX2 static inline bool is_same_8(const tc_cell *a, const tc_cell *b) {
  const __m256i w = _mm256_xor_si256(load_2(a), load_2(b));
  const __m256i x = _mm256_xor_si256(load_2(a + 2), load_2(b + 2));
  const __m256i y = _mm256_xor_si256(load_2(a + 4), load_2(b + 4));
  const __m256i z = _mm256_xor_si256(load_2(a + 6), load_2(b + 6));
  const __m256i any = _mm256_or_si256(_mm256_or_si256(w, x), _mm256_or_si256(y, z));
  return _mm256_testz_si256(any, any);
}

AVX2 static size_t diff(const tc_cell *before, const tc_cell *after, size_t rows, size_t cols,
                        tc_range *ranges) {
  size_t dirty_rows = 0;
  for (size_t row = 0; row < rows; row++, before += cols, after += cols) {
    size_t first = 0, end = cols;
    while (first + 8 <= cols && is_same_8(&before[first], &after[first])) first += 8;
    while (first < cols && is_same(&before[first], &after[first])) first++;
    while (end >= first + 8 && is_same_8(&before[end - 8], &after[end - 8])) end -= 8;
    while (end > first && is_same(&before[end - 1], &after[end - 1])) end--;
    if (first == end) first = end = 0;
    ranges[row] = (tc_range){(uint32_t)first, (uint32_t)end};
    dirty_rows += end > first;
  }
  return dirty_rows;
}

/* Bytes N and N+1 of the source become the lowest byte of the two cells; 0x80 clears a byte. */
#define PICK(n)                                                                                \
  _mm256_setr_epi8((n), -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, \
                   -128, -128, -128, (n) + 1, -128, -128, -128, -128, -128, -128, -128, -128,   \
                   -128, -128, -128, -128, -128, -128, -128)

AVX2 static inline unsigned printable_mask(__m128i bytes) {
  const __m128i above = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x1f));
  const __m128i delete = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
  return (unsigned)_mm_movemask_epi8(_mm_andnot_si128(delete, above));
}

AVX2 static inline void store_pair(tc_cell *cells, __m256i bytes, __m256i pick, __m256i pen) {
  store_2(cells, _mm256_or_si256(_mm256_shuffle_epi8(bytes, pick), pen));
}

AVX2 static size_t decode_ascii(tc_cell *cells, const uint8_t *bytes, size_t count, tc_cell pen) {
  pen.content = 0;
  const __m256i pens = _mm256_broadcastsi128_si256(load_1(&pen));
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m128i block = _mm_loadu_si128((const __m128i *)(bytes + i));
    if (printable_mask(block) != 0xffff) break;
    const __m256i both = _mm256_broadcastsi128_si256(block);
    store_pair(&cells[i], both, PICK(0), pens);
    store_pair(&cells[i + 2], both, PICK(2), pens);
    store_pair(&cells[i + 4], both, PICK(4), pens);
    store_pair(&cells[i + 6], both, PICK(6), pens);
    store_pair(&cells[i + 8], both, PICK(8), pens);
    store_pair(&cells[i + 10], both, PICK(10), pens);
    store_pair(&cells[i + 12], both, PICK(12), pens);
    store_pair(&cells[i + 14], both, PICK(14), pens);
  }
  for (; i + 4 <= count; i += 4) {
    int32_t word;
    memcpy(&word, bytes + i, 4);
    const __m128i block = _mm_cvtsi32_si128(word);
    if ((printable_mask(block) & 0xf) != 0xf) break;
    const __m256i both = _mm256_broadcastsi128_si256(block);
    store_pair(&cells[i], both, PICK(0), pens);
    store_pair(&cells[i + 2], both, PICK(2), pens);
  }
  for (; i < count && tc_is_printable_ascii(bytes[i]); i++) {
    const __m128i code = _mm_cvtsi32_si128(bytes[i]);
    store_1(&cells[i], _mm_or_si128(_mm256_castsi256_si128(pens), code));
  }
  return i;
}

const tc_kernels tc_kernels_avx2 = {
    .level = TC_SIMD_AVX2,
    .name = "avx2",
    .fill = fill,
    .clear = clear,
    .scroll = scroll,
    .diff = diff,
    .decode_ascii = decode_ascii,
};
#else
typedef int tc_no_avx2_on_this_cpu;
#endif
