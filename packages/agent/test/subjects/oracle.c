/*
 * The reference tracker: preloaded after the agent, it is what the agent takes for the real allocator. One mutex over the
 * call and its record, so its log is the truth. Log: a shared mapping of the file ORACLE_LOG, u64 count, then records of
 * three u64: 1 allocate | 2 free | 3 realloc in the low byte and the size above, address, old address.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LOG_BYTES = 256 << 20 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t *records;

__attribute__((constructor)) static void open_log(void) {
  const char *path = getenv("ORACLE_LOG");
  if (!path) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT, 0600);
  if (fd < 0 || ftruncate(fd, LOG_BYTES) != 0) return;
  uint64_t *mapped = (uint64_t *)syscall(SYS_mmap, NULL, LOG_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  records = mapped;
}

static void note(uint64_t what, uint64_t bytes, void *block, void *old) {
  if (!records) return;
  uint64_t *record = records + 1 + records[0]++ * 3;
  record[0] = what | bytes << 8;
  record[1] = (uintptr_t)block;
  record[2] = (uintptr_t)old;
}

#define NEXT(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define ALLOCATOR(name, parameters, arguments, bytes) \
  void *name parameters { \
    NEXT(name); \
    pthread_mutex_lock(&lock); \
    void *block = real arguments; \
    if (block) note(1, bytes, block, NULL); \
    pthread_mutex_unlock(&lock); \
    return block; \
  }

ALLOCATOR(malloc, (size_t size), (size), size)
ALLOCATOR(calloc, (size_t count, size_t size), (count, size), count *size)
ALLOCATOR(aligned_alloc, (size_t alignment, size_t size), (alignment, size), size)
ALLOCATOR(memalign, (size_t alignment, size_t size), (alignment, size), size)
ALLOCATOR(valloc, (size_t size), (size), size)
ALLOCATOR(pvalloc, (size_t size), (size), (size + 4095) & ~(size_t)4095)

int posix_memalign(void **out, size_t alignment, size_t size) {
  NEXT(posix_memalign);
  pthread_mutex_lock(&lock);
  int failed = real(out, alignment, size);
  if (!failed) note(1, size, *out, NULL);
  pthread_mutex_unlock(&lock);
  return failed;
}

void free(void *block) {
  NEXT(free);
  pthread_mutex_lock(&lock);
  if (block) note(2, 0, block, NULL);
  real(block);
  pthread_mutex_unlock(&lock);
}

void *realloc(void *old, size_t size) {
  NEXT(realloc);
  pthread_mutex_lock(&lock);
  void *block = real(old, size);
  if (block) note(old ? 3 : 1, size, block, old);
  else if (old && !size) note(2, 0, old, NULL);
  pthread_mutex_unlock(&lock);
  return block;
}
