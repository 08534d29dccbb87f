/* Any bytes, any order of operations: the terminal stays well formed and within its memory.
 *
 * With clang's libFuzzer (-DTC_LIBFUZZER -fsanitize=fuzzer) an input decides everything. Without it,
 * main mutates recordings by a seed:  terminal_fuzz SEED ROUNDS FILE...  and prints the seed. */
#include <inttypes.h>

#include "grid_check.h"
#include "terminal.h"
#include "terminal_internal.h"

typedef struct reader {
  const uint8_t *bytes;
  size_t count;
} reader;

static uint32_t take(reader *input, uint32_t limit) {
  if (input->count < 2) return 0;
  const uint32_t value = (uint32_t)input->bytes[0] << 8 | input->bytes[1];
  input->bytes += 2;
  input->count -= 2;
  return value % limit;
}

/* Refuses now and then, so that every path behind a refusal runs. */
typedef struct stingy {
  uint32_t refuse_one_in; /* 0: never */
  uint32_t random;
  size_t live_bytes;
} stingy;

static void *stingy_allocate(void *context, size_t size_bytes) {
  stingy *self = context;
  if (self->refuse_one_in > 0 && random_below(&self->random, self->refuse_one_in) == 0) return NULL;
  self->live_bytes += size_bytes;
  return tc_system_allocate(NULL, size_bytes);
}

static void stingy_release(void *context, void *block, size_t size_bytes) {
  ((stingy *)context)->live_bytes -= size_bytes;
  tc_system_release(NULL, block, size_bytes);
}

static void check_terminal(tc_terminal *terminal) {
  check_grid(tc_terminal_get_main_grid(terminal));
  check_grid(tc_terminal_get_alternate_grid(terminal));
  CHECK(terminal->main.grid->cols == terminal->cols && terminal->main.grid->rows == terminal->rows);
  CHECK(terminal->alternate.grid->cols == terminal->cols);
  CHECK(terminal->alternate.grid->rows == terminal->rows);
  CHECK(terminal->x <= terminal->cols && terminal->y < terminal->rows);
  CHECK(terminal->screen->scroll_top < terminal->screen->scroll_end);
  CHECK(terminal->screen->scroll_end <= terminal->rows);
}

static void resize(tc_terminal *terminal, reader *input) {
  /* Also the sizes that must be refused: 0, 1 column, and beyond the maximum. */
  static const uint32_t odd_sizes[] = {0, 1, 2, 3, 300, TC_COLS_MAX + 1, UINT32_MAX};
  const uint32_t pick = take(input, 16);
  const uint32_t cols = pick < 7 ? odd_sizes[pick] : 1 + take(input, 200);
  const uint32_t rows = pick < 7 ? odd_sizes[(pick + 3) % 5] : 1 + take(input, 60);
  const uint32_t cols_before = terminal->cols, rows_before = terminal->rows;
  const tc_status status = tc_terminal_resize(terminal, cols, rows);
  const bool is_possible = cols >= 2 && cols <= TC_COLS_MAX && rows >= 1 && rows <= TC_ROWS_MAX;
  CHECK(is_possible || status != TC_OK);
  if (status != TC_OK) CHECK(terminal->cols == cols_before && terminal->rows == rows_before);
}

/* More combining sequences than the table holds when it is built small, some of them shown no more. */
static void combine_many(tc_grid *grid, uint32_t row, uint32_t first, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t codepoints[3] = {'a' + i % 26, 0x300 + (first + i) % 80, 0x483 + i % 5};
    tc_grid_put_codepoints(grid, row, i % 40, codepoints, 1 + (i + first) % 3, (tc_cell){0});
  }
  CHECK(tc_grid_get_counts(grid).cluster_count <= TC_CLUSTER_COUNT_MAX);
  CHECK(tc_grid_get_color(grid, first) == 0 || first > 0);
}

