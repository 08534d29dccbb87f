/* Preloaded: counts the allocations of each thread, and nothing else. */
#include <stddef.h>
#include <stdint.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static __thread uint64_t t_count __attribute__((tls_model("initial-exec")));

uint64_t bench_malloc_count(void) { return t_count; }

void *malloc(size_t size) {
  t_count++;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  t_count++;
  return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
  t_count++;
  return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  t_count++;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
  t_count++;
  *out = __libc_memalign(alignment, size);
  return *out == NULL ? 12 : 0;
}
