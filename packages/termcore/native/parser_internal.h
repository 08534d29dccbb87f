/* Shared by parser*.c only: what is collected while a sequence or a string comes in. */
#ifndef TC_PARSER_INTERNAL_H
#define TC_PARSER_INTERNAL_H

#include "parser.h"

static inline void tc_parser__clear_sequence(tc_parser *parser) {
  tc_sequence *sequence = &parser->sequence;
  sequence->params[0] = 0;
  sequence->param_count = 1;
  sequence->colon_mask = 0;
  sequence->prefix = 0;
  sequence->intermediate_count = 0;
  parser->is_param_full = false;
}

static inline void tc_parser__collect_intermediate(tc_parser *parser, uint8_t byte) {
  tc_sequence *sequence = &parser->sequence;
  if (sequence->intermediate_count < TC_INTERMEDIATES_MAX)
    sequence->intermediates[sequence->intermediate_count] = byte;
  if (sequence->intermediate_count <= TC_INTERMEDIATES_MAX) sequence->intermediate_count++;
}

/* A digit, a semicolon or a colon. */
static inline void tc_parser__collect_param(tc_parser *parser, uint8_t byte) {
  tc_sequence *sequence = &parser->sequence;
  if (byte <= '9') {
    if (parser->is_param_full) return;
    uint32_t *param = &sequence->params[sequence->param_count - 1];
    if (*param == TC_PARAM_ABSENT) *param = 0;
    const uint64_t value = (uint64_t)*param * 10 + (byte - '0');
    *param = value > TC_PARAM_VALUE_MAX ? TC_PARAM_VALUE_MAX : (uint32_t)value;
    return;
  }
  if (sequence->param_count == TC_PARAMS_MAX) {
    parser->is_param_full = true;
    return;
  }
  const bool is_colon = byte == ':';
  sequence->params[sequence->param_count] = is_colon ? TC_PARAM_ABSENT : 0;
  sequence->colon_mask |= (uint32_t)is_colon << sequence->param_count;
  sequence->param_count++;
}

/* parser_payload.c */
void tc_parser__start_payload(tc_parser *parser);
void tc_parser__put_byte(tc_parser *parser, uint8_t byte);
void tc_parser__put_codepoint(tc_parser *parser, uint32_t codepoint);

#endif