/* What JavaScript may do to a terminal's grid from outside. */
static void disturb(tc_terminal *terminal, reader *input) {
  tc_grid *grid = tc_terminal_get_grid(terminal);
  const tc_cell cell = {.content = 'x', .attributes = TC_ATTR_WIDE | TC_ATTR_BOLD};
  const uint32_t codepoints[3] = {0x4e2d, 0x301, 0xffffffff};
  const uint32_t row = take(input, 80), col = take(input, 220), count = take(input, 300);
  switch (take(input, 13)) {
    case 0:
      tc_grid_set_cell(grid, row, col, cell);
      return;
    case 1:
      tc_grid_put_codepoints(grid, row, col, codepoints, 3, cell);
      return;
    case 2:
      tc_grid_fill_rect(grid, row, col, count, count, cell);
      return;
    case 3:
      tc_grid_scroll(grid, row, row + count, (int32_t)count - 150, cell, count % 2 == 0);
      return;
    case 4:
      tc_grid_insert_cells(grid, row, col, count, (tc_cell){0});
      return;
    case 5:
      tc_grid_delete_cells(grid, row, col, count, (tc_cell){0});
      return;
    case 6:
      tc_grid_insert_lines(grid, row, row + 5, count, (tc_cell){0});
      return;
    case 7:
      tc_grid_put_ascii(grid, row, col, (const uint8_t *)"plain\x01 text", 11, cell);
      return;
    case 8:
      CHECK(tc_grid_resize(grid, 10, 10) == TC_ERR_STATE);
      return;
    case 9:
    case 10:
      combine_many(grid, row, col, count);
      return;
    case 11:
      tc_grid_delete_lines(grid, row, row + 5, count, (tc_cell){0});
      tc_grid_set_cursor(grid, row, col);
      return;
    default:
      tc_grid_clear_scrollback(grid);
  }
}

