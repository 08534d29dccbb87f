/* Modes, resets and reports. */
#include "terminal_internal.h"

#define MOUSE_PROTOCOLS \
  (TC_MODE_MOUSE_X10 | TC_MODE_MOUSE_PRESS | TC_MODE_MOUSE_DRAG | TC_MODE_MOUSE_ANY)
#define MOUSE_ENCODINGS (TC_MODE_MOUSE_SGR | TC_MODE_MOUSE_SGR_PIXELS)

void tc_terminal__set_mode(tc_terminal *terminal, uint32_t mode, bool is_on) {
  const uint32_t before = terminal->modes;
  terminal->modes = is_on ? before | mode : before & ~mode;
  if (terminal->modes != before) terminal->events |= TC_EVENT_MODES;
}

/* Modes that are one bit and nothing else. */
static uint32_t plain_mode(uint32_t number) {
  switch (number) {
    case 1:
      return TC_MODE_APPLICATION_CURSOR;
    case 7:
      return TC_MODE_WRAP;
    case 12:
      return TC_MODE_CURSOR_BLINK;
    case 45:
      return TC_MODE_REVERSE_WRAP;
    case 66:
      return TC_MODE_APPLICATION_KEYPAD;
    case 1004:
      return TC_MODE_FOCUS_EVENTS;
    case 2004:
      return TC_MODE_BRACKETED_PASTE;
    case 2026:
      return TC_MODE_SYNCHRONIZED;
    default:
      return 0;
  }
}

/* Of these, setting one clears the others. */
static uint32_t exclusive_mode(uint32_t number, uint32_t *out_group) {
  *out_group = number == 1006 || number == 1016 ? MOUSE_ENCODINGS : MOUSE_PROTOCOLS;
  switch (number) {
    case 9:
      return TC_MODE_MOUSE_X10;
    case 1000:
      return TC_MODE_MOUSE_PRESS;
    case 1002:
      return TC_MODE_MOUSE_DRAG;
    case 1003:
      return TC_MODE_MOUSE_ANY;
    case 1006:
      return TC_MODE_MOUSE_SGR;
    case 1016:
      return TC_MODE_MOUSE_SGR_PIXELS;
    default:
      return 0;
  }
}

static void use_alternate(tc_terminal *terminal, uint32_t number, bool is_on) {
  if (number == 1049 && is_on) tc_terminal__save_cursor(terminal);
  if (number != 1048) {
    tc_terminal__use_screen(terminal, is_on);
  } else if (is_on) {
    tc_terminal__save_cursor(terminal);
  }
  if ((number == 1049 || number == 1048) && !is_on) tc_terminal__restore_cursor(terminal);
}

static void set_private_mode(tc_terminal *terminal, uint32_t number, bool is_on) {
  uint32_t group = 0;
  const uint32_t plain = plain_mode(number), exclusive = exclusive_mode(number, &group);
  if (plain != 0) {
    tc_terminal__set_mode(terminal, plain, is_on);
  } else if (exclusive != 0) {
    tc_terminal__set_mode(terminal, group, false);
    if (is_on) tc_terminal__set_mode(terminal, exclusive, true);
  } else if (number == 2) {
    if (is_on) terminal->charsets = (tc_charsets){.level = terminal->charsets.level};
  } else if (number == 6) {
    tc_terminal__set_mode(terminal, TC_MODE_ORIGIN, is_on);
    tc_terminal__set_position(terminal, 0, 0);
  } else if (number == 25) {
    tc_terminal__set_mode(terminal, TC_MODE_CURSOR_HIDDEN, !is_on);
  } else if (number == 47 || (number >= 1047 && number <= 1049)) {
    use_alternate(terminal, number, is_on);
  } else {
    terminal->counts.unknown_sequence_count++;
  }
}

static void set_ansi_mode(tc_terminal *terminal, uint32_t number, bool is_on) {
  if (number == 4) {
    tc_terminal__set_mode(terminal, TC_MODE_INSERT, is_on);
  } else if (number == 20) {
    tc_terminal__set_mode(terminal, TC_MODE_NEW_LINE, is_on);
  } else {
    terminal->counts.unknown_sequence_count++;
  }
}

bool tc_terminal__set_modes(tc_terminal *terminal, const tc_sequence *sequence) {
  const bool is_on = sequence->final == 'h', is_private = sequence->prefix == '?';
  if (sequence->final != 'h' && sequence->final != 'l') return false;
  if (sequence->intermediate_count > 0 || (sequence->prefix != 0 && !is_private)) return false;
  for (uint32_t i = 0; i < sequence->param_count; i++) {
    if (is_private) {
      set_private_mode(terminal, sequence->params[i], is_on);
    } else {
      set_ansi_mode(terminal, sequence->params[i], is_on);
    }
  }
  return true;
}

