/* The grid's life: create, resize, destroy; its lines and its damage. */
#include "grid_internal.h"

/* ---- the block ---- */

typedef struct block_layout {
  size_t lines_offset_bytes;
  size_t cells_offset_bytes;
  size_t size_bytes;
} block_layout;

static tc_status check_size(uint32_t cols, uint32_t rows, uint32_t scrollback_lines) {
  if (cols == 0 || cols > TC_COLS_MAX || rows == 0 || rows > TC_ROWS_MAX) return TC_ERR_RANGE;
  if (scrollback_lines > TC_SCROLLBACK_LINES_MAX) return TC_ERR_RANGE;
  const uint64_t cells = (uint64_t)cols * ((uint64_t)rows + scrollback_lines);
  return cells > TC_CELLS_MAX ? TC_ERR_LIMIT : TC_OK;
}

static block_layout layout_of(uint32_t cols, uint32_t line_capacity) {
  const size_t lines = sizeof(tc_grid_header);
  const size_t lines_end = lines + (size_t)line_capacity * sizeof(uint32_t);
  const size_t cells = (lines_end + TC_BLOCK_ALIGNMENT - 1) & ~(size_t)(TC_BLOCK_ALIGNMENT - 1);
  return (block_layout){lines, cells, cells + (size_t)line_capacity * cols * sizeof(tc_cell)};
}

/* Gives `grid` a new block of its present size, every line blank. On failure it has none. */
static tc_status make_block(tc_grid *grid) {
  const block_layout layout = layout_of(grid->cols, grid->line_capacity);
  grid->lines = malloc((size_t)grid->line_capacity * sizeof *grid->lines);
  grid->dirty = calloc(grid->rows, sizeof *grid->dirty);
  grid->block = grid->lines == NULL || grid->dirty == NULL
                    ? NULL
                    : grid->allocator.allocate(grid->allocator.context, layout.size_bytes);
  if (grid->block == NULL) {
    free(grid->lines);
    free(grid->dirty);
    return TC_ERR_MEMORY;
  }
  grid->block_size_bytes = layout.size_bytes;
  grid->published = grid->block;
  grid->published_lines = (uint32_t *)((char *)grid->block + layout.lines_offset_bytes);
  grid->cells = (tc_cell *)((char *)grid->block + layout.cells_offset_bytes);
  for (uint32_t i = 0; i < grid->line_capacity; i++) tc_grid__set_line(grid, i, i);
  *grid->published = (tc_grid_header){
      .magic = TC_GRID_MAGIC,
      .version = TC_GRID_VERSION,
      .cols = grid->cols,
      .rows = grid->rows,
      .line_capacity = grid->line_capacity,
      .lines_offset_bytes = (uint32_t)layout.lines_offset_bytes,
      .cells_offset_bytes = (uint32_t)layout.cells_offset_bytes,
      .generation = grid->generation,
  };
  tc_grid__publish(grid);
  tc_grid__mark_rows(grid, 0, grid->rows);
  return TC_OK;
}

static void release_block(tc_grid *grid) {
  grid->published->is_retired = 1;
  grid->allocator.release(grid->allocator.context, grid->block, grid->block_size_bytes);
  free(grid->lines);
  free(grid->dirty);
}

tc_status tc_grid_create(const tc_grid_options *options, tc_grid **out_grid) {
  if (options == NULL || out_grid == NULL) return TC_ERR_ARGUMENT;
  const tc_status size = check_size(options->cols, options->rows, options->scrollback_lines);
  if (size != TC_OK) return size;
  tc_grid *grid = calloc(1, sizeof *grid);
  if (grid == NULL) return TC_ERR_MEMORY;
  grid->cols = options->cols;
  grid->rows = options->rows;
  grid->scrollback_lines = options->scrollback_lines;
  grid->line_capacity = options->rows + options->scrollback_lines;
  grid->generation = 1;
  grid->allocator = options->allocator != NULL ? *options->allocator : tc_system_allocator();
  const tc_status made = make_block(grid);
  if (made != TC_OK) {
    free(grid);
    return made;
  }
  *out_grid = grid;
  return TC_OK;
}

void tc_grid_destroy(tc_grid *grid) {
  if (grid == NULL) return;
  release_block(grid);
  tc_grid__free_tables(grid);
  free(grid);
}

/* ---- resize ---- */

static bool is_blank_row(const tc_grid *grid, uint32_t row) {
  const tc_cell *cells = tc_grid__row(grid, row);
  for (uint32_t col = 0; col < grid->cols; col++)
    if (cells[col].content != 0 || cells[col].attributes != 0) return false;
  return true;
}

/* Copies a line of another width; a wide character cut in half becomes blank. */
static void copy_line(const tc_grid *from, uint32_t from_position, tc_grid *to,
                      uint32_t to_position) {
  const uint32_t entry = from->lines[from_position];
  const uint32_t cols = from->cols < to->cols ? from->cols : to->cols;
  const uint32_t to_slot = to->lines[to_position] & TC_LINE_SLOT_MASK;
  const tc_cell *source = from->cells + (size_t)(entry & TC_LINE_SLOT_MASK) * from->cols;
  tc_cell *target = to->cells + (size_t)to_slot * to->cols;
  memcpy(target, source, (size_t)cols * sizeof *target);
  if (target[cols - 1].attributes & TC_ATTR_WIDE) {
    target[cols - 1].content = 0;
    target[cols - 1].attributes &= ~(uint32_t)TC_ATTR_WIDE;
  }
  tc_grid__set_line(to, to_position, to_slot | (entry & TC_LINE_WRAPPED));
}

