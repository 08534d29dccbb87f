/*
 * The malloc family and mappings: forward, then record. Nothing else happens here.
 *
 * Order: a release is recorded before the real call and an acquisition after it. Between the real free and a record written
 * afterwards, another thread may already own the address, and a reader would see a block freed that is alive.
 * realloc and mremap take the number of their release before the call and write both halves as one record after it.
 */
#include "agent.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRACKED() (AGT_UNLIKELY(__atomic_load_n(&g_tracking, __ATOMIC_RELAXED)))

/* Only the seam layer is asked: it needs to see frees, and nobody needs the allocations. */
bool g_lyr_only;

static AGT_NOINLINE void record_alloc_now(enum agt_kind kind, void *block, size_t bytes, struct agt_registers caller) {
  struct agt_thread *thread = agt_thread_enter();
  if (AGT_UNLIKELY(!thread)) return;
  agt_record_alloc(thread, kind, block, bytes, caller);
  if (AGT_UNLIKELY(g_lyr_active)) agt_layer_alloc(thread, bytes);
  agt_thread_leave(thread);
}

static inline void record_alloc(enum agt_kind kind, void *block, size_t bytes, struct agt_registers caller) {
  if (AGT_LIKELY(!g_lyr_only)) {
    record_alloc_now(kind, block, bytes, caller);
    return;
  }
  struct agt_thread *thread = t_thread;
  if ((uintptr_t)thread > 3 && thread->layer && !thread->busy) agt_layer_alloc(thread, bytes);
}

static AGT_NOINLINE void record_free(void *block) {
  struct agt_thread *thread = agt_thread_enter();
  if (AGT_UNLIKELY(!thread)) return;
  agt_record_free(thread, block);
  agt_thread_leave(thread);
}

/* The fault injector's: what an allocation that fails leaves behind. */
bool g_lyr_fails_allocations;
#define FAILS(kind) (AGT_UNLIKELY(g_lyr_fails_allocations) && agt_layer_fails(kind, AGT_CALLER()))
static AGT_NOINLINE void *no_memory(void) {
  errno = ENOMEM;
  return NULL;
}

AGT_EXPORT void *malloc(size_t bytes) {
  if (FAILS(AGT_MALLOC)) return no_memory();
  void *block = g_real.malloc(bytes);
  if (TRACKED() && block) record_alloc(AGT_MALLOC, block, bytes, AGT_CALLER());
  return block;
}

AGT_EXPORT void free(void *block) {
  if (TRACKED() && block) {
    if (AGT_UNLIKELY(g_lyr_active && lyr_may_be_handed(block))) agt_layer_free(block, AGT_CALLER());
    if (AGT_LIKELY(!g_lyr_only)) record_free(block);
  }
  if (AGT_UNLIKELY(agt_is_bootstrap(block))) return;
  if (AGT_UNLIKELY(g_lyr_fences) && block && agt_layer_fences(block, AGT_CALLER())) return;
  g_real.free(block);
}

AGT_EXPORT void *calloc(size_t count, size_t bytes) {
  if (FAILS(AGT_CALLOC)) return no_memory();
  void *block = g_real.calloc(count, bytes);
  if (TRACKED() && block) record_alloc(AGT_CALLOC, block, count * bytes, AGT_CALLER());
  return block;
}

static AGT_NOINLINE void *realloc_tracked(void *block, size_t bytes, struct agt_registers caller) {
  if (!block) {
    void *fresh = g_real.malloc(bytes);
    if (fresh) record_alloc(AGT_REALLOC, fresh, bytes, caller);
    return fresh;
  }
  if (AGT_UNLIKELY(g_lyr_active && lyr_may_be_handed(block))) agt_layer_free(block, caller);
  if (AGT_UNLIKELY(g_lyr_only)) return g_real.realloc(block, bytes);
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return g_real.realloc(block, bytes);
  if (bytes == 0) { /* glibc frees and returns NULL */
    agt_record_free(thread, block);
    void *none = g_real.realloc(block, 0);
    if (none) agt_record_alloc(thread, AGT_REALLOC, none, 0, caller);
    agt_thread_leave(thread);
    return none;
  }
  uint64_t begun = agt_record_realloc_begin(thread, block);
  void *moved = g_real.realloc(block, bytes);
  agt_record_realloc_end(thread, begun, block, moved, bytes, caller);
  agt_thread_leave(thread);
  return moved;
}

static AGT_NOINLINE void *realloc_bootstrap(void *block, size_t bytes) {
  void *moved = malloc(bytes);
  size_t old_bytes = agt_bootstrap_size(block);
  if (moved) memcpy(moved, block, old_bytes < bytes ? old_bytes : bytes);
  return moved;
}

AGT_EXPORT void *realloc(void *block, size_t bytes) {
  if (bytes && FAILS(AGT_REALLOC)) return no_memory();
  if (AGT_UNLIKELY(block && agt_is_bootstrap(block))) return realloc_bootstrap(block, bytes);
  if (TRACKED()) return realloc_tracked(block, bytes, AGT_CALLER());
  return g_real.realloc(block, bytes);
}

