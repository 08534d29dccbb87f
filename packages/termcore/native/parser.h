/* The VT parser: bytes in, calls out. Paul Williams' state machine for DEC terminals with UTF-8
 * decoded in front of it (invalid bytes become U+FFFD, one per maximal subpart, as WHATWG says).
 *
 * It keeps its state between calls, so a stream may be cut anywhere. It knows no terminal.
 * Threads: one at a time. Allocates: the payload of OSC and DCS strings, up to TC_PAYLOAD_BYTES_MAX. */
#ifndef TC_PARSER_H
#define TC_PARSER_H

#include "termcore.h"

#define TC_PARAMS_MAX 32u
#define TC_INTERMEDIATES_MAX 2u
#ifndef TC_PAYLOAD_BYTES_MAX
#define TC_PAYLOAD_BYTES_MAX 65536u
#endif
#define TC_PARAM_VALUE_MAX 0x7fffffffu
#define TC_PRINT_COUNT_MAX 64u
#define TC_PARAM_ABSENT 0xffffffffu /* a subparameter with no digits: the second one in 38:2::1:2:3 */

/* One control sequence. A parameter with no digits is 0. */
typedef struct tc_sequence {
  uint32_t params[TC_PARAMS_MAX];
  uint32_t param_count; /* at least 1 in CSI and DCS */
  uint32_t colon_mask;  /* bit i: params[i] is a subparameter (came after a colon) */
  uint8_t prefix;       /* one of < = > ? or 0 */
  uint8_t intermediates[TC_INTERMEDIATES_MAX];
  uint8_t intermediate_count; /* more than TC_INTERMEDIATES_MAX: the sequence is unknown */
  uint8_t final;
} tc_sequence;

typedef struct tc_parser_handler {
  /* At least one byte of printable ASCII at `bytes`, perhaps other bytes behind it. Returns how many
   * printable ones were consumed; at least 1. */
  size_t (*print_ascii)(void *user, const uint8_t *bytes, size_t count);
  /* Codepoints from U+00A0 on, and printable ASCII that stood among them; at least one. */
  void (*print)(void *user, const uint32_t *codepoints, size_t count);
  /* A C0 or C1 control that is not part of a sequence. */
  void (*execute)(void *user, uint32_t control);
  void (*escape)(void *user, const tc_sequence *sequence);
  void (*csi)(void *user, const tc_sequence *sequence);
  void (*osc)(void *user, const uint8_t *payload, size_t size_bytes);
  void (*dcs)(void *user, const tc_sequence *sequence, const uint8_t *payload, size_t size_bytes);
} tc_parser_handler;

typedef enum tc_parser_state {
  TC_STATE_GROUND,
  TC_STATE_ESCAPE,
  TC_STATE_ESCAPE_INTERMEDIATE,
  TC_STATE_CSI_ENTRY,
  TC_STATE_CSI_PARAM,
  TC_STATE_CSI_INTERMEDIATE,
  TC_STATE_CSI_IGNORE,
  TC_STATE_DCS_ENTRY,
  TC_STATE_DCS_PARAM,
  TC_STATE_DCS_INTERMEDIATE,
  TC_STATE_DCS_PASSTHROUGH,
  TC_STATE_DCS_IGNORE,
  TC_STATE_OSC_STRING,
  TC_STATE_IGNORED_STRING, /* SOS, PM, APC */
} tc_parser_state;

typedef struct tc_parser {
  const tc_parser_handler *handler;
  void *user;
  tc_parser_state state;
  tc_sequence sequence;
  bool is_param_full; /* digits beyond the last parameter are dropped */
  /* UTF-8: what is decoded so far, how many bytes are still to come, the next one's bounds. */
  uint32_t codepoint;
  uint32_t bytes_left;
  uint8_t next_min;
  uint8_t next_max;
  uint8_t *payload;
  size_t payload_size_bytes;
  size_t payload_capacity_bytes;
  bool is_payload_lost; /* longer than the limit, or no memory: the string will not be delivered */
  uint64_t lost_string_count;
} tc_parser;

void tc_parser_init(tc_parser *parser, const tc_parser_handler *handler, void *user);
void tc_parser_free(tc_parser *parser);
/* Back to ground; a half-received sequence or codepoint is forgotten. */
void tc_parser_reset(tc_parser *parser);
void tc_parser_write(tc_parser *parser, const uint8_t *bytes, size_t count);

#endif
