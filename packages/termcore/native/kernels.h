/* The five loops that touch every cell: fill, clear, scroll, diff, ASCII decode.
 *
 * Each exists in scalar C and in SIMD (SSE2, AVX2, NEON). All variants give the same bytes for the
 * same input; test/kernels.test.ts holds them to it. Which one runs is decided once per process by
 * what the CPU has, and can be changed at run time (flag `simd`).
 *
 * Threads: the functions are pure; tc_kernels_select is atomic and may race with readers, who then
 * run either variant. Allocates: never. */
#ifndef TC_KERNELS_H
#define TC_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 16 bytes, aligned to 16, so that a cell is one vector register.
 *
 *   content     0: never written (reads as a space) | codepoint | TC_CONTENT_CLUSTER + cluster id
 *   foreground  0: default | TC_COLOR_INDEXED + 0..255 | TC_COLOR_RGB + 0xRRGGBB
 *   background  the same
 *   attributes  bits 0..15 TC_ATTR_*; bits 16..31 id of the underline colour, 0: as the text */
typedef struct tc_cell {
  uint32_t content;
  uint32_t foreground;
  uint32_t background;
  uint32_t attributes;
} tc_cell;

#ifndef __cplusplus
_Static_assert(sizeof(tc_cell) == 16, "JavaScript reads a cell as four Uint32 elements");
#endif

#define TC_CONTENT_CLUSTER 0x80000000u
#define TC_COLOR_DEFAULT 0u
#define TC_COLOR_INDEXED 0x01000000u
#define TC_COLOR_RGB 0x02000000u

enum {
  TC_ATTR_BOLD = 1u << 0,
  TC_ATTR_DIM = 1u << 1,
  TC_ATTR_ITALIC = 1u << 2,
  TC_ATTR_BLINK = 1u << 3,
  TC_ATTR_INVERSE = 1u << 4,
  TC_ATTR_INVISIBLE = 1u << 5,
  TC_ATTR_STRIKETHROUGH = 1u << 6,
  TC_ATTR_OVERLINE = 1u << 7,
  TC_ATTR_UNDERLINE_SHIFT = 8, /* three bits: none, single, double, curly, dotted, dashed */
  TC_ATTR_UNDERLINE_MASK = 7u << 8,
  TC_ATTR_PROTECTED = 1u << 11, /* DECSCA: a selective erase leaves the cell alone */
  TC_ATTR_WIDE = 1u << 12,      /* left half of a two-column character */
  TC_ATTR_WIDE_TAIL = 1u << 13, /* right half: content 0 */
  TC_ATTR_UNDERLINE_COLOR_SHIFT = 16,
};

/* Columns [first, end) of a row; first == end: none. */
typedef struct tc_range {
  uint32_t first;
  uint32_t end;
} tc_range;

typedef enum tc_simd {
  TC_SIMD_SCALAR = 0,
  TC_SIMD_SSE2 = 1,
  TC_SIMD_AVX2 = 2,
  TC_SIMD_NEON = 3,
} tc_simd;

typedef struct tc_kernels {
  tc_simd level;
  const char *name;
  /* Sets `count` cells to `value`. */
  void (*fill)(tc_cell *cells, size_t count, tc_cell value);
  /* Sets `count` cells to all-zero bytes. */
  void (*clear)(tc_cell *cells, size_t count);
  /* Moves a block of rows * cols contiguous cells up by `lines` (down if negative) and fills the
   * exposed rows with `blank`. |lines| >= rows fills everything. */
  void (*scroll)(tc_cell *cells, size_t rows, size_t cols, ptrdiff_t lines, tc_cell blank);
  /* Compares two blocks of rows * cols cells row by row into ranges[rows]; each range is the
   * smallest that covers the row's differences. Returns how many rows differ. */
  size_t (*diff)(const tc_cell *before, const tc_cell *after, size_t rows, size_t cols,
                 tc_range *ranges);
  /* Writes printable ASCII (0x20..0x7e) as cells that take all but the content from `pen`. Stops at
   * `count` or before the first other byte, touches no cell beyond that; returns cells written. */
  size_t (*decode_ascii)(tc_cell *cells, const uint8_t *bytes, size_t count, tc_cell pen);
} tc_kernels;

/* The variant for a level, or NULL if this build or this CPU does not have it. */
const tc_kernels *tc_kernels_for(tc_simd level);
/* The fastest variant this CPU has. */
const tc_kernels *tc_kernels_best(void);
/* The variant in use; the best one unless tc_kernels_select changed it. */
const tc_kernels *tc_kernels_active(void);
/* Returns false, and changes nothing, if the level is not available here. */
bool tc_kernels_select(tc_simd level);

#ifdef __cplusplus
}
#endif
#endif
