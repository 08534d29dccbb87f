/*
 * A crash of the subject in native code: who was called, in which phase, what it asked of Node last. The handler stays
 * behind those that Node installs (its own slot for sigaction leads here), records once and passes the signal on.
 */
#include "layer.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static const int g_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
static const char *const g_names[] = {"SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT"};
enum { SIGNALS = 5, SIGNAL_STACK = 1 << 17, NEAR_SP = 1 << 16 };
static struct sigaction g_theirs[SIGNALS]; /* what Node asked for */
static _Atomic int g_passing_on, g_recorded;

static int index_of(int signal_number) {
  for (int i = 0; i < SIGNALS; i++)
    if (g_signals[i] == signal_number) return i;
  return -1;
}

/* Node resets every handler at its start, and installs one for traps of WebAssembly. */
static int node_sigaction(int signal_number, const struct sigaction *action, struct sigaction *before) {
  int index = index_of(signal_number);
  if (index < 0 || g_passing_on) return sigaction(signal_number, action, before);
  if (before) *before = g_theirs[index];
  if (action) g_theirs[index] = *action;
  return 0;
}

/* A stack that overflowed leaves no room for a handler. */
void lyr_crash_stack(struct lyr_thread *self) {
  stack_t now;
  if (sigaltstack(NULL, &now) != 0 || !(now.ss_flags & SS_DISABLE)) return;
  if (!self->signal_stack) self->signal_stack = agt_map(SIGNAL_STACK);
  if (self->signal_stack) sigaltstack(&(stack_t){.ss_sp = self->signal_stack, .ss_size = SIGNAL_STACK}, NULL);
}

/* An end that the user asked for is no crash of the subject. */
void lyr_crash_is_meant(void) { atomic_store(&g_recorded, 1); }

/* What the addon gave napi_fatal_error as its reason. */
static char g_fatal_text[256];

void lyr_fatal(const char *location, size_t location_length, const char *message, size_t message_length) {
  size_t left = location ? location_length == SIZE_MAX ? strlen(location) : location_length : 0;
  size_t right = message ? message_length == SIZE_MAX ? strlen(message) : message_length : 0;
  snprintf(g_fatal_text, sizeof g_fatal_text, "%.*s %.*s", (int)(left < 120 ? left : 120), location ? location : "",
           (int)(right < 120 ? right : 120), message ? message : "");
}

static const char *last_calls(const struct lyr_thread *self, char *text, size_t capacity) {
  size_t length = 0;
  for (uint64_t i = self->total > LYR_RECENT ? self->total - LYR_RECENT : 0; i < self->total; i++) {
    const char *name = g_lyr_functions[self->recent[i & (LYR_RECENT - 1)]].name;
    size_t bytes = strlen(name);
    if (length + bytes + 3 > capacity) break;
    if (length) memcpy(text + length, ", ", 2), length += 2;
    memcpy(text + length, name, bytes);
    length += bytes;
  }
  text[length] = 0;
  return text;
}

/* The frame that crashed; after a call into nowhere its caller. */
static struct agt_registers crashed_at(const ucontext_t *context) {
  const greg_t *registers = context->uc_mcontext.gregs;
  struct agt_registers at = {(uintptr_t)registers[REG_RIP], (uintptr_t)registers[REG_RSP], (uintptr_t)registers[REG_RBP]};
  if (agt_mapping_around(at.pc).is_executable) at.pc++; /* a pc is read as a return address */
  else if (agt_mapping_around(at.sp).high) at.pc = *(const uintptr_t *)at.sp, at.sp += 8;
  return at;
}

static void record(int index, const siginfo_t *info, const ucontext_t *context) {
  struct lyr_thread *self = lyr_self();
  struct agt_object object;
  if (!self || t_thread->busy) return;
  struct agt_registers at = crashed_at(context);
  const struct lyr_frame *frame = lyr_frame(self);
  bool is_in_addon = agt_object_at(at.pc - 1, &object) && lyr_addon_known(&object);
  if ((!frame && !is_in_addon) || atomic_exchange(&g_recorded, 1)) return;
  struct lyr_call call = {.self = self, .env = frame ? frame->env : NULL, .function = LYR_FUNCTIONS, .caller = at};
  if (is_in_addon) lyr_addon_at(self, at.pc - 1);
  char text[256], address[24];
  bool has_address = info->si_code > 0 && index < 4;
  if (has_address) snprintf(address, sizeof address, "%p", info->si_addr);
  struct lyr_object buffer, *object_of = frame && frame->callback ? frame->callback->object : NULL;
  bool is_fenced = info->si_code > 0 && index < 2 && lyr_stress_fenced_at((uintptr_t)info->si_addr, &buffer);
  if (is_fenced) object_of = &buffer;
  bool is_without_env = frame && frame->phase == LYR_PHASE_CALL_JS && !frame->env;
  bool is_at_sp = has_address && index == 0 && (uintptr_t)info->si_addr - at.sp + NEAR_SP < 2 * (uintptr_t)NEAR_SP;
  struct lyr_note notes[6] = {LYR_TEXT("signal", g_names[index])};
  uint32_t count = 1;
  if (g_fatal_text[0]) notes[count++] = (struct lyr_note)LYR_TEXT("napi_fatal_error", g_fatal_text);
  else if (has_address) notes[count++] = (struct lyr_note)LYR_TEXT("address", address);
  if (self->total) notes[count++] = (struct lyr_note)LYR_TEXT("last Node-API calls", last_calls(self, text, sizeof text));
  if (is_at_sp) notes[count++] = (struct lyr_note)LYR_TEXT("stack", "overflowed: the address is where it ends");
  if (is_fenced) notes[count++] = (struct lyr_note)LYR_TEXT("memory", "of a buffer that JavaScript has let go of");
  lyr_report(&call, is_without_env ? LYR_RULE_TSFN_007 : LYR_RULE_CRASH_001, object_of, notes);
}

static void on_crash(int signal_number, siginfo_t *info, void *context) {
  int index = index_of(signal_number);
  struct agt_object object;
  uintptr_t pc = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
  /* Faults of WebAssembly are how V8 checks bounds: code that is in no library and can be executed. */
  bool is_jit = signal_number == SIGSEGV && !agt_object_at(pc, &object) && agt_mapping_around(pc).is_executable;
  if (!is_jit) record(index, info, context);
  struct sigaction theirs = g_theirs[index];
  g_passing_on++;
  if (theirs.sa_flags & SA_SIGINFO && theirs.sa_sigaction) theirs.sa_sigaction(signal_number, info, context);
  else if (theirs.sa_handler != SIG_DFL && theirs.sa_handler != SIG_IGN) theirs.sa_handler(signal_number);
  else sigaction(signal_number, &theirs, NULL); /* the instruction is tried again, and ends the process as it would have */
  g_passing_on--;
}

void lyr_crash_init(bool (*patch_node)(const char *name, void *replacement)) {
  if (!patch_node("sigaction", (void *)node_sigaction)) return;
  struct sigaction ours = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  for (int i = 0; i < SIGNALS; i++) sigaction(g_signals[i], &ours, &g_theirs[i]);
}
