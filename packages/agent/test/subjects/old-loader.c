/*
 * A loader without _dl_find_object, as before glibc 2.35: preloaded before the agent, hides it from the agent's look-up. The
 * jump keeps the caller's address, which RTLD_NEXT depends on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

void *(*seamproof_test_next_dlsym)(void *, const char *);

static void *absent(void *handle, const char *name) {
  (void)handle, (void)name;
  return NULL;
}

__attribute__((used)) void *seamproof_test_choose(const char *name) {
  if (!seamproof_test_next_dlsym) {
    seamproof_test_next_dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    if (!seamproof_test_next_dlsym) seamproof_test_next_dlsym = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
  }
  return strcmp(name, "_dl_find_object") ? (void *)seamproof_test_next_dlsym : (void *)absent;
}

__attribute__((naked)) void *dlsym(void *handle, const char *name) {
  (void)handle, (void)name;
  __asm__("pushq %rdi\n\tpushq %rsi\n\tsubq $8, %rsp\n\tmovq %rsi, %rdi\n\tcall seamproof_test_choose@PLT\n\t"
          "addq $8, %rsp\n\tpopq %rsi\n\tpopq %rdi\n\tjmp *%rax");
}
