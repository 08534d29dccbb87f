/* What the grid's own files and the terminal share. JavaScript can write into the block, so nothing
 * here takes an index or a size from it: the block is output, this struct is the truth. */
#ifndef TC_GRID_INTERNAL_H
#define TC_GRID_INTERNAL_H

#include "grid.h"

typedef struct tc_cluster {
  uint32_t length; /* 0: unused */
  uint32_t codepoints[TC_CLUSTER_CODEPOINTS_MAX];
} tc_cluster;

/* Combining sequences, found by content through an open-addressed index. Ids stay valid until a
 * sweep finds no cell that uses them. */
typedef struct tc_cluster_table {
  tc_cluster *entries;
  uint32_t *index;    /* id + 1, 0: empty; power of two, at least twice the capacity */
  uint32_t *free_ids; /* stack of unused ids below `used` */
  uint32_t capacity;
  uint32_t used; /* ids ever given out */
  uint32_t free_count;
  uint32_t index_mask;
  uint32_t refusals_left; /* a sweep that freed little is not repeated before this many refusals */
  uint32_t sweep_count;
  uint32_t dropped_count;
} tc_cluster_table;

#ifndef TC_UNDERLINE_COLORS_MAX
#define TC_UNDERLINE_COLORS_MAX 4095u
#endif

typedef struct tc_color_table {
  uint32_t *colors; /* id 1 is colors[0] */
  uint32_t count;
  uint32_t capacity;
} tc_color_table;

struct tc_grid {
  uint32_t cols;
  uint32_t rows;
  uint32_t line_capacity;
  uint32_t top;
  uint32_t history_lines;
  uint32_t scrollback_lines;
  uint32_t cursor_row;
  uint32_t cursor_col;
  uint32_t cursor_flags;
  uint32_t generation;
  uint32_t scrolled_lines;
  uint32_t change_count;
  tc_cell *cells;
  uint32_t *lines; /* ours; the block's ring is a copy */
  uint32_t *published_lines;
  tc_grid_header *published;
  void *block;
  size_t block_size_bytes;
  tc_range *dirty;      /* one per row */
  tc_range dirty_rows;  /* rows that are dirty in all columns */
  bool is_dirty;
  bool is_fixed; /* a terminal's: resized by the terminal or not at all */
  tc_allocator allocator;
  tc_cluster_table clusters;
  tc_color_table colors;
};

/* grid_width_table.h: pages of 256 codepoints, four widths to a byte. */
extern const uint8_t tc_grid__width_page_of[4352];
extern const uint8_t tc_grid__width_pages[][64];

static inline uint32_t tc_grid__width(uint32_t codepoint) {
  if (codepoint < 0x300) /* before the first combining mark; controls are 0 */
    return codepoint >= 0x20 && (codepoint < 0x7f || codepoint >= 0xa0);
  if (codepoint > 0x10ffff) return 1;
  const uint8_t page = tc_grid__width_page_of[codepoint >> 8];
  const uint8_t four = tc_grid__width_pages[page][(codepoint & 0xff) >> 2];
  return (four >> ((codepoint & 3) * 2)) & 3;
}

/* Writes what the block's header shows. Every public function that changes it ends with this. */
static inline void tc_grid__publish(tc_grid *grid) {
  tc_grid_header *header = grid->published;
  header->top = grid->top;
  header->history_lines = grid->history_lines;
  header->cursor_row = grid->cursor_row;
  header->cursor_col = grid->cursor_col;
  header->cursor_flags = grid->cursor_flags;
  header->scrolled_lines = grid->scrolled_lines;
  header->change_count = grid->change_count;
}

static inline uint32_t tc_grid__ring(const tc_grid *grid, uint32_t row) {
  const uint32_t position = grid->top + row; /* both below line_capacity < 2^31 */
  return position >= grid->line_capacity ? position - grid->line_capacity : position;
}

static inline void tc_grid__set_line(tc_grid *grid, uint32_t position, uint32_t entry) {
  grid->lines[position] = entry;
  grid->published_lines[position] = entry;
}

