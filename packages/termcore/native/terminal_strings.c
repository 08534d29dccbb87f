/* What the parser hands over: sequences are sent to the file that knows them; ESC, OSC and DCS. */
#include "terminal_internal.h"

/* ---- control sequences ---- */

static bool select_with_intermediate(tc_terminal *terminal, const tc_sequence *sequence) {
  const uint32_t param = tc_param(sequence, 0);
  if (sequence->prefix != 0 || sequence->intermediate_count != 1) return false;
  switch (sequence->intermediates[0] << 8 | sequence->final) {
    case '!' << 8 | 'p':
      tc_terminal__soft_reset(terminal);
      return true;
    case ' ' << 8 | 'q':
      terminal->cursor_style = param <= 6 ? param : 0;
      tc_terminal__set_mode(terminal, TC_MODE_CURSOR_BLINK, param % 2 == 1);
      terminal->events |= TC_EVENT_MODES;
      return true;
    case '"' << 8 | 'q':
      if (param == 1) terminal->pen.attributes |= TC_ATTR_PROTECTED;
      if (param == 0 || param == 2) terminal->pen.attributes &= ~(uint32_t)TC_ATTR_PROTECTED;
      return true;
    default:
      return false;
  }
}

static void dispatch_csi(void *user, const tc_sequence *sequence) {
  tc_terminal *terminal = user;
  const bool is_plain = sequence->prefix == 0 && sequence->intermediate_count == 0;
  if (is_plain && sequence->final == 'b') {
    tc_terminal__repeat(terminal, tc_param_or_1(sequence, 0));
    terminal->last_width = 0;
    return;
  }
  terminal->last_width = 0;
  if (is_plain && sequence->final == 'm') {
    tc_terminal__sgr(terminal, sequence);
    return;
  }
  if (is_plain && tc_terminal__move(terminal, sequence)) return;
  if (tc_terminal__edit(terminal, sequence)) return;
  if (tc_terminal__set_modes(terminal, sequence)) return;
  if (tc_terminal__report(terminal, sequence)) return;
  if (is_plain && sequence->final == 't' && tc_terminal__window(terminal, sequence)) return;
  if (select_with_intermediate(terminal, sequence)) return;
  terminal->counts.unknown_sequence_count++;
}

/* ---- escape sequences ---- */

static void set_level(tc_terminal *terminal, uint8_t level) {
  terminal->charsets.level = level;
  terminal->charsets.active = terminal->charsets.sets[level];
}

static void designate(tc_terminal *terminal, uint8_t slot, uint8_t final) {
  const uint8_t charset = final == '0'   ? TC_CHARSET_LINES
                          : final == 'A' ? TC_CHARSET_UK
                                         : TC_CHARSET_ASCII;
  terminal->charsets.sets[slot] = charset;
  if (terminal->charsets.level == slot) terminal->charsets.active = charset;
}

static bool escape_with_intermediate(tc_terminal *terminal, const tc_sequence *sequence) {
  if (sequence->intermediate_count != 1) return false;
  switch (sequence->intermediates[0]) {
    case '(':
      designate(terminal, 0, sequence->final);
      return true;
    case ')':
    case '-':
      designate(terminal, 1, sequence->final);
      return true;
    case '*':
    case '.':
      designate(terminal, 2, sequence->final);
      return true;
    case '+':
      designate(terminal, 3, sequence->final);
      return true;
    case '%':
      if (sequence->final != '@' && sequence->final != 'G') return false;
      set_level(terminal, 0);
      designate(terminal, 0, 'B');
      return true;
    case '#':
      if (sequence->final != '8') return false;
      tc_terminal__alignment_pattern(terminal);
      return true;
    default:
      return false;
  }
}

static bool escape_plain(tc_terminal *terminal, uint8_t final) {
  switch (final) {
    case '7':
      tc_terminal__save_cursor(terminal);
      return true;
    case '8':
      tc_terminal__restore_cursor(terminal);
      return true;
    case 'D':
    case 'E':
    case 'H':
    case 'M': /* the 7-bit forms of C1 controls */
      tc_terminal__execute(terminal, final + 0x40u);
      return true;
    case '=':
    case '>':
      tc_terminal__set_mode(terminal, TC_MODE_APPLICATION_KEYPAD, final == '=');
      return true;
    case 'c':
      tc_parser_reset(&terminal->parser);
      tc_terminal__reset(terminal);
      return true;
    case 'n':
    case '}':
      set_level(terminal, 2);
      return true;
    case 'o':
    case '|':
      set_level(terminal, 3);
      return true;
    case '~':
      set_level(terminal, 1);
      return true;
    case '\\': /* the end of a string that has already ended */
      return true;
    default:
      return false;
  }
}

