/*
 * dlopen is only watched, by a jump: the loader looks at its caller's address to find RUNPATH and RTLD_NEXT, so there must be
 * no frame of ours between. dlclose tells which modules are gone.
 */
#include "agent.h"

#include <dlfcn.h>
#include <stdio.h>

void *(*agt_real_dlopen)(const char *, int) __attribute__((visibility("hidden")));
static int (*real_dlclose)(void *);

void agt_loader_resolve(void) {
  agt_next((void **)&agt_real_dlopen, "dlopen");
  agt_next((void **)&real_dlclose, "dlclose");
}

/* Symbols of such a library are looked up in itself and its own dependencies first: it calls libc past every preload. */
__attribute__((used, visibility("hidden"))) void agt_before_dlopen(const char *path, int flags) {
  agt_next((void **)&agt_real_dlopen, "dlopen");
  if (!(flags & RTLD_DEEPBIND) || !path || __atomic_load_n(&g_recording, __ATOMIC_RELAXED) != AGT_RECORDING) return;
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  char text[512];
  snprintf(text, sizeof text, "loaded with RTLD_DEEPBIND, so its allocations pass the agent unseen: %s", path);
  agt_meta_note(text);
  agt_thread_leave(thread);
}

AGT_EXPORT __attribute__((naked)) void *dlopen(const char *path, int flags) {
  (void)path, (void)flags;
  __asm__("pushq %rdi\n\t.cfi_adjust_cfa_offset 8\n\tpushq %rsi\n\t.cfi_adjust_cfa_offset 8\n\t"
          "subq $8, %rsp\n\t.cfi_adjust_cfa_offset 8\n\tcall agt_before_dlopen\n\t"
          "addq $8, %rsp\n\t.cfi_adjust_cfa_offset -8\n\tpopq %rsi\n\t.cfi_adjust_cfa_offset -8\n\t"
          "popq %rdi\n\t.cfi_adjust_cfa_offset -8\n\tjmp *agt_real_dlopen(%rip)");
}

AGT_EXPORT int dlclose(void *handle) {
  agt_next((void **)&real_dlclose, "dlclose");
  if (!__atomic_load_n(&g_recording, __ATOMIC_RELAXED)) return real_dlclose(handle);
  smp_before_unload();
  int failed = real_dlclose(handle);
  smp_after_unload();
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return failed;
  agt_modules_review();
  agt_thread_leave(thread);
  return failed;
}
