/* A grid of terminal cells: one block of memory, a ring of lines, dirty ranges, scrollback.
 *
 * Threads: one at a time; the grid has no lock. Allocates: only in create, resize, and when the side
 * tables of combining sequences and underline colours grow. Every position is clipped to the grid,
 * so no argument makes a function write out of bounds.
 *
 * The block (what JavaScript sees as one ArrayBuffer, without a copy):
 *
 *   +--------------------+--------------------------+------------------------------------------+
 *   | tc_grid_header     | line ring                | cells                                    |
 *   | 64 bytes           | line_capacity * uint32   | line_capacity slots of cols 16-byte cells |
 *   +--------------------+--------------------------+------------------------------------------+
 *   0                    lines_offset_bytes         cells_offset_bytes (64-byte aligned)
 *
 *   entry = lines[(top + row) % line_capacity]      row 0 is the first row on the screen;
 *   slot  = entry & TC_LINE_SLOT_MASK               row -1 .. -history_lines is the scrollback
 *   cell  = cells[slot * cols + col]
 *
 * Scrolling moves entries of the ring, never cells. Resizing makes a new block: the old one has
 * `is_retired` set to 1 and goes back to the allocator, which may keep it alive for its readers. */
#ifndef TC_GRID_H
#define TC_GRID_H

#include "kernels.h"
#include "termcore.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TC_GRID_MAGIC 0x44524754u /* "TGRD" */
#define TC_GRID_VERSION 1u
#define TC_COLS_MAX 16384u
#define TC_ROWS_MAX 16384u
#define TC_SCROLLBACK_LINES_MAX 1000000u
#define TC_CELLS_MAX (1u << 26) /* 1 GiB of cells, scrollback included */
#define TC_CLUSTER_CODEPOINTS_MAX 16u
#ifndef TC_CLUSTER_COUNT_MAX /* fuzzers are built with small limits, to get behind them */
#define TC_CLUSTER_COUNT_MAX 65536u
#endif

#define TC_LINE_SLOT_MASK 0x7fffffffu
#define TC_LINE_WRAPPED 0x80000000u /* the line continues the one before it (soft wrap) */

enum { TC_CURSOR_HIDDEN = 1u << 0, TC_CURSOR_PENDING_WRAP = 1u << 1 };

typedef struct tc_grid_header {
  uint32_t magic;
  uint32_t version;
  uint32_t cols;
  uint32_t rows;
  uint32_t line_capacity; /* rows + the scrollback limit */
  uint32_t top;           /* ring position of screen row 0 */
  uint32_t history_lines; /* lines of scrollback now held */
  uint32_t lines_offset_bytes;
  uint32_t cells_offset_bytes;
  uint32_t cursor_row;
  uint32_t cursor_col;
  uint32_t cursor_flags; /* TC_CURSOR_* */
  uint32_t generation;   /* 1 for the first block of a grid, one more with each resize */
  uint32_t is_retired;   /* 1: a resize replaced this block; it will not change any more */
  uint32_t scrolled_lines; /* lines that ever left the top of the screen, modulo 2^32 */
  uint32_t change_count;   /* goes up when dirty ranges are taken and were not empty */
} tc_grid_header;

#ifndef __cplusplus
_Static_assert(sizeof(tc_grid_header) == 64, "JavaScript reads the header as 16 Uint32 elements");
#endif

typedef struct tc_grid_options {
  uint32_t cols;             /* 1..TC_COLS_MAX */
  uint32_t rows;             /* 1..TC_ROWS_MAX */
  uint32_t scrollback_lines; /* 0..TC_SCROLLBACK_LINES_MAX */
  const tc_allocator *allocator; /* copied; NULL: tc_system_allocator() */
} tc_grid_options;

typedef struct tc_grid tc_grid;

/* TC_ERR_ARGUMENT: a NULL pointer; TC_ERR_RANGE: cols or rows is 0 or beyond its maximum; TC_ERR_LIMIT:
 * more than TC_CELLS_MAX cells; TC_ERR_MEMORY. *out_grid is set on TC_OK only. */
tc_status tc_grid_create(const tc_grid_options *options, tc_grid **out_grid);
/* NULL is allowed. Owns: gives the block back to the allocator. */
void tc_grid_destroy(tc_grid *grid);
/* Keeps what fits; nothing is reflowed. Columns are cut or padded on the right (a wide character cut
 * in half becomes blank). Fewer rows: blank rows below the cursor go first, then rows from the top go
 * to the scrollback. More rows: rows come back from the scrollback, then blank rows below. On any
 * status but TC_OK (the same as for create) the grid is as it was. TC_ERR_STATE: the grid is one of a
 * terminal's two, which change together: tc_terminal_resize. */
tc_status tc_grid_resize(tc_grid *grid, uint32_t cols, uint32_t rows);

