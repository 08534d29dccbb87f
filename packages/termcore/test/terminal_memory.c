/* Every allocation is refused once: the call that needed it says TC_ERR_MEMORY or goes on with less,
 * nothing is lost, and the terminal works afterwards. Linked with --wrap for the malloc family; leaks
 * are AddressSanitizer's to find. */
#include "grid_check.h"
#include "terminal.h"
#include "terminal_internal.h"

static long g_allocation_count;
static long g_refused; /* the number of the allocation that is refused; -1: none */

static bool is_refused(void) { return g_allocation_count++ == g_refused; }

void *__real_malloc(size_t size_bytes);
void *__real_calloc(size_t count, size_t size_bytes);
void *__real_realloc(void *block, size_t size_bytes);
void *__real_aligned_alloc(size_t alignment, size_t size_bytes);

void *__wrap_malloc(size_t size_bytes) { return is_refused() ? NULL : __real_malloc(size_bytes); }
void *__wrap_calloc(size_t count, size_t size_bytes) {
  return is_refused() ? NULL : __real_calloc(count, size_bytes);
}
void *__wrap_realloc(void *block, size_t size_bytes) {
  return is_refused() ? NULL : __real_realloc(block, size_bytes);
}
void *__wrap_aligned_alloc(size_t alignment, size_t size_bytes) {
  return is_refused() ? NULL : __real_aligned_alloc(alignment, size_bytes);
}

static void write_text(tc_terminal *terminal, const char *text) {
  tc_terminal_write(terminal, (const uint8_t *)text, strlen(text));
}

/* Touches everything that allocates: blocks, tabs, clusters, underline colours, payloads, answers. */
static tc_status run(long refused) {
  g_allocation_count = 0;
  g_refused = refused;
  const tc_terminal_options options = {.cols = 40, .rows = 10, .scrollback_lines = 20};
  tc_terminal *terminal = NULL;
  tc_status status = tc_terminal_create(&options, &terminal);
  if (status != TC_OK) {
    CHECK(status == TC_ERR_MEMORY && terminal == NULL);
    return status;
  }
  for (uint32_t i = 0; i < 200; i++) {
    char text[64];
    snprintf(text, sizeof text, "\x1b[58;5;%um\x1b[4mx\xcc%c\xcd%c\n", i % 256, 0x80 + (int)i % 48,
             0x80 + (int)i % 48);
    write_text(terminal, text);
  }
  write_text(terminal, "\x1b]2;a title\x07\x1b[6n\x1b[c");
  for (uint32_t i = 0; i < 100; i++) write_text(terminal, "\x1b[6n");
  status = tc_terminal_resize(terminal, 60, 15);
  CHECK(status == TC_OK || (status == TC_ERR_MEMORY && terminal->cols == 40));
  g_refused = -1; /* from here on everything has to work */
  write_text(terminal, "\x1b[H\x1b[mfine\n");
  CHECK(tc_grid_get_row(tc_terminal_get_grid(terminal), 0)[3].content == 'e');
  check_grid(tc_terminal_get_main_grid(terminal));
  check_grid(tc_terminal_get_alternate_grid(terminal));
  CHECK(tc_terminal_resize(terminal, 33, 7) == TC_OK);
  tc_terminal_destroy(terminal);
  return status;
}

int main(void) {
  CHECK(run(-1) == TC_OK);
  const long total = g_allocation_count;
  CHECK(total > 15);
  for (long refused = 0; refused < total; refused++) run(refused);
  printf("%ld allocations refused, one at a time\n", total);
  return 0;
}
