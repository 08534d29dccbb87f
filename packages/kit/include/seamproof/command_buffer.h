/*
 * command_buffer.h: many operations in one crossing.
 *
 * JavaScript writes commands into memory that native code drains with no arguments at all. Layout, in
 * 32-bit words of the machine's byte order:
 *
 *     0 magic   1 capacity_words   2 used_words   3 applied_count   4 status
 *     5 error_index   6 error_word   7 error_opcode   8..15 reserved
 *     16...  commands, each:   [opcode | size_words << 8] [fields ...]
 *
 * size_words counts the header word too. JavaScript owns words 2 and 16...; native owns 3..7.
 *
 * Partial batches: commands are applied in order until one is refused. What came before it has been
 * applied, it and what follows has not; applied_count, status and error_* say so. Nothing is read
 * outside [16, 16 + used_words) whatever JavaScript wrote, and each word is read once.
 *
 * The typed decoders are generated from a schema: npx seamproof-kit-commands (docs/command-buffer.md).
 */
#ifndef SEAMPROOF_COMMAND_BUFFER_H
#define SEAMPROOF_COMMAND_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SEAM_COMMANDS_MAGIC 0x31424353u /* "SCB1" */
#define SEAM_COMMANDS_HEADER_WORDS 16u
#define SEAM_COMMANDS_CAPACITY_WORDS_MAX (1u << 24)

/* Statuses 0..15 are the kit's; from 16 on they are the author's own (what a handler returned). */
typedef enum seam_commands_status {
  SEAM_COMMANDS_OK = 0,
  SEAM_COMMANDS_TRUNCATED = 1,      /* a command reaches past used_words */
  SEAM_COMMANDS_UNKNOWN_OPCODE = 2,
  SEAM_COMMANDS_WRONG_SIZE = 3,     /* size_words does not fit the opcode's fields */
  SEAM_COMMANDS_BAD_HEADER = 4,     /* magic, capacity or used_words make no sense */
  SEAM_COMMANDS_BUSY = 5,           /* drained from inside its own drain */
  SEAM_COMMANDS_REFUSED = 6         /* a handler said no without a status of its own */
} seam_commands_status;

typedef struct seam_commands {
  uint32_t *words; /* the whole memory, header included */
  uint32_t capacity_words; /* native's own copy: the one in memory is for JavaScript only */
  bool is_draining;
} seam_commands;

typedef struct seam_command {
  uint32_t opcode;
  uint32_t size_words;      /* with the header word */
  const uint32_t *payload;  /* size_words - 1 words, all inside the buffer */
} seam_command;

static inline size_t seam_commands_size_bytes(uint32_t capacity_words) {
  return ((size_t)capacity_words + SEAM_COMMANDS_HEADER_WORDS) * sizeof(uint32_t);
}

/* `memory`: seam_commands_size_bytes(capacity_words) bytes, 4-byte aligned, owned by the caller. */
static inline bool seam_commands_init(seam_commands *commands, void *memory, uint32_t capacity_words) {
  if (memory == NULL || capacity_words == 0 || capacity_words > SEAM_COMMANDS_CAPACITY_WORDS_MAX) return false;
  commands->words = memory;
  commands->capacity_words = capacity_words;
  commands->is_draining = false;
  memset(memory, 0, SEAM_COMMANDS_HEADER_WORDS * sizeof(uint32_t));
  commands->words[0] = SEAM_COMMANDS_MAGIC;
  commands->words[1] = capacity_words;
  return true;
}

/* The handler applies one command: 0, or the status that ends the batch. */
typedef uint32_t (*seam_command_handler)(void *context, const seam_command *command);

static inline uint32_t seam_commands__end(seam_commands *commands, uint32_t applied, uint32_t status,
                                          uint32_t word, uint32_t opcode) {
  commands->words[3] = applied;
  commands->words[4] = status;
  commands->words[5] = applied; /* the first that was not applied */
  commands->words[6] = word;
  commands->words[7] = opcode;
  return status;
}

/*
 * Applies the batch and sets used_words to 0. Threads: the buffer's owner. Allocates: never.
 * `handler` is inlined when the compiler sees it, which is why this is a static inline function.
 */
static inline uint32_t seam_commands_drain(seam_commands *commands, seam_command_handler handler,
                                           void *context) {
  if (commands->is_draining) return SEAM_COMMANDS_BUSY; /* the outer drain owns the status words */
  const uint32_t used = commands->words[2];
  commands->words[2] = 0;
  if (commands->words[0] != SEAM_COMMANDS_MAGIC || used > commands->capacity_words)
    return seam_commands__end(commands, 0, SEAM_COMMANDS_BAD_HEADER, 0, 0);
  const uint32_t *const first = commands->words + SEAM_COMMANDS_HEADER_WORDS;
  uint32_t at = 0, applied = 0, status = SEAM_COMMANDS_OK, opcode = 0;
  commands->is_draining = true;
  while (at < used) {
    const uint32_t head = first[at];
    const uint32_t size_words = head >> 8;
    opcode = head & 0xffu;
    if (size_words == 0 || size_words > used - at) {
      status = SEAM_COMMANDS_TRUNCATED;
      break;
    }
    const seam_command command = {.opcode = opcode, .size_words = size_words, .payload = first + at + 1};
    status = handler(context, &command);
    if (status != SEAM_COMMANDS_OK) break;
    at += size_words;
    applied++;
  }
  commands->is_draining = false;
  return seam_commands__end(commands, applied, status, at, status == SEAM_COMMANDS_OK ? 0 : opcode);
}

#endif