void tc_terminal__soft_reset(tc_terminal *terminal) {
  const uint32_t kept =
      terminal->modes & (MOUSE_PROTOCOLS | MOUSE_ENCODINGS | TC_MODE_ALTERNATE | TC_MODE_NEW_LINE);
  terminal->modes = kept | TC_MODE_WRAP;
  terminal->events |= TC_EVENT_MODES;
  terminal->screen->scroll_top = 0;
  terminal->screen->scroll_end = terminal->rows;
  terminal->screen->saved = (tc_saved_cursor){0};
  terminal->pen = (tc_cell){0};
  terminal->underline_color = TC_COLOR_DEFAULT;
  terminal->charsets = (tc_charsets){0};
  terminal->cursor_style = 0;
  tc_terminal__update_blank(terminal);
}

/* ---- reports ---- */

enum { MODE_UNKNOWN = 0, MODE_SET = 1, MODE_RESET = 2 };

static int state_of_mode(const tc_terminal *terminal, uint32_t number, bool is_private) {
  uint32_t group = 0;
  uint32_t bit = 0;
  if (!is_private) {
    bit = number == 4 ? TC_MODE_INSERT : number == 20 ? TC_MODE_NEW_LINE : 0;
  } else if (number == 25) {
    return terminal->modes & TC_MODE_CURSOR_HIDDEN ? MODE_RESET : MODE_SET;
  } else if (number == 47 || number == 1047 || number == 1049) {
    bit = TC_MODE_ALTERNATE;
  } else if (number == 6) {
    bit = TC_MODE_ORIGIN;
  } else {
    bit = plain_mode(number);
    if (bit == 0) bit = exclusive_mode(number, &group);
  }
  if (bit == 0) return MODE_UNKNOWN;
  return terminal->modes & bit ? MODE_SET : MODE_RESET;
}

static void report_cursor(tc_terminal *terminal, bool is_private) {
  const uint32_t x = terminal->x < terminal->cols ? terminal->x : terminal->cols - 1;
  const uint32_t top = terminal->modes & TC_MODE_ORIGIN ? terminal->screen->scroll_top : 0;
  const uint32_t y = terminal->y >= top ? terminal->y - top : 0;
  tc_terminal__respond(terminal, "\x1b[%s%u;%uR", is_private ? "?" : "", y + 1, x + 1);
}

static bool report_status(tc_terminal *terminal, const tc_sequence *sequence) {
  const uint32_t what = tc_param(sequence, 0);
  const bool is_private = sequence->prefix == '?';
  if (what == 5 && !is_private) {
    tc_terminal__respond(terminal, "\x1b[0n");
  } else if (what == 6) {
    report_cursor(terminal, is_private);
  } else {
    return false;
  }
  return true;
}

static bool report_device(tc_terminal *terminal, const tc_sequence *sequence) {
  if (tc_param(sequence, 0) > 0) return false;
  if (sequence->prefix == 0) { /* VT220 with ANSI colour */
    tc_terminal__respond(terminal, "\x1b[?62;22c");
  } else if (sequence->prefix == '>') {
    tc_terminal__respond(terminal, "\x1b[>1;0;0c");
  } else {
    return false;
  }
  return true;
}

bool tc_terminal__report(tc_terminal *terminal, const tc_sequence *sequence) {
  const bool is_bare = sequence->intermediate_count == 0;
  const bool is_dollar = sequence->intermediate_count == 1 && sequence->intermediates[0] == '$';
  const bool is_private = sequence->prefix == '?';
  if (sequence->final == 'n' && is_bare && (sequence->prefix == 0 || is_private))
    return report_status(terminal, sequence);
  if (sequence->final == 'c' && is_bare) return report_device(terminal, sequence);
  if (sequence->final == 'q' && is_bare && sequence->prefix == '>') {
    tc_terminal__respond(terminal, "\x1bP>|termcore\x1b\\");
    return true;
  }
  if (sequence->final == 'p' && is_dollar && (sequence->prefix == 0 || is_private)) {
    const uint32_t number = tc_param(sequence, 0);
    tc_terminal__respond(terminal, "\x1b[%s%u;%d$y", is_private ? "?" : "", number,
                         state_of_mode(terminal, number, is_private));
    return true;
  }
  return false;
}
