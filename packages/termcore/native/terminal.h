/* A terminal: parser and two grids (main with scrollback, alternate without), cursor, modes.
 *
 * Bytes go in through tc_terminal_write; the screen, what to answer to the program, and what happened
 * come out. Threads: one at a time. Allocates: in create and resize, and what parser.h and grid.h say. */
#ifndef TC_TERMINAL_H
#define TC_TERMINAL_H

#include "grid.h"

#define TC_TITLE_BYTES_MAX 1024u
#ifndef TC_RESPONSE_BYTES_MAX
#define TC_RESPONSE_BYTES_MAX 65536u
#endif

typedef struct tc_terminal tc_terminal;

/* What a write did. */
enum {
  TC_EVENT_DAMAGE = 1u << 0,
  TC_EVENT_RESPONSE = 1u << 1, /* the program waits for an answer: tc_terminal_take_response */
  TC_EVENT_TITLE = 1u << 2,
  TC_EVENT_BELL = 1u << 3,
  TC_EVENT_MODES = 1u << 4,
  TC_EVENT_SCREEN = 1u << 5, /* main or alternate grid became the active one */
  TC_EVENT_CURSOR = 1u << 6, /* it is elsewhere, or shown and was hidden, or the reverse */
};

/* Modes that the host has to know, to encode input and to draw. */
enum {
  TC_MODE_APPLICATION_CURSOR = 1u << 0,
  TC_MODE_APPLICATION_KEYPAD = 1u << 1,
  TC_MODE_BRACKETED_PASTE = 1u << 2,
  TC_MODE_FOCUS_EVENTS = 1u << 3,
  TC_MODE_MOUSE_X10 = 1u << 4,
  TC_MODE_MOUSE_PRESS = 1u << 5, /* 1000 */
  TC_MODE_MOUSE_DRAG = 1u << 6,  /* 1002 */
  TC_MODE_MOUSE_ANY = 1u << 7,   /* 1003 */
  TC_MODE_MOUSE_SGR = 1u << 8,
  TC_MODE_MOUSE_SGR_PIXELS = 1u << 9,
  TC_MODE_SYNCHRONIZED = 1u << 10, /* 2026: the program is in the middle of a frame */
  TC_MODE_CURSOR_HIDDEN = 1u << 11,
  TC_MODE_ALTERNATE = 1u << 12,
  TC_MODE_ORIGIN = 1u << 13,
  TC_MODE_WRAP = 1u << 14,
  TC_MODE_REVERSE_WRAP = 1u << 15,
  TC_MODE_INSERT = 1u << 16,
  TC_MODE_NEW_LINE = 1u << 17,
  TC_MODE_CURSOR_BLINK = 1u << 18,
};

typedef struct tc_terminal_options {
  uint32_t cols; /* at least 2: a wide character must fit */
  uint32_t rows;
  uint32_t scrollback_lines;
  const tc_allocator *allocator; /* copied; NULL: tc_system_allocator() */
} tc_terminal_options;

/* The same statuses as tc_grid_create. */
tc_status tc_terminal_create(const tc_terminal_options *options, tc_terminal **out_terminal);
void tc_terminal_destroy(tc_terminal *terminal);
/* Both grids or neither: on any status but TC_OK the terminal is as it was. The scroll region becomes
 * the whole screen. */
tc_status tc_terminal_resize(tc_terminal *terminal, uint32_t cols, uint32_t rows);

/* Feeds program output; cut anywhere. Returns TC_EVENT_* bits. Any bytes are safe. */
uint32_t tc_terminal_write(tc_terminal *terminal, const uint8_t *bytes, size_t count);

/* The grid on screen. Which one it is changes with TC_EVENT_SCREEN. */
tc_grid *tc_terminal_get_grid(tc_terminal *terminal);
/* The main and the alternate grid; the main one also holds the underline colours of both. */
tc_grid *tc_terminal_get_main_grid(tc_terminal *terminal);
tc_grid *tc_terminal_get_alternate_grid(tc_terminal *terminal);
uint32_t tc_terminal_get_modes(const tc_terminal *terminal);
/* DECSCUSR 0..6. */
uint32_t tc_terminal_get_cursor_style(const tc_terminal *terminal);
/* UTF-8, not terminated; valid until the next write. */
const char *tc_terminal_get_title(const tc_terminal *terminal, size_t *out_size_bytes);

/* Copies up to `capacity` bytes of pending answers and forgets them. Returns how many. */
size_t tc_terminal_take_response(tc_terminal *terminal, uint8_t *out, size_t capacity);
size_t tc_terminal_get_response_size_bytes(const tc_terminal *terminal);

typedef struct tc_terminal_counts {
  uint64_t unknown_sequence_count; /* well-formed, but not acted upon */
  uint64_t lost_string_count;      /* OSC or DCS longer than the limit */
  uint64_t lost_response_count;    /* answers that did not fit the limit */
} tc_terminal_counts;
tc_terminal_counts tc_terminal_get_counts(const tc_terminal *terminal);

#endif
