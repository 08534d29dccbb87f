/* Where the cursor goes. */
#include "terminal_internal.h"

void tc_terminal__restrict_cursor(tc_terminal *terminal) {
  if (terminal->x >= terminal->cols) terminal->x = terminal->cols - 1;
  const bool is_origin = (terminal->modes & TC_MODE_ORIGIN) != 0;
  const uint32_t top = is_origin ? terminal->screen->scroll_top : 0;
  const uint32_t end = is_origin ? terminal->screen->scroll_end : terminal->rows;
  if (terminal->y < top) terminal->y = top;
  if (terminal->y >= end) terminal->y = end - 1;
}

/* Signed and wide: a motion from a valid position by any 31-bit count stays representable. */
void tc_terminal__set_position(tc_terminal *terminal, int64_t x, int64_t y) {
  if (terminal->modes & TC_MODE_ORIGIN) y += terminal->screen->scroll_top;
  terminal->x = x < 0 ? 0 : x >= terminal->cols ? terminal->cols - 1 : (uint32_t)x;
  terminal->y = y < 0 ? 0 : y >= terminal->rows ? terminal->rows - 1 : (uint32_t)y;
  tc_terminal__restrict_cursor(terminal);
}

static void move_by(tc_terminal *terminal, int64_t dx, int64_t dy) {
  tc_terminal__restrict_cursor(terminal);
  const int64_t x = (int64_t)terminal->x + dx, y = (int64_t)terminal->y + dy;
  terminal->x = x < 0 ? 0 : x >= terminal->cols ? terminal->cols - 1 : (uint32_t)x;
  terminal->y = y < 0 ? 0 : y >= terminal->rows ? terminal->rows - 1 : (uint32_t)y;
  tc_terminal__restrict_cursor(terminal);
}

/* Vertical motion stops at the margin when it starts inside it. */
static void move_up(tc_terminal *terminal, uint32_t count) {
  const uint32_t top = terminal->screen->scroll_top;
  if (terminal->y >= top && count > terminal->y - top) count = terminal->y - top;
  move_by(terminal, 0, -(int64_t)count);
}

static void move_down(tc_terminal *terminal, uint32_t count) {
  const uint32_t last = terminal->screen->scroll_end - 1;
  if (terminal->y <= last && count > last - terminal->y) count = last - terminal->y;
  move_by(terminal, 0, count);
}

/* ---- lines ---- */

static void scroll_up_once(tc_terminal *terminal) {
  const tc_screen *screen = terminal->screen;
  tc_grid__scroll(terminal->grid, screen->scroll_top, screen->scroll_end, 1, terminal->blank, true);
}

void tc_terminal__line_feed(tc_terminal *terminal) {
  if (terminal->modes & TC_MODE_NEW_LINE) terminal->x = 0;
  if (terminal->y + 1 == terminal->screen->scroll_end) {
    scroll_up_once(terminal);
  } else if (terminal->y + 1 < terminal->rows) {
    terminal->y++;
    tc_grid__set_wrapped(terminal->grid, terminal->y, false);
  }
  if (terminal->x >= terminal->cols) terminal->x = terminal->cols - 1;
}

void tc_terminal__index(tc_terminal *terminal) {
  tc_terminal__restrict_cursor(terminal);
  if (terminal->y + 1 == terminal->screen->scroll_end) {
    scroll_up_once(terminal);
  } else if (terminal->y + 1 < terminal->rows) {
    terminal->y++;
  }
  tc_terminal__restrict_cursor(terminal);
}

void tc_terminal__reverse_index(tc_terminal *terminal) {
  const tc_screen *screen = terminal->screen;
  tc_terminal__restrict_cursor(terminal);
  if (terminal->y == screen->scroll_top) {
    tc_grid__scroll(terminal->grid, screen->scroll_top, screen->scroll_end, -1, terminal->blank,
                    false);
  } else if (terminal->y > 0) {
    terminal->y--;
  }
  tc_terminal__restrict_cursor(terminal);
}

/* ---- saved cursor ---- */

void tc_terminal__save_cursor(tc_terminal *terminal) {
  terminal->screen->saved = (tc_saved_cursor){
      .x = terminal->x, .y = terminal->y, .pen = terminal->pen, .charsets = terminal->charsets};
}

void tc_terminal__restore_cursor(tc_terminal *terminal) {
  const tc_saved_cursor *saved = &terminal->screen->saved;
  terminal->x = saved->x;
  terminal->y = saved->y;
  terminal->pen = saved->pen;
  terminal->charsets = saved->charsets;
  tc_terminal__update_blank(terminal);
  tc_terminal__restrict_cursor(terminal);
}

/* ---- tabs ---- */

static void tab_forward(tc_terminal *terminal, uint32_t count) {
  if (terminal->x >= terminal->cols) return;
  uint32_t x = terminal->x;
  while (count > 0 && x + 1 < terminal->cols) {
    x++;
    if (terminal->screen->tabs[x]) count--;
  }
  terminal->x = x;
}

