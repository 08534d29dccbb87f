/* Generated from kit_addon.schema.json by seamproof-kit-commands. Do not edit. */
#ifndef KT_COMMANDS_GENERATED_H
#define KT_COMMANDS_GENERATED_H

#include <seamproof/command_buffer.h>

enum {
  KT_ADD = 1,
  KT_PACKED = 2,
  KT_TEXT = 3,
  KT_BLOB = 4,
  KT_FAIL = 5,
};

typedef struct kt_add {
  int32_t amount;
} kt_add;

static inline bool kt_add_decode(const seam_command *command, kt_add *out) {
  if (command->size_words != 2) return false;
  const uint32_t *const payload = command->payload;
  out->amount = (int32_t)payload[0];
  return true;
}

/* Small fields share words. */
typedef struct kt_packed {
  uint8_t small;
  uint16_t middle;
  uint32_t large;
  float ratio;
} kt_packed;

static inline bool kt_packed_decode(const seam_command *command, kt_packed *out) {
  if (command->size_words != 4) return false;
  const uint32_t *const payload = command->payload;
  out->small = (uint8_t)(payload[0] & 0xffu);
  out->middle = (uint16_t)((payload[0] >> 8) & 0xffffu);
  out->large = (uint32_t)payload[1];
  memcpy(&out->ratio, &payload[2], sizeof out->ratio);
  return true;
}

typedef struct kt_text {
  uint32_t tag;
  const uint8_t *words2;
  uint32_t words2_size_bytes;
} kt_text;

static inline bool kt_text_decode(const seam_command *command, kt_text *out) {
  if (command->size_words < 3) return false;
  const uint32_t room_words = command->size_words - 3;
  const uint32_t length = command->payload[1];
  if (length > room_words * 4u || room_words != (length + 3u) / 4u) return false;
  const uint32_t *const payload = command->payload;
  out->tag = (uint32_t)payload[0];
  out->words2_size_bytes = payload[1];
  out->words2 = (const uint8_t *)(payload + 2);
  return true;
}

typedef struct kt_blob {
  const uint8_t *content;
  uint32_t content_size_bytes;
} kt_blob;

static inline bool kt_blob_decode(const seam_command *command, kt_blob *out) {
  if (command->size_words < 2) return false;
  const uint32_t room_words = command->size_words - 2;
  const uint32_t length = command->payload[0];
  if (length > room_words * 4u || room_words != (length + 3u) / 4u) return false;
  const uint32_t *const payload = command->payload;
  out->content_size_bytes = payload[0];
  out->content = (const uint8_t *)(payload + 1);
  return true;
}

typedef struct kt_fail {
  uint32_t status;
} kt_fail;

static inline bool kt_fail_decode(const seam_command *command, kt_fail *out) {
  if (command->size_words != 2) return false;
  const uint32_t *const payload = command->payload;
  out->status = (uint32_t)payload[0];
  return true;
}

#ifdef KT_COMMANDS_DISPATCH
/* The file that defines this macro defines these too: 0, or the status that ends the batch. */
static uint32_t kt_add_apply(void *context, const kt_add *fields);
static uint32_t kt_packed_apply(void *context, const kt_packed *fields);
static uint32_t kt_text_apply(void *context, const kt_text *fields);
static uint32_t kt_blob_apply(void *context, const kt_blob *fields);
static uint32_t kt_fail_apply(void *context, const kt_fail *fields);

static inline uint32_t kt_commands_dispatch(void *context, const seam_command *command) {
  switch (command->opcode) {
    case KT_ADD: {
      kt_add fields;
      if (!kt_add_decode(command, &fields)) return SEAM_COMMANDS_WRONG_SIZE;
      return kt_add_apply(context, &fields);
    }
    case KT_PACKED: {
      kt_packed fields;
      if (!kt_packed_decode(command, &fields)) return SEAM_COMMANDS_WRONG_SIZE;
      return kt_packed_apply(context, &fields);
    }
    case KT_TEXT: {
      kt_text fields;
      if (!kt_text_decode(command, &fields)) return SEAM_COMMANDS_WRONG_SIZE;
      return kt_text_apply(context, &fields);
    }
    case KT_BLOB: {
      kt_blob fields;
      if (!kt_blob_decode(command, &fields)) return SEAM_COMMANDS_WRONG_SIZE;
      return kt_blob_apply(context, &fields);
    }
    case KT_FAIL: {
      kt_fail fields;
      if (!kt_fail_decode(command, &fields)) return SEAM_COMMANDS_WRONG_SIZE;
      return kt_fail_apply(context, &fields);
    }
    default: return SEAM_COMMANDS_UNKNOWN_OPCODE;
  }
}
#endif

#endif
