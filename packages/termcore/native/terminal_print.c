/* Text onto the screen. */
#include "terminal_internal.h"

/* DEC special graphics, 0x60..0x7e. */
static const uint16_t line_drawing[31] = {
    0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b, 0x2518,
    0x2510, 0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524,
    0x2534, 0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
};

static uint32_t translate(uint8_t charset, uint32_t codepoint) {
  if (charset == TC_CHARSET_LINES && codepoint >= 0x60 && codepoint <= 0x7e)
    return line_drawing[codepoint - 0x60];
  if (charset == TC_CHARSET_UK && codepoint == '#') return 0xa3;
  return codepoint;
}

/* The cursor stands beyond the last column: to the next line, or back onto the last column. */
static void wrap(tc_terminal *terminal) {
  tc_screen *screen = terminal->screen;
  if ((terminal->modes & TC_MODE_WRAP) == 0) {
    terminal->x = terminal->cols - 1;
    return;
  }
  terminal->x = 0;
  terminal->y++;
  if (terminal->y == screen->scroll_end) {
    terminal->y--;
    tc_grid__scroll(terminal->grid, screen->scroll_top, screen->scroll_end, 1, terminal->blank,
                    true);
  } else if (terminal->y >= terminal->rows) {
    terminal->y = terminal->rows - 1;
  }
  tc_grid__set_wrapped(terminal->grid, terminal->y, true);
}

/* One codepoint of width 1 or 2. */
static void print_wide_or_narrow(tc_terminal *terminal, uint32_t codepoint, uint32_t width) {
  tc_grid *grid = terminal->grid;
  if (terminal->x + width > terminal->cols) {
    if ((terminal->modes & TC_MODE_WRAP) == 0) {
      terminal->x = terminal->cols - 1;
      if (width == 2) return; /* no room, and it may not wrap */
    } else {
      /* A wide character that does not fit leaves the last column blank. */
      if (terminal->x < terminal->cols) {
        tc_cell blank = terminal->pen;
        tc_grid__write_codepoint(grid, terminal->y, terminal->x, 0, 1, blank);
      }
      wrap(terminal);
    }
  }
  if (terminal->modes & TC_MODE_INSERT)
    tc_grid__insert_cells(grid, terminal->y, terminal->x, width, terminal->pen);
  tc_grid__write_codepoint(grid, terminal->y, terminal->x, codepoint, width, terminal->pen);
  terminal->x += width;
  terminal->last_width = width;
}

/* One codepoint of any width, any mode. */
static void print_one(tc_terminal *terminal, uint32_t codepoint) {
  codepoint = translate(terminal->charsets.active, codepoint);
  const uint32_t width = tc_grid__width(codepoint);
  if (width > 0) {
    print_wide_or_narrow(terminal, codepoint, width);
  } else if (terminal->x > 0) {
    tc_grid__join(terminal->grid, terminal->y, terminal->x, codepoint);
  }
}

/* As many as fit on the row and take columns; at least none. Wide characters are only looked after at
 * the two ends of the run: what lies between is overwritten whole. */
static size_t print_run(tc_terminal *terminal, const uint32_t *codepoints, size_t count) {
  tc_grid *grid = terminal->grid;
  tc_cell *cells = tc_grid__row(grid, terminal->y);
  const tc_cell pen = terminal->pen;
  const uint32_t first = terminal->x;
  uint32_t x = first, width = 0;
  size_t done = 0;
  const bool starts_in_tail =
      first > 0 && first < terminal->cols && (cells[first].attributes & TC_ATTR_WIDE_TAIL) != 0;
  for (; done < count; done++) {
    const uint32_t next = tc_grid__width(codepoints[done]);
    if (next == 0 || x + next > terminal->cols) break;
    width = next;
    cells[x] = pen;
    cells[x].content = codepoints[done];
    if (width == 2) {
      cells[x].attributes |= TC_ATTR_WIDE;
      cells[x + 1] = pen;
      cells[x + 1].attributes |= TC_ATTR_WIDE_TAIL;
    }
    x += width;
  }
  if (done == 0) return 0;
  if (starts_in_tail) {
    cells[first - 1] = pen;
    tc_grid__mark(grid, terminal->y, first - 1, first);
  }
  if (x < terminal->cols && (cells[x].attributes & TC_ATTR_WIDE_TAIL)) {
    cells[x] = pen;
    tc_grid__mark(grid, terminal->y, x, x + 1);
  }
  tc_grid__mark(grid, terminal->y, first, x);
  terminal->x = x;
  terminal->last_width = width;
  return done;
}