void tc_terminal__escape(void *user, const tc_sequence *sequence) {
  tc_terminal *terminal = user;
  terminal->last_width = 0;
  const bool is_known = sequence->intermediate_count == 0
                            ? escape_plain(terminal, sequence->final)
                            : escape_with_intermediate(terminal, sequence);
  if (!is_known) terminal->counts.unknown_sequence_count++;
}

/* ---- the title ---- */

static void set_title(tc_terminal *terminal, const char *bytes, size_t size_bytes) {
  if (size_bytes > TC_TITLE_BYTES_MAX) {
    size_bytes = TC_TITLE_BYTES_MAX;
    /* Not in the middle of a codepoint. */
    while (size_bytes > 0 && ((uint8_t)bytes[size_bytes] & 0xc0) == 0x80) size_bytes--;
  }
  memmove(terminal->title.bytes, bytes, size_bytes);
  terminal->title.size_bytes = (uint32_t)size_bytes;
  terminal->events |= TC_EVENT_TITLE;
}

static void push_title(tc_terminal *terminal) {
  if (terminal->title_stack_count == TC_TITLE_STACK_MAX) { /* the oldest goes */
    memmove(&terminal->title_stack[0], &terminal->title_stack[1],
            (TC_TITLE_STACK_MAX - 1) * sizeof terminal->title_stack[0]);
    terminal->title_stack_count--;
  }
  terminal->title_stack[terminal->title_stack_count++] = terminal->title;
}

bool tc_terminal__window(tc_terminal *terminal, const tc_sequence *sequence) {
  const uint32_t what = tc_param(sequence, 0), which = tc_param(sequence, 1);
  if (what == 18) {
    tc_terminal__respond(terminal, "\x1b[8;%u;%ut", terminal->rows, terminal->cols);
  } else if (what == 22 && which != 1) {
    push_title(terminal);
  } else if (what == 23 && which != 1) {
    if (terminal->title_stack_count == 0) return true;
    const tc_title *title = &terminal->title_stack[--terminal->title_stack_count];
    set_title(terminal, title->bytes, title->size_bytes);
  } else {
    return false;
  }
  return true;
}

void tc_terminal__osc(void *user, const uint8_t *payload, size_t size_bytes) {
  tc_terminal *terminal = user;
  terminal->last_width = 0;
  /* "0;title" and "2;title"; everything else (palette, links, clipboard) is the host's, not ours. */
  if (size_bytes >= 2 && (payload[0] == '0' || payload[0] == '2') && payload[1] == ';') {
    set_title(terminal, (const char *)payload + 2, size_bytes - 2);
  } else {
    terminal->counts.unknown_sequence_count++;
  }
}

/* ---- DCS: only DECRQSS, which asks for a setting ---- */

void tc_terminal__dcs(void *user, const tc_sequence *sequence, const uint8_t *payload,
                      size_t size_bytes) {
  tc_terminal *terminal = user;
  terminal->last_width = 0;
  const bool is_request = sequence->final == 'q' && sequence->prefix == 0 &&
                          sequence->intermediate_count == 1 && sequence->intermediates[0] == '$';
  if (!is_request) {
    terminal->counts.unknown_sequence_count++;
  } else if (size_bytes == 1 && payload[0] == 'r') {
    tc_terminal__respond(terminal, "\x1bP1$r%u;%ur\x1b\\", terminal->screen->scroll_top + 1,
                         terminal->screen->scroll_end);
  } else if (size_bytes == 2 && payload[0] == ' ' && payload[1] == 'q') {
    tc_terminal__respond(terminal, "\x1bP1$r%u q\x1b\\", terminal->cursor_style);
  } else if (size_bytes == 2 && payload[0] == '"' && payload[1] == 'q') {
    tc_terminal__respond(terminal, "\x1bP1$r%d\"q\x1b\\",
                         (terminal->pen.attributes & TC_ATTR_PROTECTED) != 0);
  } else {
    tc_terminal__respond(terminal, "\x1bP0$r\x1b\\");
  }
}

const tc_parser_handler tc_terminal__handler = {
    .print_ascii = tc_terminal__print_ascii,
    .print = tc_terminal__print,
    .execute = tc_terminal__execute,
    .escape = tc_terminal__escape,
    .csi = dispatch_csi,
    .osc = tc_terminal__osc,
    .dcs = tc_terminal__dcs,
};
