/* Functions that copy text and bytes across the seam: how much, for the export that asked. */
#include "layer.h"

#include <string.h>

static void count_in(struct lyr_call *call, uint64_t bytes) {
  struct lyr_frame *frame = call->self ? lyr_frame(call->self) : NULL;
  if (frame && frame->callback) frame->callback->bytes_in += bytes;
}
static void count_out(struct lyr_call *call, uint64_t bytes) {
  struct lyr_frame *frame = call->self ? lyr_frame(call->self) : NULL;
  if (frame && frame->callback) frame->callback->bytes_out += bytes;
}

/* The length is wanted even when the addon does not ask for it. */
#define READS_TEXT(name, unit) \
  napi_status lyr_##name(napi_env env, napi_value value, unit *buf, size_t bufsize, size_t *result) { \
    LYR_BEGIN(name, env); \
    LYR_USE(value); \
    size_t length = 0; \
    napi_status status = LYR_REAL(name)(env, value, buf, bufsize, result || buf ? &length : NULL); \
    if (result && status == NAPI_OK) *result = length; \
    if (buf && status == NAPI_OK) count_in(&call, length * sizeof(unit)); \
    return LYR_END(status); \
  }
#define MAKES_TEXT(name, unit, length_of) \
  napi_status lyr_##name(napi_env env, const unit *str, size_t length, napi_value *result) { \
    LYR_BEGIN(name, env); \
    napi_status status = LYR_REAL(name)(env, str, length, result); \
    LYR_MADE(status, result); \
    if (status == NAPI_OK && str) count_out(&call, (length == SIZE_MAX ? length_of(str) : length) * sizeof(unit)); \
    return LYR_END(status); \
  }

static size_t length16(const uint16_t *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

READS_TEXT(napi_get_value_string_utf8, char)
READS_TEXT(napi_get_value_string_latin1, char)
READS_TEXT(napi_get_value_string_utf16, uint16_t)
MAKES_TEXT(napi_create_string_utf8, char, strlen)
MAKES_TEXT(napi_create_string_latin1, char, strlen)
MAKES_TEXT(napi_create_string_utf16, uint16_t, length16)

napi_status lyr_napi_create_buffer_copy(napi_env env, size_t length, const void *data, void **result_data,
                                        napi_value *result) {
  LYR_BEGIN(napi_create_buffer_copy, env);
  napi_status status = LYR_REAL(napi_create_buffer_copy)(env, length, data, result_data, result);
  LYR_MADE(status, result);
  if (status == NAPI_OK) count_out(&call, length);
  return LYR_END(status);
}
