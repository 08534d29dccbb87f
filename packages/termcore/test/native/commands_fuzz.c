/* Any words in a command buffer, on any grid: the drain stays inside, ends with a status that tells the
 * truth, and the grid stays well formed.
 *
 * With clang's libFuzzer (-DTC_LIBFUZZER -fsanitize=fuzzer) an input decides everything. Without it,
 * main makes inputs from a seed:  commands_fuzz SEED ROUNDS  and prints the seed. */
#include <inttypes.h>

#include "bridge_canvas.h"
#include "commands_generated.h"
#include "grid_check.h"

static uint64_t g_outcomes[16];

static void drain_once(tc_canvas *canvas, const uint8_t *bytes, size_t size_bytes, uint32_t used) {
  const uint32_t capacity = (uint32_t)(size_bytes / sizeof(uint32_t));
  if (capacity == 0) return;
  /* Exactly as large as it must be, so that a word beyond the end is seen. */
  uint32_t *memory = malloc(seam_commands_size_bytes(capacity));
  CHECK(memory != NULL);
  seam_commands commands = {0};
  CHECK(seam_commands_init(&commands, memory, capacity));
  memcpy(memory + SEAM_COMMANDS_HEADER_WORDS, bytes, (size_t)capacity * sizeof(uint32_t));
  memory[2] = used;
  const uint32_t status = tc_apply_commands(canvas, &commands);
  CHECK(memory[2] == 0 && memory[4] == status && status <= SEAM_COMMANDS_REFUSED);
  CHECK(used <= capacity || status == SEAM_COMMANDS_BAD_HEADER);
  CHECK(memory[3] <= capacity && memory[6] <= capacity);
  CHECK(status != SEAM_COMMANDS_OK || memory[6] == used);
  g_outcomes[status]++;
  free(memory);
  check_grid(canvas->grid);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes) {
  if (size_bytes < 8) return 0;
  tc_canvas canvas = {.grid = NULL};
  const tc_grid_options options = {
      .cols = 1u + bytes[0] % 100u, .rows = 1u + bytes[1] % 40u, .scrollback_lines = bytes[2] % 20u};
  CHECK(tc_grid_create(&options, &canvas.grid) == TC_OK);
  const uint32_t words = (uint32_t)((size_bytes - 4) / sizeof(uint32_t));
  drain_once(&canvas, bytes + 4, size_bytes - 4, bytes[3] == 255 ? UINT32_MAX : words);
  CHECK(tc_grid_resize(canvas.grid, 1u + bytes[2] % 100u, 1u + bytes[0] % 40u) == TC_OK);
  drain_once(&canvas, bytes + 4, size_bytes - 4, words / 2);
  tc_grid_destroy(canvas.grid);
  return 0;
}

#ifndef TC_LIBFUZZER
/* Mostly whole commands with mostly sensible values: pure noise would end at the first word. */
static uint32_t fill_command(uint32_t *words, uint32_t room, uint32_t *random) {
  static const uint32_t sizes[8] = {1, 4, 4, 4, 6, 1, 5, 3};
  const uint32_t opcode = random_below(random, 40) == 0 ? next_random(random) & 0xff : 1 + random_below(random, 7);
  uint32_t size = sizes[opcode % 8];
  const uint32_t text_bytes = random_below(random, 60);
  if (opcode == TC_OP_PUT_TEXT) size += (text_bytes + 3) / 4;
  if (random_below(random, 60) == 0) size = random_below(random, 12);
  if (size == 0 || size > room) size = room;
  words[0] = opcode | size << 8;
  for (uint32_t index = 1; index < size; index++) {
    words[index] = random_below(random, 12) == 0 ? next_random(random) : random_below(random, 110);
    if (opcode == TC_OP_PUT_TEXT && index >= 4) words[index] = next_random(random);
  }
  if (opcode == TC_OP_PUT_TEXT && size >= 4 && random_below(random, 30) != 0) words[3] = text_bytes;
  if (opcode == TC_OP_SCROLL && size == 5) words[4] = random_below(random, 20) == 0 ? 2 : random_below(random, 2);
  return size;
}

int main(int argc, char **argv) {
  uint32_t random = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1;
  const uint32_t rounds = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 2000;
  printf("seed %" PRIu32 ", %" PRIu32 " rounds\n", random, rounds);
  for (uint32_t round = 0; round < rounds; round++) {
    uint32_t input[257];
    const uint32_t words = 2 + random_below(&random, 255);
    input[0] = next_random(&random);
    for (uint32_t at = 1; at < words;) at += fill_command(input + at, words - at, &random);
    LLVMFuzzerTestOneInput((const uint8_t *)input, words * sizeof(uint32_t));
  }
  for (uint32_t status = 0; status <= SEAM_COMMANDS_REFUSED; status++)
    if (status != SEAM_COMMANDS_BUSY && rounds >= 1000) CHECK(g_outcomes[status] > 0); /* every way out was taken */
  printf("survived\n");
  return 0;
}
#endif