void tc_terminal__print(void *user, const uint32_t *codepoints, size_t count) {
  tc_terminal *terminal = user;
  const bool is_plain =
      (terminal->modes & TC_MODE_INSERT) == 0 && terminal->charsets.active == TC_CHARSET_ASCII;
  size_t done = 0;
  while (done < count) {
    if (is_plain) done += print_run(terminal, codepoints + done, count - done);
    if (done < count) print_one(terminal, codepoints[done++]);
  }
}

/* Line drawing, national sets and insert mode: one at a time. */
static size_t print_translated(tc_terminal *terminal, const uint8_t *bytes, size_t count) {
  size_t i = 0;
  for (; i < count && bytes[i] >= 0x20 && bytes[i] < 0x7f; i++)
    print_wide_or_narrow(terminal, translate(terminal->charsets.active, bytes[i]), 1);
  return i;
}

size_t tc_terminal__print_ascii(void *user, const uint8_t *bytes, size_t count) {
  tc_terminal *terminal = user;
  if (terminal->charsets.active != TC_CHARSET_ASCII || (terminal->modes & TC_MODE_INSERT))
    return print_translated(terminal, bytes, count);
  tc_grid *grid = terminal->grid;
  const tc_kernels *kernels = tc_kernels_active();
  size_t done = 0;
  while (done < count) {
    if (terminal->x >= terminal->cols) {
      if (bytes[done] < 0x20 || bytes[done] >= 0x7f) break; /* do not wrap for what is no text */
      wrap(terminal);
    }
    const uint32_t first = terminal->x;
    const size_t room = terminal->cols - first;
    const size_t wanted = count - done < room ? count - done : room;
    tc_cell *cells = tc_grid__row(grid, terminal->y);
    const bool starts_in_tail = (cells[first].attributes & TC_ATTR_WIDE_TAIL) != 0;
    const uint32_t written =
        (uint32_t)kernels->decode_ascii(cells + first, bytes + done, wanted, terminal->pen);
    if (written == 0) break;
    if (starts_in_tail && first > 0) {
      tc_cell blank = terminal->pen;
      cells[first - 1] = blank;
      tc_grid__mark(grid, terminal->y, first - 1, first);
    }
    tc_grid__split_wide(grid, terminal->y, cells, first, first + written, terminal->pen);
    tc_grid__mark(grid, terminal->y, first, first + written);
    terminal->x = first + written;
    done += written;
    if (written < wanted) break;
  }
  terminal->last_width = 1;
  return done;
}

void tc_terminal__repeat(tc_terminal *terminal, uint32_t count) {
  if (terminal->last_width == 0 || terminal->x < terminal->last_width) return;
  uint32_t codepoints[TC_CLUSTER_CODEPOINTS_MAX];
  const tc_cell *cell =
      tc_grid__row(terminal->grid, terminal->y) + (terminal->x - terminal->last_width);
  const uint32_t length = tc_grid_get_codepoints(terminal->grid, cell->content, codepoints);
  if (count > TC_REPEAT_MAX) count = TC_REPEAT_MAX;
  for (uint32_t i = 0; i < count; i++)
    for (uint32_t j = 0; j < length; j++) print_one(terminal, codepoints[j]);
}
