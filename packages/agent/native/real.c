/*
 * The real allocator behind the hooks. The first malloc of a process comes before our constructor, and dlsym itself may
 * call calloc: until it has answered, blocks come from a small static pool that every hook knows by address.
 */
#include "agent.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

_Alignas(16) uint8_t g_bootstrap[AGT_BOOTSTRAP_BYTES];
static _Atomic size_t g_pool_used;

/* Layout: a 16-byte cell with the block's size, then the block. */
static void *pool_alloc(size_t bytes, size_t alignment) {
  if (alignment < 16) alignment = 16;
  size_t need = ((bytes + 15) & ~(size_t)15) + alignment + 16;
  size_t at = atomic_fetch_add(&g_pool_used, need);
  if (bytes > sizeof g_bootstrap || at + need > sizeof g_bootstrap) {
    errno = ENOMEM;
    return NULL;
  }
  uintptr_t block = ((uintptr_t)g_bootstrap + at + 16 + alignment - 1) & ~(alignment - 1);
  ((size_t *)block)[-2] = bytes;
  return (void *)block; /* static memory starts as zero, and nothing is handed out twice */
}

size_t agt_bootstrap_size(const void *block) { return ((const size_t *)block)[-2]; }

static void *boot_malloc(size_t bytes);
static void boot_free(void *block);
static void *boot_calloc(size_t count, size_t bytes);
static void *boot_realloc(void *block, size_t bytes);
static int boot_posix_memalign(void **out, size_t alignment, size_t bytes);
static void *boot_aligned(size_t alignment, size_t bytes);
static void *boot_valloc(size_t bytes);
static size_t boot_usable(void *block);

struct agt_real g_real = {boot_malloc,  boot_free,    boot_calloc, boot_realloc, boot_posix_memalign,
                          boot_aligned, boot_aligned, boot_valloc, boot_valloc,  boot_usable};

/* The loader's lock makes a second thread here impossible before main; later calls find the work done. */
static bool g_is_resolving;

void agt_real_resolve(void) {
  if (g_is_resolving || g_real.malloc != boot_malloc) return;
  g_is_resolving = true;
  struct agt_real found = {
      dlsym(RTLD_NEXT, "malloc"),         dlsym(RTLD_NEXT, "free"),
      dlsym(RTLD_NEXT, "calloc"),         dlsym(RTLD_NEXT, "realloc"),
      dlsym(RTLD_NEXT, "posix_memalign"), dlsym(RTLD_NEXT, "aligned_alloc"),
      dlsym(RTLD_NEXT, "memalign"),       dlsym(RTLD_NEXT, "valloc"),
      dlsym(RTLD_NEXT, "pvalloc"),        dlsym(RTLD_NEXT, "malloc_usable_size"),
  };
  g_real = found;
}

static void *boot_malloc(size_t bytes) {
  agt_real_resolve();
  return g_real.malloc == boot_malloc ? pool_alloc(bytes, 16) : g_real.malloc(bytes);
}
static void boot_free(void *block) {
  agt_real_resolve();
  if (block && !agt_is_bootstrap(block) && g_real.free != boot_free) g_real.free(block);
}
static void *boot_calloc(size_t count, size_t bytes) {
  agt_real_resolve();
  if (g_real.calloc != boot_calloc) return g_real.calloc(count, bytes);
  size_t total;
  if (__builtin_mul_overflow(count, bytes, &total)) {
    errno = ENOMEM;
    return NULL;
  }
  return pool_alloc(total, 16);
}
static void *boot_realloc(void *block, size_t bytes) {
  agt_real_resolve();
  if (block && !agt_is_bootstrap(block)) return g_real.realloc(block, bytes);
  void *grown = g_real.malloc == boot_malloc ? pool_alloc(bytes, 16) : g_real.malloc(bytes);
  if (grown && block) memcpy(grown, block, agt_bootstrap_size(block) < bytes ? agt_bootstrap_size(block) : bytes);
  return grown;
}
static int boot_posix_memalign(void **out, size_t alignment, size_t bytes) {
  agt_real_resolve();
  if (g_real.posix_memalign != boot_posix_memalign) return g_real.posix_memalign(out, alignment, bytes);
  *out = pool_alloc(bytes, alignment);
  return *out ? 0 : ENOMEM;
}
static void *boot_aligned(size_t alignment, size_t bytes) {
  agt_real_resolve();
  return g_real.memalign == boot_aligned ? pool_alloc(bytes, alignment) : g_real.memalign(alignment, bytes);
}
static void *boot_valloc(size_t bytes) { return boot_aligned(4096, bytes); }
static size_t boot_usable(void *block) {
  agt_real_resolve();
  if (block && agt_is_bootstrap(block)) return agt_bootstrap_size(block);
  return g_real.malloc_usable_size == boot_usable ? 0 : g_real.malloc_usable_size(block);
}

void *agt_next(void **slot, const char *name) {
  void *found = __atomic_load_n(slot, __ATOMIC_RELAXED);
  if (!found) {
    found = dlsym(RTLD_NEXT, name);
    __atomic_store_n(slot, found, __ATOMIC_RELAXED);
  }
  return found;
}