const tc_grid_header *tc_grid_get_header(const tc_grid *grid);
/* Start and size of the block; valid until resize or destroy. */
void *tc_grid_get_block(const tc_grid *grid, size_t *out_size_bytes);
/* First of `cols` cells of a screen row (clipped to the last row). Writing through it marks nothing
 * dirty. The distance between two rows is not constant: ask for each row. */
tc_cell *tc_grid_get_row(tc_grid *grid, uint32_t row);
/* Cells of a line counted from the oldest in the scrollback; NULL beyond the last screen row. */
const tc_cell *tc_grid_get_line(const tc_grid *grid, uint32_t line, bool *out_is_wrapped);

/* ---- writing; (row, col) explicit, clipped, no wrapping; cells halved by it become blank ---- */

/* Copies one cell as it is. Returns cells written: 0 or 1. */
uint32_t tc_grid_set_cell(tc_grid *grid, uint32_t row, uint32_t col, tc_cell cell);
/* Printable ASCII, up to the first other byte or the end of the row. Returns cells written. */
uint32_t tc_grid_put_ascii(tc_grid *grid, uint32_t row, uint32_t col, const uint8_t *bytes,
                           size_t count, tc_cell pen);
/* Any codepoints: wide ones take two columns, combining ones join the cell before them (also the one
 * before `col`). Invalid ones become U+FFFD. Returns the column after the last cell written. */
uint32_t tc_grid_put_codepoints(tc_grid *grid, uint32_t row, uint32_t col,
                                const uint32_t *codepoints, size_t count, tc_cell pen);
void tc_grid_fill_rect(tc_grid *grid, uint32_t row, uint32_t col, uint32_t rows, uint32_t cols,
                       tc_cell cell);
/* The whole screen; scrollback and cursor stay. */
void tc_grid_clear(tc_grid *grid, tc_cell blank);
void tc_grid_clear_scrollback(tc_grid *grid);

/* Screen rows [top, end) move up by `lines`, down if negative; exposed rows become `blank`. With
 * `keep_history`, rows that leave the top of the screen (top == 0, moving up) go to the scrollback. */
void tc_grid_scroll(tc_grid *grid, uint32_t top, uint32_t end, int32_t lines, tc_cell blank,
                    bool keep_history);
/* Within rows [row, end): blank lines come in at `row`, or lines from `row` on go. */
void tc_grid_insert_lines(tc_grid *grid, uint32_t row, uint32_t end, uint32_t count, tc_cell blank);
void tc_grid_delete_lines(tc_grid *grid, uint32_t row, uint32_t end, uint32_t count, tc_cell blank);
/* Within one row, from col to the end of the row. */
void tc_grid_insert_cells(tc_grid *grid, uint32_t row, uint32_t col, uint32_t count, tc_cell blank);
void tc_grid_delete_cells(tc_grid *grid, uint32_t row, uint32_t col, uint32_t count, tc_cell blank);

/* Clipped to the grid; clears the pending wrap. */
void tc_grid_set_cursor(tc_grid *grid, uint32_t row, uint32_t col);

/* ---- damage ---- */

bool tc_grid_is_dirty(const tc_grid *grid);
/* Writes the dirty columns of each screen row into ranges[0..rows) and forgets them. `count` is the
 * capacity of `ranges`; rows beyond it stay dirty. Returns how many rows were dirty. */
uint32_t tc_grid_take_dirty(tc_grid *grid, tc_range *ranges, size_t count);
void tc_grid_mark_all_dirty(tc_grid *grid);

/* ---- side tables ---- */

/* Codepoints that a cell shows: 0 for a cell never written or a wide tail, else 1..
 * TC_CLUSTER_CODEPOINTS_MAX. */
uint32_t tc_grid_get_codepoints(const tc_grid *grid, uint32_t content,
                                uint32_t out_codepoints[TC_CLUSTER_CODEPOINTS_MAX]);
/* Adds a combining codepoint to what a cell holds. Returns the new content, or the old one when the
 * cell holds TC_CLUSTER_CODEPOINTS_MAX already or the table is full (counted as dropped). */
uint32_t tc_grid_combine(tc_grid *grid, uint32_t content, uint32_t codepoint);
/* The id of an underline colour for cell attributes, and back; 0 when the table is full. */
uint32_t tc_grid_intern_color(tc_grid *grid, uint32_t color);
uint32_t tc_grid_get_color(const tc_grid *grid, uint32_t id);

typedef struct tc_grid_counts {
  uint32_t cluster_count;          /* combining sequences held now */
  uint32_t cluster_sweep_count;    /* times the table was full and unused ones were removed */
  uint32_t cluster_dropped_count;  /* combining codepoints that were not shown */
  uint32_t underline_color_count;
} tc_grid_counts;
tc_grid_counts tc_grid_get_counts(const tc_grid *grid);

/* Columns a codepoint takes: 0 combining or control, 1, or 2. */
uint32_t tc_codepoint_width(uint32_t codepoint);

#ifdef __cplusplus
}
#endif
#endif