/* Which lines, counted from the oldest, are on the new screen, and where the cursor goes. */
static void place_lines(const tc_grid *old, tc_grid *new, uint32_t *out_first, uint32_t *out_end) {
  uint32_t screen = old->history_lines; /* first line on the screen */
  uint32_t end = screen + old->rows;
  if (new->rows < old->rows) {
    uint32_t excess = old->rows - new->rows;
    for (uint32_t row = old->rows - 1; excess > 0 && row > old->cursor_row; row--, excess--) {
      if (!is_blank_row(old, row)) break;
      end--;
    }
    screen += excess;
  } else {
    const uint32_t wanted = new->rows - old->rows;
    screen -= wanted < screen ? wanted : screen;
  }
  const uint32_t oldest = screen > new->scrollback_lines ? screen - new->scrollback_lines : 0;
  const uint32_t cursor_line = old->history_lines + old->cursor_row;
  new->history_lines = screen - oldest;
  new->top = new->history_lines;
  new->cursor_row = cursor_line > screen ? cursor_line - screen : 0;
  if (new->cursor_row >= new->rows) new->cursor_row = new->rows - 1;
  *out_first = oldest;
  *out_end = end;
}

tc_status tc_grid__prepare_resize(const tc_grid *grid, uint32_t cols, uint32_t rows,
                                  tc_grid *out_resized) {
  const tc_status size = check_size(cols, rows, grid->scrollback_lines);
  if (size != TC_OK) return size;
  tc_grid resized = *grid;
  resized.cols = cols;
  resized.rows = rows;
  resized.line_capacity = rows + grid->scrollback_lines;
  resized.generation++;
  resized.dirty_rows = (tc_range){0, 0};
  uint32_t first = 0, end = 0;
  place_lines(grid, &resized, &first, &end);
  if (resized.cursor_col >= cols) resized.cursor_col = cols - 1;
  resized.cursor_flags &= ~(uint32_t)TC_CURSOR_PENDING_WRAP;
  const tc_status made = make_block(&resized);
  if (made != TC_OK) return made;
  const uint32_t oldest = grid->top + grid->line_capacity - grid->history_lines;
  for (uint32_t line = first; line < end; line++)
    copy_line(grid, (oldest + line) % grid->line_capacity, &resized, line - first);
  *out_resized = resized;
  return TC_OK;
}

void tc_grid__commit_resize(tc_grid *grid, const tc_grid *resized) {
  release_block(grid);
  *grid = *resized;
}

void tc_grid__discard_resize(tc_grid *resized) { release_block(resized); }

tc_status tc_grid_resize(tc_grid *grid, uint32_t cols, uint32_t rows) {
  if (grid == NULL) return TC_ERR_ARGUMENT;
  if (grid->is_fixed) return TC_ERR_STATE;
  if (cols == grid->cols && rows == grid->rows) return TC_OK;
  tc_grid resized;
  const tc_status status = tc_grid__prepare_resize(grid, cols, rows, &resized);
  if (status == TC_OK) tc_grid__commit_resize(grid, &resized);
  return status;
}

/* ---- reading ---- */

const tc_grid_header *tc_grid_get_header(const tc_grid *grid) { return grid->published; }

void *tc_grid_get_block(const tc_grid *grid, size_t *out_size_bytes) {
  if (out_size_bytes != NULL) *out_size_bytes = grid->block_size_bytes;
  return grid->block;
}

tc_cell *tc_grid_get_row(tc_grid *grid, uint32_t row) {
  return tc_grid__row(grid, row < grid->rows ? row : grid->rows - 1);
}

const tc_cell *tc_grid_get_line(const tc_grid *grid, uint32_t line, bool *out_is_wrapped) {
  if (line >= grid->history_lines + grid->rows) return NULL;
  const uint32_t oldest = grid->top + grid->line_capacity - grid->history_lines;
  const uint32_t entry = grid->lines[(oldest + line) % grid->line_capacity];
  if (out_is_wrapped != NULL) *out_is_wrapped = (entry & TC_LINE_WRAPPED) != 0;
  return grid->cells + (size_t)(entry & TC_LINE_SLOT_MASK) * grid->cols;
}

void tc_grid_set_cursor(tc_grid *grid, uint32_t row, uint32_t col) {
  grid->cursor_row = row < grid->rows ? row : grid->rows - 1;
  grid->cursor_col = col < grid->cols ? col : grid->cols - 1;
  grid->cursor_flags &= ~(uint32_t)TC_CURSOR_PENDING_WRAP;
  tc_grid__publish(grid);
}

/* ---- damage ---- */

bool tc_grid_is_dirty(const tc_grid *grid) { return grid->is_dirty; }

void tc_grid_mark_all_dirty(tc_grid *grid) { tc_grid__mark_rows(grid, 0, grid->rows); }

uint32_t tc_grid_take_dirty(tc_grid *grid, tc_range *ranges, size_t count) {
  const uint32_t rows = count < grid->rows ? (uint32_t)count : grid->rows;
  uint32_t dirty_rows = 0;
  for (uint32_t row = 0; row < rows; row++) {
    const bool is_whole = row >= grid->dirty_rows.first && row < grid->dirty_rows.end;
    ranges[row] = is_whole ? (tc_range){0, grid->cols} : grid->dirty[row];
    grid->dirty[row] = (tc_range){0, 0};
    dirty_rows += ranges[row].end > ranges[row].first;
  }
  if (grid->dirty_rows.first < rows) grid->dirty_rows.first = rows;
  if (grid->dirty_rows.end <= grid->dirty_rows.first) grid->dirty_rows = (tc_range){0, 0};
  if (rows == grid->rows) grid->is_dirty = false;
  if (dirty_rows > 0) grid->change_count++;
  tc_grid__publish(grid);
  return dirty_rows;
}
