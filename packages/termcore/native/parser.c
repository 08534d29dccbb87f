#include "parser_internal.h"

#define CAN 0x18
#define SUB 0x1a
#define ESC 0x1b
#define BEL 0x07
#define DEL 0x7f
#define C1_DCS 0x90
#define C1_SOS 0x98
#define C1_CSI 0x9b
#define C1_ST 0x9c
#define C1_OSC 0x9d
#define C1_PM 0x9e
#define C1_APC 0x9f

void tc_parser_init(tc_parser *parser, const tc_parser_handler *handler, void *user) {
  *parser = (tc_parser){.handler = handler, .user = user, .state = TC_STATE_GROUND};
}

void tc_parser_free(tc_parser *parser) {
  free(parser->payload);
  parser->payload = NULL;
  parser->payload_capacity_bytes = 0;
}

void tc_parser_reset(tc_parser *parser) {
  parser->state = TC_STATE_GROUND;
  parser->bytes_left = 0;
  parser->payload_size_bytes = 0;
}

/* A string ends. Only a proper end delivers it: CAN and SUB cancel. */
static void end_string(tc_parser *parser, bool is_cancelled) {
  static const uint8_t nothing[1] = {0};
  const bool is_osc = parser->state == TC_STATE_OSC_STRING;
  const uint8_t *payload = parser->payload != NULL ? parser->payload : nothing;
  if (!is_osc && parser->state != TC_STATE_DCS_PASSTHROUGH) return;
  if (parser->is_payload_lost) {
    parser->lost_string_count++;
  } else if (!is_cancelled && is_osc) {
    parser->handler->osc(parser->user, payload, parser->payload_size_bytes);
  } else if (!is_cancelled) {
    parser->handler->dcs(parser->user, &parser->sequence, payload, parser->payload_size_bytes);
  }
  tc_parser__start_payload(parser);
}

/* ---- transitions that hold in every state ---- */

static void enter_escape(tc_parser *parser) {
  end_string(parser, false);
  tc_parser__clear_sequence(parser);
  parser->state = TC_STATE_ESCAPE;
}

static void cancel(tc_parser *parser, uint8_t control) {
  end_string(parser, true);
  parser->state = TC_STATE_GROUND;
  parser->handler->execute(parser->user, control);
}

static void accept_c1(tc_parser *parser, uint32_t control) {
  end_string(parser, false);
  switch (control) {
    case C1_CSI:
      tc_parser__clear_sequence(parser);
      parser->state = TC_STATE_CSI_ENTRY;
      return;
    case C1_DCS:
      tc_parser__clear_sequence(parser);
      parser->state = TC_STATE_DCS_ENTRY;
      return;
    case C1_OSC:
      tc_parser__start_payload(parser);
      parser->state = TC_STATE_OSC_STRING;
      return;
    case C1_SOS:
    case C1_PM:
    case C1_APC:
      parser->state = TC_STATE_IGNORED_STRING;
      return;
    default:
      parser->state = TC_STATE_GROUND;
      if (control != C1_ST) parser->handler->execute(parser->user, control);
  }
}

/* A decoded codepoint from U+0080 on. */
static void accept_codepoint(tc_parser *parser, uint32_t codepoint) {
  if (codepoint < 0xa0) {
    accept_c1(parser, codepoint);
    return;
  }
  switch (parser->state) {
    case TC_STATE_GROUND:
      parser->handler->print(parser->user, &codepoint, 1);
      return;
    case TC_STATE_OSC_STRING:
    case TC_STATE_DCS_PASSTHROUGH:
      tc_parser__put_codepoint(parser, codepoint);
      return;
    case TC_STATE_CSI_IGNORE:
    case TC_STATE_DCS_IGNORE:
    case TC_STATE_IGNORED_STRING:
      return;
    default: /* no sequence holds such a character: it is malformed, and dropped with it */
      parser->state = TC_STATE_GROUND;
  }
}

/* ---- UTF-8 ---- */

static void start_codepoint(tc_parser *parser, uint8_t lead) {
  parser->next_min = 0x80;
  parser->next_max = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    parser->codepoint = lead & 0x1f;
    parser->bytes_left = 1;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    parser->codepoint = lead & 0x0f;
    parser->bytes_left = 2;
    if (lead == 0xe0) parser->next_min = 0xa0; /* overlong */
    if (lead == 0xed) parser->next_max = 0x9f; /* surrogates */
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    parser->codepoint = lead & 0x07;
    parser->bytes_left = 3;
    if (lead == 0xf0) parser->next_min = 0x90;
    if (lead == 0xf4) parser->next_max = 0x8f; /* beyond U+10FFFF */
  } else {
    accept_codepoint(parser, 0xfffd);
  }
}

