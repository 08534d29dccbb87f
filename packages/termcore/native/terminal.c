/* The terminal's life, and what it says back. */
#include "terminal_internal.h"

#include <stdarg.h>
#include <stdio.h>

#define COLS_MIN 2u
#define TAB_WIDTH 8u
#define RESPONSE_BYTES_FIRST 256u
#define RESPONSE_TEXT_BYTES_MAX 128

/* ---- the two screens ---- */

void tc_terminal__set_tabs(tc_terminal *terminal, tc_screen *screen, uint32_t first_col) {
  for (uint32_t col = first_col; col < terminal->cols; col++)
    screen->tabs[col] = col % TAB_WIDTH == 0;
}

/* The saved cursor outlives this: each screen keeps its own over visits. */
static void reset_screen(tc_terminal *terminal, tc_screen *screen) {
  screen->scroll_top = 0;
  screen->scroll_end = terminal->rows;
  tc_terminal__set_tabs(terminal, screen, 0);
}

static tc_status create_screen(tc_terminal *terminal, tc_screen *screen, uint32_t scrollback_lines,
                               const tc_allocator *allocator) {
  const tc_grid_options options = {.cols = terminal->cols,
                                   .rows = terminal->rows,
                                   .scrollback_lines = scrollback_lines,
                                   .allocator = allocator};
  screen->tabs = malloc(terminal->cols);
  if (screen->tabs == NULL) return TC_ERR_MEMORY;
  const tc_status status = tc_grid_create(&options, &screen->grid);
  if (status != TC_OK) return status;
  screen->grid->is_fixed = true;
  reset_screen(terminal, screen);
  return TC_OK;
}

static void publish_cursor(tc_terminal *terminal) {
  tc_grid *grid = terminal->grid;
  const bool is_pending = terminal->x >= terminal->cols;
  const uint32_t col = is_pending ? terminal->cols - 1 : terminal->x;
  uint32_t flags = is_pending ? TC_CURSOR_PENDING_WRAP : 0;
  if (terminal->modes & TC_MODE_CURSOR_HIDDEN) flags |= TC_CURSOR_HIDDEN;
  if (grid->cursor_row != terminal->y || grid->cursor_col != col || grid->cursor_flags != flags)
    terminal->events |= TC_EVENT_CURSOR;
  grid->cursor_row = terminal->y;
  grid->cursor_col = col;
  grid->cursor_flags = flags;
  tc_grid__publish(grid);
}

void tc_terminal__use_screen(tc_terminal *terminal, bool is_alternate) {
  tc_screen *screen = is_alternate ? &terminal->alternate : &terminal->main;
  if (screen == terminal->screen) return;
  publish_cursor(terminal); /* the screen that is left keeps showing where it was left */
  if (is_alternate) {
    reset_screen(terminal, screen);
    tc_grid_clear(screen->grid, terminal->blank);
  }
  terminal->screen = screen;
  terminal->grid = screen->grid;
  terminal->events |= TC_EVENT_SCREEN;
  tc_terminal__set_mode(terminal, TC_MODE_ALTERNATE, is_alternate);
  tc_grid_mark_all_dirty(screen->grid);
}

/* ---- life ---- */

static tc_status check_options(const tc_terminal_options *options, tc_terminal **out_terminal) {
  if (options == NULL || out_terminal == NULL) return TC_ERR_ARGUMENT;
  /* Checked here too: the tab stops are allocated by this number before any grid refuses it. */
  return options->cols < COLS_MIN || options->cols > TC_COLS_MAX ? TC_ERR_RANGE : TC_OK;
}

