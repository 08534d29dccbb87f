/* The kernels with NEON, which every AArch64 CPU has: one cell is one register. */
#include "kernels_variants.h"

#if TC_HAS_NEON
#include <arm_neon.h>
#include <string.h>

static inline uint32x4_t load(const tc_cell *cell) { return vld1q_u32((const uint32_t *)cell); }
static inline void store(tc_cell *cell, uint32x4_t value) { vst1q_u32((uint32_t *)cell, value); }

static inline void fill_with(tc_cell *cells, size_t count, uint32x4_t value) {
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

static void clear(tc_cell *cells, size_t count) { fill_with(cells, count, vdupq_n_u32(0)); }

static void move_up(tc_cell *to, const tc_cell *from, size_t count) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    /* All loads before the stores: the blocks may overlap by less than four cells. */
    const uint32x4_t a = load(&from[i]), b = load(&from[i + 1]);
    const uint32x4_t c = load(&from[i + 2]), d = load(&from[i + 3]);
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
    const uint32x4_t a = load(&from[i - 1]), b = load(&from[i - 2]);
    const uint32x4_t c = load(&from[i - 3]), d = load(&from[i - 4]);
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
  return vminvq_u32(vceqq_u32(load(a), load(b))) == 0xffffffffu;
}

static inline bool is_same_4(const tc_cell *a, const tc_cell *b) {
  const uint32x4_t w = veorq_u32(load(a), load(b));
  const uint32x4_t x = veorq_u32(load(a + 1), load(b + 1));
  const uint32x4_t y = veorq_u32(load(a + 2), load(b + 2));
  const uint32x4_t z = veorq_u32(load(a + 3), load(b + 3));
  return vmaxvq_u32(vorrq_u32(vorrq_u32(w, x), vorrq_u32(y, z))) == 0;
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

static inline bool is_printable_16(uint8x16_t bytes) {
  const uint8x16_t offset = vsubq_u8(bytes, vdupq_n_u8(0x20));
  return vmaxvq_u8(offset) <= 0x7e - 0x20;
}

static inline void store_4(tc_cell *cells, uint32x4_t codes, uint32x4_t pen) {
  store(&cells[0], vcopyq_laneq_u32(pen, 0, codes, 0));
  store(&cells[1], vcopyq_laneq_u32(pen, 0, codes, 1));
  store(&cells[2], vcopyq_laneq_u32(pen, 0, codes, 2));
  store(&cells[3], vcopyq_laneq_u32(pen, 0, codes, 3));
}

static size_t decode_ascii(tc_cell *cells, const uint8_t *bytes, size_t count, tc_cell pen) {
  const uint32x4_t pen_lanes = load(&pen);
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const uint8x16_t block = vld1q_u8(bytes + i);
    if (!is_printable_16(block)) break;
    const uint16x8_t low = vmovl_u8(vget_low_u8(block)), high = vmovl_u8(vget_high_u8(block));
    store_4(&cells[i], vmovl_u16(vget_low_u16(low)), pen_lanes);
    store_4(&cells[i + 4], vmovl_u16(vget_high_u16(low)), pen_lanes);
    store_4(&cells[i + 8], vmovl_u16(vget_low_u16(high)), pen_lanes);
    store_4(&cells[i + 12], vmovl_u16(vget_high_u16(high)), pen_lanes);
  }
  for (; i < count && tc_is_printable_ascii(bytes[i]); i++)
    store(&cells[i], vsetq_lane_u32(bytes[i], pen_lanes, 0));
  return i;
}

const tc_kernels tc_kernels_neon = {
    .level = TC_SIMD_NEON,
    .name = "neon",
    .fill = fill,
    .clear = clear,
    .scroll = scroll,
    .diff = diff,
    .decode_ascii = decode_ascii,
};
#else
typedef int tc_no_neon_on_this_cpu;
#endif