/* One byte of a codepoint. False: the codepoint ended early, the byte is still to be read. */
static bool continue_codepoint(tc_parser *parser, uint8_t byte) {
  if (byte < parser->next_min || byte > parser->next_max) {
    parser->bytes_left = 0;
    accept_codepoint(parser, 0xfffd);
    return false;
  }
  parser->next_min = 0x80;
  parser->next_max = 0xbf;
  parser->codepoint = parser->codepoint << 6 | (byte & 0x3f);
  if (--parser->bytes_left == 0) accept_codepoint(parser, parser->codepoint);
  return true;
}

static inline bool is_tail(uint8_t byte) { return (byte & 0xc0) == 0x80; }

/* One whole codepoint from U+00C0 on at `at`, of which four bytes can be read. 0: something else, or
 * malformed, which goes the long way. */
static inline uint32_t decode_whole(const uint8_t *at, uint32_t *out_length) {
  const uint32_t lead = at[0];
  if (lead < 0xe0) {
    *out_length = 2;
    return lead >= 0xc3 && is_tail(at[1]) ? (lead & 0x1f) << 6 | (at[1] & 0x3fu) : 0;
  }
  const uint32_t middle = (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
  if (!is_tail(at[1]) || !is_tail(at[2])) return 0;
  if (lead < 0xf0) {
    const uint32_t codepoint = (lead & 0x0f) << 12 | middle;
    *out_length = 3;
    return codepoint >= 0x800 && (codepoint < 0xd800 || codepoint > 0xdfff) ? codepoint : 0;
  }
  const uint32_t codepoint = (lead & 0x07) << 18 | middle << 6 | (at[3] & 0x3fu);
  *out_length = 4;
  if (lead > 0xf4 || !is_tail(at[3])) return 0;
  return codepoint >= 0x10000 && codepoint <= 0x10ffff ? codepoint : 0;
}

/* Long ASCII is better off in print_ascii, which takes sixteen bytes at a time. */
#define ASCII_RUN_MAX 12u

/* Text in ground: whole codepoints, and the spaces and short words between them. */
static const uint8_t *print_utf8(tc_parser *parser, const uint8_t *at, const uint8_t *end) {
  uint32_t codepoints[TC_PRINT_COUNT_MAX];
  uint32_t count = 0, ascii_run = 0;
  while (end - at >= 4 && count < TC_PRINT_COUNT_MAX && ascii_run < ASCII_RUN_MAX) {
    if (at[0] >= 0x20 && at[0] < DEL) {
      codepoints[count++] = *at++;
      ascii_run++;
      continue;
    }
    uint32_t length = 0;
    const uint32_t codepoint = at[0] >= 0xc3 ? decode_whole(at, &length) : 0;
    if (codepoint == 0) break;
    codepoints[count++] = codepoint;
    at += length;
    ascii_run = 0;
  }
  if (count > 0) parser->handler->print(parser->user, codepoints, count);
  return at;
}

static const uint8_t *run_utf8(tc_parser *parser, const uint8_t *at, const uint8_t *end) {
  if (parser->bytes_left > 0) {
    if (continue_codepoint(parser, *at)) at++;
    return at;
  }
  if (parser->state == TC_STATE_GROUND) {
    const uint8_t *after = print_utf8(parser, at, end);
    if (after != at) return after;
  }
  start_codepoint(parser, *at);
  return at + 1;
}

/* ---- one ASCII byte, per state ---- */

static void step_escape(tc_parser *parser, uint8_t byte) {
  if (byte == DEL) return;
  if (byte < 0x30) {
    tc_parser__collect_intermediate(parser, byte);
    parser->state = TC_STATE_ESCAPE_INTERMEDIATE;
    return;
  }
  if (parser->state == TC_STATE_ESCAPE && byte >= 0x50 && byte <= 0x5f) {
    switch (byte) {
      case 'P':
      case '[':
      case ']':
      case 'X':
      case '^':
      case '_':
        accept_c1(parser, byte + 0x40u);
        return;
      default:
        break;
    }
  }
  parser->sequence.final = byte;
  parser->state = TC_STATE_GROUND;
  parser->handler->escape(parser->user, &parser->sequence);
}

static void step_intermediate(tc_parser *parser, uint8_t byte) {
  const bool is_dcs = parser->state == TC_STATE_DCS_INTERMEDIATE;
  if (byte == DEL) return;
  if (byte < 0x30) {
    tc_parser__collect_intermediate(parser, byte);
  } else if (byte < 0x40) {
    parser->state = is_dcs ? TC_STATE_DCS_IGNORE : TC_STATE_CSI_IGNORE;
  } else {
    parser->sequence.final = byte;
    parser->state = is_dcs ? TC_STATE_DCS_PASSTHROUGH : TC_STATE_GROUND;
    if (is_dcs) {
      tc_parser__start_payload(parser);
    } else {
      parser->handler->csi(parser->user, &parser->sequence);
    }
  }
}

/* CSI and DCS, entry and parameters: the same grammar up to the final byte. */
static void step_param(tc_parser *parser, uint8_t byte) {
  const bool is_dcs = parser->state == TC_STATE_DCS_ENTRY || parser->state == TC_STATE_DCS_PARAM;
  const bool is_entry = parser->state == TC_STATE_DCS_ENTRY || parser->state == TC_STATE_CSI_ENTRY;
  if (byte == DEL) return;
  if (byte >= 0x30 && byte <= 0x3b) {
    tc_parser__collect_param(parser, byte);
    parser->state = is_dcs ? TC_STATE_DCS_PARAM : TC_STATE_CSI_PARAM;
  } else if (byte >= 0x3c && byte <= 0x3f) {
    if (is_entry) {
      parser->sequence.prefix = byte;
      parser->state = is_dcs ? TC_STATE_DCS_PARAM : TC_STATE_CSI_PARAM;
    } else {
      parser->state = is_dcs ? TC_STATE_DCS_IGNORE : TC_STATE_CSI_IGNORE;
    }
  } else {
    parser->state = is_dcs ? TC_STATE_DCS_INTERMEDIATE : TC_STATE_CSI_INTERMEDIATE;
    step_intermediate(parser, byte);
  }
}

static void step_control(tc_parser *parser, uint8_t byte) {
  if (byte == ESC) {
    enter_escape(parser);
  } else if (byte == CAN || byte == SUB) {
    cancel(parser, byte);
  } else if (parser->state == TC_STATE_OSC_STRING) {
    if (byte != BEL) return;
    end_string(parser, false);
    parser->state = TC_STATE_GROUND;
  } else if (parser->state == TC_STATE_DCS_PASSTHROUGH) {
    tc_parser__put_byte(parser, byte);
  } else if (parser->state < TC_STATE_DCS_ENTRY) {
    parser->handler->execute(parser->user, byte);
  } /* else: in a DCS header or an ignored string, controls mean nothing */
}

static void step(tc_parser *parser, uint8_t byte) {
  if (byte < 0x20) {
    step_control(parser, byte);
    return;
  }
  switch (parser->state) {
    case TC_STATE_ESCAPE:
    case TC_STATE_ESCAPE_INTERMEDIATE:
      step_escape(parser, byte);
      return;
    case TC_STATE_CSI_ENTRY:
    case TC_STATE_CSI_PARAM:
    case TC_STATE_DCS_ENTRY:
    case TC_STATE_DCS_PARAM:
      step_param(parser, byte);
      return;
    case TC_STATE_CSI_INTERMEDIATE:
    case TC_STATE_DCS_INTERMEDIATE:
      step_intermediate(parser, byte);
      return;
    case TC_STATE_CSI_IGNORE:
      if (byte >= 0x40 && byte != DEL) parser->state = TC_STATE_GROUND;
      return;
    case TC_STATE_DCS_PASSTHROUGH:
      if (byte != DEL) tc_parser__put_byte(parser, byte);
      return;
    case TC_STATE_OSC_STRING:
      tc_parser__put_byte(parser, byte);
      return;
    default: /* ground prints elsewhere; DEL in ground and ignored strings do nothing */
      return;
  }
}

/* ---- runs: the states that a stream spends its time in ---- */

static const uint8_t *run_ground(tc_parser *parser, const uint8_t *at, const uint8_t *end) {
  const uint8_t byte = *at;
  if (byte >= 0x20 && byte < DEL)
    return at + parser->handler->print_ascii(parser->user, at, (size_t)(end - at));
  if (byte == ESC && end - at >= 2 && at[1] == '[') {
    tc_parser__clear_sequence(parser);
    parser->state = TC_STATE_CSI_ENTRY;
    return at + 2;
  }
  step(parser, byte);
  return at + 1;
}

static const uint8_t *run_csi(tc_parser *parser, const uint8_t *at, const uint8_t *end) {
  while (at < end && *at >= '0' && *at <= ';') {
    tc_parser__collect_param(parser, *at++);
    parser->state = TC_STATE_CSI_PARAM;
  }
  if (at == end) return at;
  if (*at >= 0x40 && *at < DEL) {
    parser->sequence.final = *at;
    parser->state = TC_STATE_GROUND;
    parser->handler->csi(parser->user, &parser->sequence);
    return at + 1;
  }
  if (*at >= 0x80) return at;
  step(parser, *at);
  return at + 1;
}

void tc_parser_write(tc_parser *parser, const uint8_t *bytes, size_t count) {
  const uint8_t *at = bytes;
  const uint8_t *end = bytes + count;
  while (at < end) {
    if (parser->bytes_left > 0 || *at >= 0x80) {
      at = run_utf8(parser, at, end);
    } else if (parser->state == TC_STATE_GROUND) {
      at = run_ground(parser, at, end);
    } else if (parser->state == TC_STATE_CSI_ENTRY || parser->state == TC_STATE_CSI_PARAM) {
      at = run_csi(parser, at, end);
    } else {
      step(parser, *at++);
    }
  }
}