tc_status tc_terminal_create(const tc_terminal_options *options, tc_terminal **out_terminal) {
  const tc_status checked = check_options(options, out_terminal);
  if (checked != TC_OK) return checked;
  tc_terminal *terminal = calloc(1, sizeof *terminal);
  if (terminal == NULL) return TC_ERR_MEMORY;
  terminal->cols = options->cols;
  terminal->rows = options->rows;
  tc_parser_init(&terminal->parser, &tc_terminal__handler, terminal);
  tc_status status =
      create_screen(terminal, &terminal->main, options->scrollback_lines, options->allocator);
  if (status == TC_OK) status = create_screen(terminal, &terminal->alternate, 0, options->allocator);
  if (status != TC_OK) {
    tc_terminal_destroy(terminal);
    return status;
  }
  terminal->screen = &terminal->main;
  terminal->grid = terminal->main.grid;
  terminal->modes = TC_MODE_WRAP;
  *out_terminal = terminal;
  return TC_OK;
}

void tc_terminal_destroy(tc_terminal *terminal) {
  if (terminal == NULL) return;
  tc_grid_destroy(terminal->main.grid);
  tc_grid_destroy(terminal->alternate.grid);
  free(terminal->main.tabs);
  free(terminal->alternate.tabs);
  free(terminal->response);
  tc_parser_free(&terminal->parser);
  free(terminal);
}

/* RIS: as new, but the title and the size stay. */
void tc_terminal__reset(tc_terminal *terminal) {
  terminal->pen = terminal->blank = (tc_cell){0};
  terminal->underline_color = TC_COLOR_DEFAULT;
  tc_terminal__use_screen(terminal, false);
  reset_screen(terminal, &terminal->main);
  terminal->main.saved = terminal->alternate.saved = (tc_saved_cursor){0};
  tc_grid_clear(terminal->grid, terminal->blank);
  tc_grid_clear_scrollback(terminal->grid);
  terminal->x = terminal->y = 0;
  terminal->charsets = (tc_charsets){0};
  terminal->modes = TC_MODE_WRAP;
  terminal->cursor_style = 0;
  terminal->events |= TC_EVENT_MODES;
}

/* ---- size ---- */

/* Both grids get their new block, or neither does. */
static tc_status resize_grids(tc_terminal *terminal, uint32_t cols, uint32_t rows) {
  tc_grid main, alternate;
  tc_status status = tc_grid__prepare_resize(terminal->main.grid, cols, rows, &main);
  if (status != TC_OK) return status;
  status = tc_grid__prepare_resize(terminal->alternate.grid, cols, rows, &alternate);
  if (status != TC_OK) {
    tc_grid__discard_resize(&main);
    return status;
  }
  tc_grid__commit_resize(terminal->main.grid, &main);
  tc_grid__commit_resize(terminal->alternate.grid, &alternate);
  return TC_OK;
}

static void adopt_size(tc_terminal *terminal, tc_screen *screen, uint8_t *tabs, uint32_t old_cols) {
  memcpy(tabs, screen->tabs, terminal->cols < old_cols ? terminal->cols : old_cols);
  free(screen->tabs);
  screen->tabs = tabs;
  tc_terminal__set_tabs(terminal, screen, old_cols);
  screen->scroll_top = 0;
  screen->scroll_end = terminal->rows;
}

tc_status tc_terminal_resize(tc_terminal *terminal, uint32_t cols, uint32_t rows) {
  if (terminal == NULL) return TC_ERR_ARGUMENT;
  if (cols < COLS_MIN || cols > TC_COLS_MAX) return TC_ERR_RANGE;
  if (cols == terminal->cols && rows == terminal->rows) return TC_OK;
  publish_cursor(terminal);
  uint8_t *main_tabs = calloc(cols, 1), *alternate_tabs = calloc(cols, 1);
  const bool has_tabs = main_tabs != NULL && alternate_tabs != NULL;
  const tc_status status = has_tabs ? resize_grids(terminal, cols, rows) : TC_ERR_MEMORY;
  if (status != TC_OK) {
    free(main_tabs);
    free(alternate_tabs);
    return status;
  }
  const uint32_t old_cols = terminal->cols;
  terminal->cols = cols;
  terminal->rows = rows;
  adopt_size(terminal, &terminal->main, main_tabs, old_cols);
  adopt_size(terminal, &terminal->alternate, alternate_tabs, old_cols);
  terminal->x = terminal->grid->cursor_col;
  terminal->y = terminal->grid->cursor_row;
  terminal->last_width = 0;
  return TC_OK;
}

