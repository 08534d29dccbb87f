/* Every variant of the kernels gives the same bytes as the scalar one, and writes nowhere else.
 *
 *   kernels_agree SEED ROUNDS     random shapes, contents and alignments; prints the seed on a failure
 *   kernels_agree threads         switches variants while another thread uses them (for TSan) */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

#include "grid_check.h"
#include "kernels.h"

#define CELLS_MAX 700u
#define GUARD_CELLS 4u /* on both sides; must keep their bytes */
#define GUARD_BYTE 0xa5

typedef struct area {
  tc_cell storage[CELLS_MAX + 2 * GUARD_CELLS];
} area;

static uint32_t g_random;

static uint32_t below(uint32_t limit) { return random_below(&g_random, limit); }

/* Few values, so that equal cells and equal runs are common. */
static tc_cell any_cell(void) {
  return (tc_cell){below(3) ? 'a' + below(3) : next_random(&g_random), below(3), below(2),
                   below(4) ? 0 : next_random(&g_random)};
}

static tc_cell *begin(area *memory) {
  memset(memory, GUARD_BYTE, sizeof *memory);
  return memory->storage + GUARD_CELLS;
}

static void randomize(tc_cell *cells, size_t count) {
  for (size_t i = 0; i < count; i++) cells[i] = any_cell();
}

/* The whole storage: what was written, and that nothing was written beside it. */
static void check_same(const area *expected, const area *actual) {
  CHECK(memcmp(expected, actual, sizeof *expected) == 0);
}

static void compare_fill(const tc_kernels *other) {
  static area ours, theirs;
  const size_t count = below(CELLS_MAX);
  const tc_cell value = any_cell();
  tc_kernels_for(TC_SIMD_SCALAR)->fill(begin(&ours), count, value);
  other->fill(begin(&theirs), count, value);
  check_same(&ours, &theirs);
  tc_kernels_for(TC_SIMD_SCALAR)->clear(begin(&ours), count);
  other->clear(begin(&theirs), count);
  check_same(&ours, &theirs);
}

static void compare_scroll(const tc_kernels *other) {
  static area ours, theirs;
  const size_t rows = below(25), cols = below(27);
  const ptrdiff_t lines = (ptrdiff_t)below(60) - 30;
  const tc_cell blank = any_cell();
  randomize(begin(&ours), rows * cols);
  theirs = ours;
  tc_kernels_for(TC_SIMD_SCALAR)->scroll(ours.storage + GUARD_CELLS, rows, cols, lines, blank);
  other->scroll(theirs.storage + GUARD_CELLS, rows, cols, lines, blank);
  check_same(&ours, &theirs);
}

static void compare_diff(const tc_kernels *other) {
  static area before, after;
  tc_range ours[26], theirs[26];
  const size_t rows = below(25), cols = below(27);
  memset(ours, GUARD_BYTE, sizeof ours);
  memset(theirs, GUARD_BYTE, sizeof theirs);
  randomize(begin(&before), rows * cols);
  after = before;
  tc_cell *changed = after.storage + GUARD_CELLS;
  const uint32_t changes = rows * cols > 0 ? below(5) : 0;
  for (uint32_t i = 0; i < changes; i++) {
    /* One field only: a comparison that looks at three of them would miss it. */
    uint32_t *field = (uint32_t *)&changed[below((uint32_t)(rows * cols))] + below(4);
    *field ^= 1u << below(32);
  }
  const tc_cell *from = before.storage + GUARD_CELLS;
  const size_t expected = tc_kernels_for(TC_SIMD_SCALAR)->diff(from, changed, rows, cols, ours);
  CHECK(other->diff(from, changed, rows, cols, theirs) == expected);
  CHECK(memcmp(ours, theirs, sizeof ours) == 0);
}

static void compare_decode(const tc_kernels *other) {
  static area ours, theirs;
  /* Its own allocation at its exact size, at any alignment: reading further is an error to ASan. */
  const size_t count = below(200), offset = below(16);
  uint8_t *bytes = malloc(offset + count + 1);
  CHECK(bytes != NULL);
  const uint32_t odd_one_in = 1 + below(120);
  for (size_t i = 0; i < count; i++)
    bytes[offset + i] = (uint8_t)(below(odd_one_in) ? 0x20 + below(95) : next_random(&g_random));
  uint8_t *exact = malloc(count > 0 ? count : 1);
  CHECK(exact != NULL);
  memcpy(exact, bytes + offset, count);
  const tc_cell pen = any_cell();
  const size_t expected =
      tc_kernels_for(TC_SIMD_SCALAR)->decode_ascii(begin(&ours), bytes + offset, count, pen);
  CHECK(other->decode_ascii(begin(&theirs), exact, count, pen) == expected);
  check_same(&ours, &theirs);
  CHECK(expected == count || exact[expected] < 0x20 || exact[expected] > 0x7e);
  free(exact);
  free(bytes);
}

static void compare_all(uint32_t seed, uint32_t rounds) {
  for (uint32_t level = TC_SIMD_SSE2; level <= TC_SIMD_NEON; level++) {
    const tc_kernels *other = tc_kernels_for((tc_simd)level);
    if (other == NULL) continue;
    for (uint32_t round = 0; round < rounds; round++) {
      g_random = seed + round;
      compare_fill(other);
      compare_scroll(other);
      compare_diff(other);
      compare_decode(other);
    }
    printf("%s agrees with scalar: %" PRIu32 " rounds from seed %" PRIu32 "\n", other->name, rounds,
           seed);
  }
}

static atomic_bool g_is_done;

static void *use_kernels(void *unused) {
  tc_cell cells[64];
  (void)unused;
  while (!atomic_load(&g_is_done)) {
    const size_t written =
        tc_kernels_active()->decode_ascii(cells, (const uint8_t *)"some text", 9, (tc_cell){0});
    CHECK(written == 9 && cells[8].content == 't');
  }
  return NULL;
}

static void switch_while_used(void) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, use_kernels, NULL) == 0);
  for (uint32_t i = 0; i < 20000; i++) tc_kernels_select((tc_simd)(i % 4));
  atomic_store(&g_is_done, true);
  CHECK(pthread_join(thread, NULL) == 0);
  puts("variants may be switched while they are used");
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "threads") == 0) {
    switch_while_used();
    return 0;
  }
  CHECK(argc == 3);
  fprintf(stderr, "seed %s\n", argv[1]);
  compare_all((uint32_t)strtoul(argv[1], NULL, 10), (uint32_t)strtoul(argv[2], NULL, 10));
  return 0;
}