static void tab_backward(tc_terminal *terminal, uint32_t count) {
  if (terminal->x >= terminal->cols) return;
  uint32_t x = terminal->x;
  while (count > 0 && x > 0) {
    x--;
    if (terminal->screen->tabs[x]) count--;
  }
  terminal->x = x;
}

static void clear_tabs(tc_terminal *terminal, uint32_t which) {
  if (which == 0 && terminal->x < terminal->cols) terminal->screen->tabs[terminal->x] = 0;
  if (which == 3) memset(terminal->screen->tabs, 0, terminal->cols);
}

/* ---- controls ---- */

static void backspace(tc_terminal *terminal) {
  const bool is_reverse = (terminal->modes & TC_MODE_REVERSE_WRAP) != 0;
  if (!is_reverse) tc_terminal__restrict_cursor(terminal);
  if (terminal->x > 0) {
    terminal->x--;
    return;
  }
  /* Reverse wraparound goes back over a soft wrap, inside the scroll region. */
  const tc_screen *screen = terminal->screen;
  if (!is_reverse || terminal->y <= screen->scroll_top || terminal->y >= screen->scroll_end) return;
  const uint32_t entry = terminal->grid->lines[tc_grid__ring(terminal->grid, terminal->y)];
  if ((entry & TC_LINE_WRAPPED) == 0) return;
  tc_grid__set_wrapped(terminal->grid, terminal->y, false);
  terminal->y--;
  terminal->x = terminal->cols - 1;
  const tc_cell *last = tc_grid__row(terminal->grid, terminal->y) + terminal->x;
  /* The column that a wide character left free when it wrapped is skipped. */
  if (last->content == 0 && (last->attributes & TC_ATTR_WIDE_TAIL) == 0) terminal->x--;
}

static void set_level(tc_terminal *terminal, uint8_t level) {
  terminal->charsets.level = level;
  terminal->charsets.active = terminal->charsets.sets[level];
}

void tc_terminal__execute(void *user, uint32_t control) {
  tc_terminal *terminal = user;
  terminal->last_width = 0;
  switch (control) {
    case 0x07:
      terminal->events |= TC_EVENT_BELL;
      return;
    case 0x08:
      backspace(terminal);
      return;
    case 0x09:
      tab_forward(terminal, 1);
      return;
    case 0x0a:
    case 0x0b:
    case 0x0c:
      tc_terminal__line_feed(terminal);
      return;
    case 0x0d:
      terminal->x = 0;
      return;
    case 0x0e:
      set_level(terminal, 1);
      return;
    case 0x0f:
      set_level(terminal, 0);
      return;
    case 0x84:
      tc_terminal__index(terminal);
      return;
    case 0x85:
      terminal->x = 0;
      tc_terminal__index(terminal);
      return;
    case 0x88:
      if (terminal->x < terminal->cols) terminal->screen->tabs[terminal->x] = 1;
      return;
    case 0x8d:
      tc_terminal__reverse_index(terminal);
      return;
    default:
      return;
  }
}

/* ---- control sequences without prefix and intermediates ---- */

/* Tab stops and the saved cursor. */
static bool move_to_mark(tc_terminal *terminal, const tc_sequence *sequence) {
  const uint32_t count = tc_param_or_1(sequence, 0);
  switch (sequence->final) {
    case 'I':
      tab_forward(terminal, count);
      return true;
    case 'Z':
      tab_backward(terminal, count);
      return true;
    case 'g':
      clear_tabs(terminal, tc_param(sequence, 0));
      return true;
    case 's':
      tc_terminal__save_cursor(terminal);
      return true;
    case 'u':
      tc_terminal__restore_cursor(terminal);
      return true;
    default:
      return false;
  }
}

bool tc_terminal__move(tc_terminal *terminal, const tc_sequence *sequence) {
  const uint32_t count = tc_param_or_1(sequence, 0);
  switch (sequence->final) {
    case 'A':
      move_up(terminal, count);
      return true;
    case 'B':
      move_down(terminal, count);
      return true;
    case 'C':
    case 'a':
      move_by(terminal, count, 0);
      return true;
    case 'D':
      move_by(terminal, -(int64_t)count, 0);
      return true;
    case 'E':
      move_down(terminal, count);
      terminal->x = 0;
      return true;
    case 'F':
      move_up(terminal, count);
      terminal->x = 0;
      return true;
    case 'G':
    case '`':
      tc_terminal__restrict_cursor(terminal);
      terminal->x = count <= terminal->cols ? count - 1 : terminal->cols - 1;
      return true;
    case 'H':
    case 'f':
      tc_terminal__set_position(terminal, (int64_t)tc_param_or_1(sequence, 1) - 1,
                                (int64_t)count - 1);
      return true;
    case 'd':
      tc_terminal__set_position(terminal, terminal->x, (int64_t)count - 1);
      return true;
    case 'e':
      move_by(terminal, 0, count);
      return true;
    default:
      return move_to_mark(terminal, sequence);
  }
}
