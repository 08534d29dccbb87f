/* Generated from commands.schema.json by seamproof-kit-commands. Do not edit. */
#ifndef TC_OP_COMMANDS_GENERATED_H
#define TC_OP_COMMANDS_GENERATED_H

#include <seamproof/command_buffer.h>

enum {
  TC_OP_SET_STYLE = 1,
  TC_OP_SET_CELL = 2,
  TC_OP_PUT_TEXT = 3,
  TC_OP_FILL = 4,
  TC_OP_CLEAR = 5,
  TC_OP_SCROLL = 6,
  TC_OP_SET_CURSOR = 7,
};

/* Colours and attributes of everything that follows. */
typedef struct tc_op_set_style {
  uint32_t foreground;
  uint32_t background;
  uint32_t attributes;
} tc_op_set_style;

static inline bool tc_op_set_style_decode(const seam_command *command, tc_op_set_style *out) {
  if (command->size_words != 4) return false;
  const uint32_t *const payload = command->payload;
  out->foreground = (uint32_t)payload[0];
  out->background = (uint32_t)payload[1];
  out->attributes = (uint32_t)payload[2];
  return true;
}

/* One character; positions outside the grid write nothing. */
typedef struct tc_op_set_cell {
  uint32_t row;
  uint32_t col;
  uint32_t codepoint;
} tc_op_set_cell;

static inline bool tc_op_set_cell_decode(const seam_command *command, tc_op_set_cell *out) {
  if (command->size_words != 4) return false;
  const uint32_t *const payload = command->payload;
  out->row = (uint32_t)payload[0];
  out->col = (uint32_t)payload[1];
  out->codepoint = (uint32_t)payload[2];
  return true;
}

/* UTF-8 text from one position to the right, clipped at the end of the row. */
typedef struct tc_op_put_text {
  uint32_t row;
  uint32_t col;
  const uint8_t *text;
  uint32_t text_size_bytes;
} tc_op_put_text;

static inline bool tc_op_put_text_decode(const seam_command *command, tc_op_put_text *out) {
  if (command->size_words < 4) return false;
  const uint32_t room_words = command->size_words - 4;
  const uint32_t length = command->payload[2];
  if (length > room_words * 4u || room_words != (length + 3u) / 4u) return false;
  const uint32_t *const payload = command->payload;
  out->row = (uint32_t)payload[0];
  out->col = (uint32_t)payload[1];
  out->text_size_bytes = payload[2];
  out->text = (const uint8_t *)(payload + 3);
  return true;
}

/* A rectangle of one character. */
typedef struct tc_op_fill {
  uint32_t row;
  uint32_t col;
  uint32_t rows;
  uint32_t cols;
  uint32_t codepoint;
} tc_op_fill;

static inline bool tc_op_fill_decode(const seam_command *command, tc_op_fill *out) {
  if (command->size_words != 6) return false;
  const uint32_t *const payload = command->payload;
  out->row = (uint32_t)payload[0];
  out->col = (uint32_t)payload[1];
  out->rows = (uint32_t)payload[2];
  out->cols = (uint32_t)payload[3];
  out->codepoint = (uint32_t)payload[4];
  return true;
}

/* The whole screen in the current background. */
typedef struct tc_op_clear {
  char nothing;
} tc_op_clear;

static inline bool tc_op_clear_decode(const seam_command *command, tc_op_clear *out) {
  if (command->size_words != 1) return false;
  (void)out;
  return true;
}

/* Rows top to end (exclusive) move up by lines, down if negative; keepHistory is 0 or 1. */
typedef struct tc_op_scroll {
  uint32_t top;
  uint32_t end;
  int32_t lines;
  uint32_t keep_history;
} tc_op_scroll;

static inline bool tc_op_scroll_decode(const seam_command *command, tc_op_scroll *out) {
  if (command->size_words != 5) return false;
  const uint32_t *const payload = command->payload;
  out->top = (uint32_t)payload[0];
  out->end = (uint32_t)payload[1];
  out->lines = (int32_t)payload[2];
  out->keep_history = (uint32_t)payload[3];
  return true;
}

/* Clipped to the grid. */
typedef struct tc_op_set_cursor {
  uint32_t row;
  uint32_t col;
} tc_op_set_cursor;

static inline bool tc_op_set_cursor_decode(const seam_command *command, tc_op_set_cursor *out) {
  if (command->size_words != 3) return false;
  const uint32_t *const payload = command->payload;
  out->row = (uint32_t)payload[0];
  out->col = (uint32_t)payload[1];
  return true;
}

#ifdef TC_OP_COMMANDS_DISPATCH
/* The file that defines this macro defines these too: 0, or the status that ends the batch. */
static uint32_t tc_op_set_style_apply(void *context, const tc_op_set_style *fields);
static uint32_t tc_op_set_cell_apply(void *context, const tc_op_set_cell *fields);
static uint32_t tc_op_put_text_apply(void *context, const tc_op_put_text *fields);
static uint32_t tc_op_fill_apply(void *context, const tc_op_fill *fields);
static uint32_t tc_op_clear_apply(void *context, const tc_op_clear *fields);
static uint32_t tc_op_scroll_apply(void *context, const tc_op_scroll *fields);
static uint32_t tc_op_set_cursor_apply(void *context, const tc_op_set_cursor *fields);

static inline uint32_t tc_op_commands_dispatch(void *context, const seam_command *command) {
  switch (command->opcode) {
    case TC_OP_SET_STYLE: {
      tc_op_set_style fields;
      if (!tc_op_set_style_decode(command, &fields)) return SEAM_COMMANDS_WRONG_SIZE;
      return tc_op_set_style_apply(context, &fields);
    }
    case TC_OP_SET_CELL: {
      tc_op_set_cell fields;
      if (!tc_op_set_cell_decode(command, &fields)) return SEAM_COMMANDS_WRONG_SIZE;
      return tc_op_set_cell_apply(context, &fields);
    }
    case TC_OP_PUT_TEXT: {
      tc_op_put_text fields;
      if (!tc_op_put_text_decode(command, &fields)) return SEAM_COMMANDS_WRONG_SIZE;
      return tc_op_put_text_apply(context, &fields);
    }
    case TC_OP_FILL: {
      tc_op_fill fields;
      if (!tc_op_fill_decode(command, &fields)) return SEAM_COMMANDS_WRONG_SIZE;
      return tc_op_fill_apply(context, &fields);
    }
    case TC_OP_CLEAR: {
      tc_op_clear fields;
      if (!tc_op_clear_decode(command, &fields)) return SEAM_COMMANDS_WRONG_SIZE;
      return tc_op_clear_apply(context, &fields);
    }
    case TC_OP_SCROLL: {
      tc_op_scroll fields;
      if (!tc_op_scroll_decode(command, &fields)) return SEAM_COMMANDS_WRONG_SIZE;
      return tc_op_scroll_apply(context, &fields);
    }
    case TC_OP_SET_CURSOR: {
      tc_op_set_cursor fields;
      if (!tc_op_set_cursor_decode(command, &fields)) return SEAM_COMMANDS_WRONG_SIZE;
      return tc_op_set_cursor_apply(context, &fields);
    }
    default: return SEAM_COMMANDS_UNKNOWN_OPCODE;
  }
}
#endif

#endif