static inline tc_cell *tc_grid__row(const tc_grid *grid, uint32_t row) {
  const uint32_t slot = grid->lines[tc_grid__ring(grid, row)] & TC_LINE_SLOT_MASK;
  return grid->cells + (size_t)slot * grid->cols;
}

static inline void tc_grid__set_wrapped(tc_grid *grid, uint32_t row, bool is_wrapped) {
  const uint32_t position = tc_grid__ring(grid, row);
  const uint32_t slot = grid->lines[position] & TC_LINE_SLOT_MASK;
  tc_grid__set_line(grid, position, slot | (is_wrapped ? TC_LINE_WRAPPED : 0));
}

static inline void tc_grid__mark(tc_grid *grid, uint32_t row, uint32_t first, uint32_t end) {
  tc_range *range = &grid->dirty[row];
  if (range->first == range->end) {
    *range = (tc_range){first, end};
  } else {
    if (first < range->first) range->first = first;
    if (end > range->end) range->end = end;
  }
  grid->is_dirty = true;
}

static inline void tc_grid__mark_rows(tc_grid *grid, uint32_t first, uint32_t end) {
  tc_range *range = &grid->dirty_rows;
  if (range->first == range->end) {
    *range = (tc_range){first, end};
  } else {
    if (first < range->first) range->first = first;
    if (end > range->end) range->end = end;
  }
  grid->is_dirty = true;
}

/* Before cells [first, end) of a row are overwritten: a wide character that reaches in from the left
 * or out to the right loses its other half, which becomes blank in the pen's attributes. */
static inline void tc_grid__split_wide(tc_grid *grid, uint32_t row, tc_cell *cells, uint32_t first,
                                       uint32_t end, tc_cell pen) {
  pen.content = 0;
  if (first > 0 && first < grid->cols && (cells[first].attributes & TC_ATTR_WIDE_TAIL)) {
    cells[first - 1] = pen;
    tc_grid__mark(grid, row, first - 1, first);
  }
  if (end > first && end < grid->cols && (cells[end].attributes & TC_ATTR_WIDE_TAIL)) {
    cells[end] = pen;
    tc_grid__mark(grid, row, end, end + 1);
  }
}

/* A value from outside may claim to be half of a wide character; alone it is not. */
static inline tc_cell tc_grid__narrowed(tc_cell cell) {
  cell.attributes &= ~(uint32_t)(TC_ATTR_WIDE | TC_ATTR_WIDE_TAIL);
  return cell;
}

/* Writes one codepoint of width 1 or 2 that fits. */
void tc_grid__write_codepoint(tc_grid *grid, uint32_t row, uint32_t col, uint32_t codepoint,
                              uint32_t width, tc_cell pen);
/* Joins a zero-width codepoint to the character that ends before `col`; col > 0. */
void tc_grid__join(tc_grid *grid, uint32_t row, uint32_t col, uint32_t codepoint);
/* Sets row cells [first, end) to `blank`; protected ones stay if `keep_protected`. */
void tc_grid__erase(tc_grid *grid, uint32_t row, uint32_t first, uint32_t end, tc_cell blank,
                    bool keep_protected);
/* A region scroll without the header's publication. */
void tc_grid__scroll(tc_grid *grid, uint32_t top, uint32_t end, int32_t lines, tc_cell blank,
                     bool keep_history);
void tc_grid__insert_cells(tc_grid *grid, uint32_t row, uint32_t col, uint32_t count, tc_cell blank);
void tc_grid__delete_cells(tc_grid *grid, uint32_t row, uint32_t col, uint32_t count, tc_cell blank);

/* A resize in two steps, so that two grids change together or not at all. The prepared struct owns a
 * new block and shares the side tables; it goes to exactly one of commit and discard. */
tc_status tc_grid__prepare_resize(const tc_grid *grid, uint32_t cols, uint32_t rows,
                                  tc_grid *out_resized);
void tc_grid__commit_resize(tc_grid *grid, const tc_grid *resized);
void tc_grid__discard_resize(tc_grid *resized);

void tc_grid__free_tables(tc_grid *grid);

#endif
