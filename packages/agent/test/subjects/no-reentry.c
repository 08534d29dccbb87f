/*
 * Preloaded before the agent: between the entry of a hook and its end nothing may ask the process for memory, thread-local
 * storage through the loader, stdio, or the loader itself. After a ddprof idea: a library that aborts where the invariant
 * breaks. Everything below is a system call.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static __thread int is_inside __attribute__((tls_model("initial-exec")));

static void forbid(const char *name) {
  if (!is_inside) return;
  const char text[] = " was called inside a hook\n";
  syscall(SYS_write, 2, name, strlen(name));
  syscall(SYS_write, 2, text, sizeof text - 1);
  syscall(SYS_exit_group, 97);
}

#define NEXT(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define HOOK(result, name, parameters, arguments) \
  result name parameters { \
    forbid(#name); \
    NEXT(name); \
    is_inside = 1; \
    result got = real arguments; \
    is_inside = 0; \
    return got; \
  }

void *malloc(size_t);
void free(void *);
void *calloc(size_t, size_t);
void *realloc(void *, size_t);
int posix_memalign(void **, size_t, size_t);
void *mmap(void *, size_t, int, int, int, off_t);
int munmap(void *, size_t);

HOOK(void *, malloc, (size_t bytes), (bytes))
HOOK(void *, calloc, (size_t count, size_t bytes), (count, bytes))
HOOK(void *, realloc, (void *block, size_t bytes), (block, bytes))
HOOK(int, posix_memalign, (void **out, size_t alignment, size_t bytes), (out, alignment, bytes))
HOOK(void *, mmap, (void *at, size_t bytes, int protection, int flags, int fd, off_t offset),
     (at, bytes, protection, flags, fd, offset))
HOOK(int, munmap, (void *at, size_t bytes), (at, bytes))

void free(void *block) {
  forbid("free");
  NEXT(free);
  is_inside = 1;
  real(block);
  is_inside = 0;
}

#define FORBIDDEN(result, name, parameters, arguments) \
  result name parameters { \
    forbid(#name); \
    NEXT(name); \
    return real arguments; \
  }

FORBIDDEN(int, pthread_getattr_np, (pthread_t thread, pthread_attr_t *attributes), (thread, attributes))
FORBIDDEN(FILE *, fopen, (const char *path, const char *mode), (path, mode))
FORBIDDEN(int, vfprintf, (FILE * stream, const char *format, va_list arguments), (stream, format, arguments))
FORBIDDEN(int, puts, (const char *text), (text))
FORBIDDEN(int, dl_iterate_phdr, (int (*call)(struct dl_phdr_info *, size_t, void *), void *data), (call, data))
FORBIDDEN(int, dladdr, (const void *address, Dl_info *info), (address, info))

int fprintf(FILE *stream, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int written = vfprintf(stream, format, arguments);
  va_end(arguments);
  return written;
}

/* What thread-local storage of the general kind goes through; it may allocate. */
void *__tls_get_addr(void *index) {
  forbid("__tls_get_addr");
  static void *(*real)(void *);
  if (!real) real = (void *(*)(void *))dlsym(RTLD_NEXT, "__tls_get_addr");
  return real(index);
}