static void read_everything(tc_terminal *terminal) {
  static tc_range ranges[TC_ROWS_MAX];
  uint8_t response[64];
  size_t title_bytes = 0;
  tc_grid_take_dirty(tc_terminal_get_grid(terminal), ranges, TC_ROWS_MAX);
  CHECK(!tc_grid_is_dirty(tc_terminal_get_grid(terminal)));
  while (tc_terminal_take_response(terminal, response, sizeof response) > 0) continue;
  tc_terminal_get_title(terminal, &title_bytes);
  CHECK(title_bytes <= TC_TITLE_BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  reader input = {bytes, count};
  stingy purse = {.refuse_one_in = take(&input, 4) == 0 ? 3 : 0, .random = (uint32_t)count};
  const tc_allocator allocator = {stingy_allocate, stingy_release, &purse};
  const tc_terminal_options options = {.cols = take(&input, 120),
                                       .rows = take(&input, 40),
                                       .scrollback_lines = take(&input, 50),
                                       .allocator = &allocator};
  tc_terminal *terminal = NULL;
  tc_kernels_select((tc_simd)take(&input, 3));
  const tc_status status = tc_terminal_create(&options, &terminal);
  CHECK(options.cols >= 2 && options.rows >= 1 ? true : status == TC_ERR_RANGE);
  while (status == TC_OK && input.count > 0) {
    const uint32_t wanted = 1 + take(&input, 400);
    const size_t size_bytes = wanted < input.count ? wanted : input.count;
    /* A copy of its own, so that a read beyond the end is seen. */
    uint8_t *piece = malloc(size_bytes + 1);
    CHECK(piece != NULL);
    memcpy(piece + 1, input.bytes, size_bytes);
    tc_terminal_write(terminal, piece + 1, size_bytes);
    free(piece);
    input.bytes += size_bytes;
    input.count -= size_bytes;
    const uint32_t what = take(&input, 8);
    if (what == 0) resize(terminal, &input);
    if (what == 1) disturb(terminal, &input);
    if (what == 2) read_everything(terminal);
    check_terminal(terminal);
  }
  tc_terminal_destroy(terminal);
  CHECK(purse.live_bytes == 0);
  return 0;
}

#ifndef TC_LIBFUZZER
#define INPUT_BYTES_MAX 16384

/* Bytes that steer the parser, more likely than chance would have them. */
static const char *const tokens[] = {
    "\x1b[", "\x1b]", "\x1bP", "\x1b\\", "\x9b", "\xc2\x9b", ";", ":", "?", "H", "J", "K", "m", "r",
    "L", "M", "@", "P", "b", "\x1b[999999999b", "\x1b[?1049h", "\x1b[?1049l", "\x1b[4h", "\x1b[?6h",
    "\xe4\xb8\xad", "e\xcc\x81", "\xcc\x81", "\xf0\x9f\x98\x80", "\xff", "\xed\xa0\x80", "\n", "\r",
    "\xcc\x80\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86", "a\xcc\x87" "b\xcc\x88" "c\xcc\x89",
    "\x1b[4:3;58;2;1;2;3m", "\x1b[58:5:9m", "\x1b[59m", "\x1b[38:2:1:2:3m", "\x1b[48;5;1m", "\x1b[6n",
    "\x1b[1\"q", "\x1b[?2K", "\x1b[0\"q", "\x1b[5 @", "\x1b[5 A", "\x1b[2'}", "\x1b[2'~", "\x1b[3g", "\x1bH",
    "\x1b[9I", "\x1b[9Z", "\x1b[!p", "\x1b#8", "\x1b[?45h", "\x1b[?7l", "\x1b[?1048l", "\x1b[22t", "\x1b[23t",
    "\x1b]2;title\x07", "\x1bP$qr\x1b\\", "\x1b[?25$p", "\x1b[c", "\x1b[>q", "\x1b[18t", "\x1b%G", "\x1bn", "\x1bo",
    "\x1b)0", "\x1b*A", "\x1b+0", "\x1bM", "\x1b" "D", "\x1b" "E", "\xc2\x85", "\xc2\x8d", "\x1b[2 q", "\x1b[?2026h",
    "\t", "\b", "\x1b" "c", "\x1b(0", "\x0e", "\x1b[1;3r", "\x1b[2147483647;4294967295H", "\x18"};

static size_t mutate(uint8_t *input, size_t count, uint32_t *random) {
  const uint32_t changes = 1 + random_below(random, 20);
  for (uint32_t i = 0; i < changes && count > 0; i++) {
    const size_t at = random_below(random, (uint32_t)count);
    const char *token = tokens[random_below(random, sizeof tokens / sizeof tokens[0])];
    const size_t length = strlen(token);
    switch (random_below(random, 4)) {
      case 0:
        input[at] = (uint8_t)next_random(random);
        break;
      case 1:
        memcpy(input + at, token, at + length <= count ? length : count - at);
        break;
      case 2: { /* a part comes again somewhere else */
        const size_t from = random_below(random, (uint32_t)count);
        const size_t most = count - (from > at ? from : at);
        const size_t size = most > 0 ? random_below(random, (uint32_t)most) : 0;
        memmove(input + at, input + from, size);
        break;
      }
      default:
        count -= random_below(random, (uint32_t)count) / 8;
    }
  }
  return count;
}

static size_t read_file(const char *path, uint8_t *out) {
  FILE *file = fopen(path, "rb");
  CHECK(file != NULL);
  const size_t count = fread(out, 1, INPUT_BYTES_MAX, file);
  fclose(file);
  return count;
}

int main(int argc, char **argv) {
  static uint8_t original[INPUT_BYTES_MAX], input[INPUT_BYTES_MAX];
  CHECK(argc > 3);
  const uint32_t seed = (uint32_t)strtoul(argv[1], NULL, 10);
  const uint32_t rounds = (uint32_t)strtoul(argv[2], NULL, 10);
  for (uint32_t round = 0; round < rounds; round++) {
    uint32_t random = seed + round;
    /* On a failure this is the last line, and SEED+ROUND with one round is the way back. */
    if (round % 500 == 0) fprintf(stderr, "seed %" PRIu32 "\n", random);
    size_t count = read_file(argv[3 + random % (uint32_t)(argc - 3)], original);
    const size_t start = random_below(&random, (uint32_t)count);
    count -= start;
    memcpy(input, original + start, count);
    count = mutate(input, count, &random);
    LLVMFuzzerTestOneInput(input, count);
  }
  printf("%" PRIu32 " inputs from seed %" PRIu32 "\n", rounds, seed);
  return 0;
}
#endif
