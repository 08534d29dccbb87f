/* The payload of OSC and DCS strings: grows up to a limit, and then the string is lost. */
#include "parser_internal.h"

#define PAYLOAD_BYTES_FIRST 256u

void tc_parser__start_payload(tc_parser *parser) {
  parser->payload_size_bytes = 0;
  parser->is_payload_lost = false;
}

static bool grow_payload(tc_parser *parser) {
  size_t capacity = parser->payload_capacity_bytes * 2;
  if (capacity == 0) capacity = PAYLOAD_BYTES_FIRST;
  if (capacity > TC_PAYLOAD_BYTES_MAX) return false;
  uint8_t *payload = realloc(parser->payload, capacity);
  if (payload == NULL) return false;
  parser->payload = payload;
  parser->payload_capacity_bytes = capacity;
  return true;
}

void tc_parser__put_byte(tc_parser *parser, uint8_t byte) {
  if (parser->is_payload_lost) return;
  if (parser->payload_size_bytes == parser->payload_capacity_bytes && !grow_payload(parser)) {
    parser->is_payload_lost = true;
    return;
  }
  parser->payload[parser->payload_size_bytes++] = byte;
}

void tc_parser__put_codepoint(tc_parser *parser, uint32_t codepoint) {
  if (codepoint < 0x800) {
    tc_parser__put_byte(parser, (uint8_t)(0xc0 | codepoint >> 6));
  } else {
    if (codepoint < 0x10000) {
      tc_parser__put_byte(parser, (uint8_t)(0xe0 | codepoint >> 12));
    } else {
      tc_parser__put_byte(parser, (uint8_t)(0xf0 | codepoint >> 18));
      tc_parser__put_byte(parser, (uint8_t)(0x80 | (codepoint >> 12 & 0x3f)));
    }
    tc_parser__put_byte(parser, (uint8_t)(0x80 | (codepoint >> 6 & 0x3f)));
  }
  tc_parser__put_byte(parser, (uint8_t)(0x80 | (codepoint & 0x3f)));
}
