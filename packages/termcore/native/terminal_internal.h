/* Shared by terminal*.c only. */
#ifndef TC_TERMINAL_INTERNAL_H
#define TC_TERMINAL_INTERNAL_H

#include "grid_internal.h"
#include "parser.h"
#include "terminal.h"

#define TC_TITLE_STACK_MAX 8u
/* REP with a huge count would keep the terminal busy; this fills any sensible screen. */
#define TC_REPEAT_MAX 65535u

typedef enum tc_charset {
  TC_CHARSET_ASCII = 0,
  TC_CHARSET_LINES = 1, /* DEC special graphics */
  TC_CHARSET_UK = 2,
} tc_charset;

typedef struct tc_charsets {
  uint8_t sets[4]; /* G0..G3 */
  uint8_t level;   /* which of them is in GL */
  uint8_t active;
} tc_charsets;

typedef struct tc_saved_cursor {
  uint32_t x;
  uint32_t y;
  tc_cell pen;
  tc_charsets charsets;
} tc_saved_cursor;

/* What each of the two screens has of its own. */
typedef struct tc_screen {
  tc_grid *grid;
  uint32_t scroll_top;
  uint32_t scroll_end; /* exclusive */
  tc_saved_cursor saved;
  uint8_t *tabs; /* one byte per column */
} tc_screen;

typedef struct tc_title {
  uint32_t size_bytes;
  char bytes[TC_TITLE_BYTES_MAX];
} tc_title;

struct tc_terminal {
  tc_parser parser;
  tc_screen main;
  tc_screen alternate;
  tc_screen *screen; /* one of the two */
  tc_grid *grid;     /* screen->grid */
  uint32_t cols;
  uint32_t rows;
  uint32_t x; /* cols: the last column is written and the next character wraps */
  uint32_t y;
  tc_cell pen;
  tc_cell blank; /* what erasing leaves: the pen's background, nothing else */
  tc_charsets charsets;
  uint32_t modes;
  uint32_t cursor_style;
  uint32_t events;
  uint32_t last_width; /* columns of the character just printed; 0 after any control */
  uint32_t underline_color;
  uint8_t *response;
  size_t response_size_bytes;
  size_t response_capacity_bytes;
  tc_title title;
  tc_title title_stack[TC_TITLE_STACK_MAX];
  uint32_t title_stack_count;
  tc_terminal_counts counts;
};

extern const tc_parser_handler tc_terminal__handler;

/* terminal.c */
void tc_terminal__reset(tc_terminal *terminal);
void tc_terminal__set_tabs(tc_terminal *terminal, tc_screen *screen, uint32_t first_col);
void tc_terminal__use_screen(tc_terminal *terminal, bool is_alternate);
void tc_terminal__update_blank(tc_terminal *terminal);
void tc_terminal__respond(tc_terminal *terminal, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* terminal_print.c */
size_t tc_terminal__print_ascii(void *user, const uint8_t *bytes, size_t count);
void tc_terminal__print(void *user, const uint32_t *codepoints, size_t count);
void tc_terminal__repeat(tc_terminal *terminal, uint32_t count);

/* terminal_cursor.c */
void tc_terminal__restrict_cursor(tc_terminal *terminal);
void tc_terminal__set_position(tc_terminal *terminal, int64_t x, int64_t y);
void tc_terminal__line_feed(tc_terminal *terminal);
void tc_terminal__index(tc_terminal *terminal);
void tc_terminal__reverse_index(tc_terminal *terminal);
void tc_terminal__save_cursor(tc_terminal *terminal);
void tc_terminal__restore_cursor(tc_terminal *terminal);
void tc_terminal__execute(void *user, uint32_t control);
bool tc_terminal__move(tc_terminal *terminal, const tc_sequence *sequence);

/* terminal_edit.c */
bool tc_terminal__edit(tc_terminal *terminal, const tc_sequence *sequence);
void tc_terminal__alignment_pattern(tc_terminal *terminal);

/* terminal_sgr.c */
void tc_terminal__sgr(tc_terminal *terminal, const tc_sequence *sequence);

/* terminal_modes.c */
bool tc_terminal__set_modes(tc_terminal *terminal, const tc_sequence *sequence);
bool tc_terminal__report(tc_terminal *terminal, const tc_sequence *sequence);
void tc_terminal__soft_reset(tc_terminal *terminal);
void tc_terminal__set_mode(tc_terminal *terminal, uint32_t mode, bool is_on);

/* terminal_strings.c */
void tc_terminal__escape(void *user, const tc_sequence *sequence);
void tc_terminal__osc(void *user, const uint8_t *payload, size_t size_bytes);
void tc_terminal__dcs(void *user, const tc_sequence *sequence, const uint8_t *payload,
                      size_t size_bytes);
bool tc_terminal__window(tc_terminal *terminal, const tc_sequence *sequence);

static inline uint32_t tc_param(const tc_sequence *sequence, uint32_t index) {
  return index < sequence->param_count ? sequence->params[index] : 0;
}

/* A count or a position: absent and 0 mean 1. */
static inline uint32_t tc_param_or_1(const tc_sequence *sequence, uint32_t index) {
  const uint32_t value = tc_param(sequence, index);
  return value == 0 ? 1 : value;
}

#endif