/* ---- in ---- */

uint32_t tc_terminal_write(tc_terminal *terminal, const uint8_t *bytes, size_t count) {
  if (terminal == NULL || bytes == NULL) return 0;
  terminal->events = 0;
  tc_parser_write(&terminal->parser, bytes, count);
  terminal->counts.lost_string_count = terminal->parser.lost_string_count;
  publish_cursor(terminal);
  if (terminal->grid->is_dirty) terminal->events |= TC_EVENT_DAMAGE;
  if (terminal->response_size_bytes > 0) terminal->events |= TC_EVENT_RESPONSE;
  return terminal->events;
}

void tc_terminal__update_blank(tc_terminal *terminal) {
  terminal->blank = (tc_cell){.background = terminal->pen.background};
}

/* ---- out ---- */

static bool grow_response(tc_terminal *terminal, size_t needed_bytes) {
  size_t capacity = terminal->response_capacity_bytes;
  if (capacity == 0) capacity = RESPONSE_BYTES_FIRST;
  while (capacity < needed_bytes) capacity *= 2;
  if (capacity > TC_RESPONSE_BYTES_MAX) return false;
  uint8_t *response = realloc(terminal->response, capacity);
  if (response == NULL) return false;
  terminal->response = response;
  terminal->response_capacity_bytes = capacity;
  return true;
}

void tc_terminal__respond(tc_terminal *terminal, const char *format, ...) {
  char text[RESPONSE_TEXT_BYTES_MAX];
  va_list arguments;
  va_start(arguments, format);
  const int written = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  const size_t size_bytes = written < 0 ? 0 : (size_t)written;
  const size_t needed_bytes = terminal->response_size_bytes + size_bytes;
  if (size_bytes == 0 || size_bytes >= sizeof text ||
      (needed_bytes > terminal->response_capacity_bytes && !grow_response(terminal, needed_bytes))) {
    terminal->counts.lost_response_count++;
    return;
  }
  memcpy(terminal->response + terminal->response_size_bytes, text, size_bytes);
  terminal->response_size_bytes = needed_bytes;
}

size_t tc_terminal_get_response_size_bytes(const tc_terminal *terminal) {
  return terminal->response_size_bytes;
}

size_t tc_terminal_take_response(tc_terminal *terminal, uint8_t *out, size_t capacity) {
  const size_t pending = terminal->response_size_bytes;
  const size_t taken = pending < capacity ? pending : capacity;
  if (taken > 0) {
    memcpy(out, terminal->response, taken);
    memmove(terminal->response, terminal->response + taken, pending - taken);
    terminal->response_size_bytes = pending - taken;
  }
  return taken;
}

tc_grid *tc_terminal_get_grid(tc_terminal *terminal) { return terminal->grid; }
tc_grid *tc_terminal_get_main_grid(tc_terminal *terminal) { return terminal->main.grid; }
tc_grid *tc_terminal_get_alternate_grid(tc_terminal *terminal) { return terminal->alternate.grid; }
uint32_t tc_terminal_get_modes(const tc_terminal *terminal) { return terminal->modes; }
uint32_t tc_terminal_get_cursor_style(const tc_terminal *terminal) { return terminal->cursor_style; }

const char *tc_terminal_get_title(const tc_terminal *terminal, size_t *out_size_bytes) {
  *out_size_bytes = terminal->title.size_bytes;
  return terminal->title.bytes;
}

tc_terminal_counts tc_terminal_get_counts(const tc_terminal *terminal) { return terminal->counts; }
