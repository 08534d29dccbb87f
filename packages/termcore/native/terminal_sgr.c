/* SGR: the pen. */
#include "terminal_internal.h"

typedef struct color_spec {
  uint32_t kind; /* 2: rgb, 5: indexed, anything else: not a colour */
  uint32_t parts[3];
  uint32_t consumed; /* parameters after the 38, 48 or 58 */
} color_spec;

static uint32_t byte_of(uint32_t value) { return value == TC_PARAM_ABSENT ? 0 : value & 0xff; }

static bool is_sub(const tc_sequence *sequence, uint32_t index) {
  return index < sequence->param_count && (sequence->colon_mask >> index & 1) != 0;
}

/* 38:2:R:G:B, 38:2:SPACE:R:G:B, 38:5:N: all in subparameters of the one parameter. */
static color_spec colon_color(const tc_sequence *sequence, uint32_t index) {
  color_spec spec = {.kind = sequence->params[index]};
  uint32_t end = index;
  while (is_sub(sequence, end)) end++;
  spec.consumed = end - index;
  uint32_t first = index + 1;
  if (spec.kind == 2 && end - first > 3) first++; /* the colour space identifier */
  for (uint32_t i = 0; i < 3 && first + i < end; i++) spec.parts[i] = sequence->params[first + i];
  return spec;
}

/* 38;2;R;G;B and 38;5;N, the older form. */
static color_spec semicolon_color(const tc_sequence *sequence, uint32_t index) {
  color_spec spec = {.kind = tc_param(sequence, index)};
  const uint32_t parts = spec.kind == 2 ? 3 : spec.kind == 5 ? 1 : 0;
  spec.consumed = parts + 1;
  for (uint32_t i = 0; i < parts; i++) spec.parts[i] = tc_param(sequence, index + 1 + i);
  return spec;
}

/* Sets *color if the parameters after `index` name one. Returns how many they are. */
static uint32_t read_color(const tc_sequence *sequence, uint32_t index, uint32_t *color) {
  const color_spec spec = is_sub(sequence, index + 1) ? colon_color(sequence, index + 1)
                                                      : semicolon_color(sequence, index + 1);
  if (spec.kind == 2) {
    *color = TC_COLOR_RGB | byte_of(spec.parts[0]) << 16 | byte_of(spec.parts[1]) << 8 |
             byte_of(spec.parts[2]);
  } else if (spec.kind == 5) {
    *color = TC_COLOR_INDEXED | byte_of(spec.parts[0]);
  }
  return spec.consumed;
}

static void set_underline(tc_terminal *terminal, uint32_t style) {
  if (style > 5) style = 1;
  terminal->pen.attributes &= ~(uint32_t)TC_ATTR_UNDERLINE_MASK;
  terminal->pen.attributes |= style << TC_ATTR_UNDERLINE_SHIFT;
}

static void set_underline_color(tc_terminal *terminal, uint32_t color) {
  terminal->underline_color = color;
  /* The pen serves both screens, so its ids come from one table: the main one. */
  const uint32_t id = tc_grid_intern_color(terminal->main.grid, color);
  terminal->pen.attributes &= 0xffffu;
  terminal->pen.attributes |= id << TC_ATTR_UNDERLINE_COLOR_SHIFT;
}

static void reset_pen(tc_terminal *terminal) {
  const uint32_t kept = terminal->pen.attributes & TC_ATTR_PROTECTED; /* DECSCA's, not SGR's */
  terminal->pen = (tc_cell){.attributes = kept};
  terminal->underline_color = TC_COLOR_DEFAULT;
}

/* 1..9 and 21..29 switch these on and off; 0: handled apart, or nothing. */
static uint32_t flag_of(uint32_t param) {
  static const uint16_t flags[10] = {
      0, TC_ATTR_BOLD,    TC_ATTR_DIM,       TC_ATTR_ITALIC,       0, TC_ATTR_BLINK,
      0, TC_ATTR_INVERSE, TC_ATTR_INVISIBLE, TC_ATTR_STRIKETHROUGH};
  return flags[param];
}

static void apply_simple(tc_terminal *terminal, uint32_t param) {
  tc_cell *pen = &terminal->pen;
  if (param <= 9) {
    pen->attributes |= flag_of(param);
  } else if (param == 21) {
    set_underline(terminal, 2);
  } else if (param == 22) {
    pen->attributes &= ~(uint32_t)(TC_ATTR_BOLD | TC_ATTR_DIM);
  } else if (param == 24) {
    set_underline(terminal, 0);
  } else if (param >= 23 && param <= 29) {
    pen->attributes &= ~flag_of(param - 20);
  } else if (param >= 30 && param <= 37) {
    pen->foreground = TC_COLOR_INDEXED | (param - 30);
  } else if (param == 39) {
    pen->foreground = TC_COLOR_DEFAULT;
  } else if (param >= 40 && param <= 47) {
    pen->background = TC_COLOR_INDEXED | (param - 40);
  } else if (param == 49) {
    pen->background = TC_COLOR_DEFAULT;
  } else if (param == 53) {
    pen->attributes |= TC_ATTR_OVERLINE;
  } else if (param == 55) {
    pen->attributes &= ~(uint32_t)TC_ATTR_OVERLINE;
  } else if (param == 59) {
    set_underline_color(terminal, TC_COLOR_DEFAULT);
  } else if (param >= 90 && param <= 97) {
    pen->foreground = TC_COLOR_INDEXED | (param - 90 + 8);
  } else if (param >= 100 && param <= 107) {
    pen->background = TC_COLOR_INDEXED | (param - 100 + 8);
  } else {
    terminal->counts.unknown_sequence_count++;
  }
}

void tc_terminal__sgr(tc_terminal *terminal, const tc_sequence *sequence) {
  for (uint32_t i = 0; i < sequence->param_count; i++) {
    const uint32_t param = sequence->params[i];
    if (param == 0) {
      reset_pen(terminal);
    } else if (param == 4) {
      set_underline(terminal, is_sub(sequence, i + 1) ? sequence->params[i + 1] : 1);
    } else if (param == 38) {
      i += read_color(sequence, i, &terminal->pen.foreground);
    } else if (param == 48) {
      i += read_color(sequence, i, &terminal->pen.background);
    } else if (param == 58) {
      uint32_t color = terminal->underline_color;
      i += read_color(sequence, i, &color);
      set_underline_color(terminal, color);
    } else {
      apply_simple(terminal, param);
    }
    while (is_sub(sequence, i + 1)) i++; /* subparameters belong to the parameter before them */
  }
  tc_terminal__update_blank(terminal);
}