AGT_EXPORT void *reallocarray(void *block, size_t count, size_t bytes) {
  size_t total;
  if (__builtin_mul_overflow(count, bytes, &total)) {
    errno = ENOMEM;
    return NULL;
  }
  if (total && FAILS(AGT_REALLOC)) return no_memory();
  if (AGT_UNLIKELY(block && agt_is_bootstrap(block))) return realloc_bootstrap(block, total);
  if (TRACKED()) return realloc_tracked(block, total, AGT_CALLER());
  return g_real.realloc(block, total);
}

AGT_EXPORT int posix_memalign(void **out, size_t alignment, size_t bytes) {
  if (FAILS(AGT_ALIGNED)) return ENOMEM;
  int failed = g_real.posix_memalign(out, alignment, bytes);
  if (TRACKED() && !failed && *out) record_alloc(AGT_ALIGNED, *out, bytes, AGT_CALLER());
  return failed;
}

AGT_EXPORT void *aligned_alloc(size_t alignment, size_t bytes) {
  if (FAILS(AGT_ALIGNED)) return no_memory();
  void *block = g_real.aligned_alloc(alignment, bytes);
  if (TRACKED() && block) record_alloc(AGT_ALIGNED, block, bytes, AGT_CALLER());
  return block;
}

AGT_EXPORT void *memalign(size_t alignment, size_t bytes) {
  if (FAILS(AGT_ALIGNED)) return no_memory();
  void *block = g_real.memalign(alignment, bytes);
  if (TRACKED() && block) record_alloc(AGT_ALIGNED, block, bytes, AGT_CALLER());
  return block;
}

AGT_EXPORT void *valloc(size_t bytes) {
  void *block = g_real.valloc(bytes);
  if (TRACKED() && block) record_alloc(AGT_ALIGNED, block, bytes, AGT_CALLER());
  return block;
}

AGT_EXPORT void *pvalloc(size_t bytes) {
  void *block = g_real.pvalloc(bytes);
  if (TRACKED() && block) record_alloc(AGT_ALIGNED, block, (bytes + 4095) & ~(size_t)4095, AGT_CALLER());
  return block;
}

AGT_EXPORT size_t malloc_usable_size(void *block) {
  if (AGT_UNLIKELY(agt_is_bootstrap(block))) return agt_bootstrap_size(block);
  return g_real.malloc_usable_size(block);
}

/* ------------------------------------------------------------------------------------------------------- mappings */

/* The system calls themselves: a mapping needs no lookup, and none can recurse (mmap may be the first call of all). */
static void *map_now(void *address, size_t bytes, int protection, int flags, int fd, off_t offset) {
  return (void *)syscall(SYS_mmap, address, bytes, protection, flags, fd, offset);
}

static AGT_NOINLINE void record_map(void *mapped, size_t bytes, int protection, int flags, struct agt_registers caller) {
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  agt_record_map(thread, mapped, bytes, protection, flags, caller);
  agt_thread_leave(thread);
}

AGT_EXPORT void *mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset) {
  void *mapped = map_now(address, bytes, protection, flags, fd, offset);
  if (TRACKED() && mapped != MAP_FAILED) record_map(mapped, bytes, protection, flags, AGT_CALLER());
  return mapped;
}

AGT_EXPORT void *mmap64(void *address, size_t bytes, int protection, int flags, int fd, off_t offset) {
  void *mapped = map_now(address, bytes, protection, flags, fd, offset);
  if (TRACKED() && mapped != MAP_FAILED) record_map(mapped, bytes, protection, flags, AGT_CALLER());
  return mapped;
}

AGT_EXPORT int munmap(void *address, size_t bytes) {
  bool is_refused = (uintptr_t)address & 4095 || bytes == 0; /* by the kernel, with EINVAL: nothing is released */
  if (TRACKED() && !is_refused) {
    agt_stack_unmapped((uintptr_t)address, bytes);
    struct agt_thread *thread = agt_thread_enter();
    if (thread) {
      agt_record_unmap(thread, address, bytes);
      agt_thread_leave(thread);
    }
  }
  return (int)syscall(SYS_munmap, address, bytes);
}

AGT_EXPORT void *mremap(void *address, size_t old_bytes, size_t bytes, int flags, ...) {
  void *wanted = NULL;
  if (flags & MREMAP_FIXED) {
    __builtin_va_list arguments;
    __builtin_va_start(arguments, flags);
    wanted = __builtin_va_arg(arguments, void *);
    __builtin_va_end(arguments);
  }
  struct agt_thread *thread = TRACKED() ? agt_thread_enter() : NULL;
  if (!thread) return (void *)syscall(SYS_mremap, address, old_bytes, bytes, flags, wanted);
  agt_stack_unmapped((uintptr_t)address, old_bytes);
  uint64_t begun = agt_record_remap_begin(thread);
  void *moved = (void *)syscall(SYS_mremap, address, old_bytes, bytes, flags, wanted);
  int error = errno;
  agt_record_remap_end(thread, begun, address, old_bytes, moved == MAP_FAILED ? NULL : moved, bytes, AGT_CALLER());
  agt_thread_leave(thread);
  errno = error;
  return moved;
}
