/* Other processes and the end of this one: fork, exec, exit. */
#include "agent.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

typedef int exec_function(const char *, char *const[], char *const[]);
static pid_t (*real_fork)(void), (*real_Fork)(void);
static exec_function *real_execve, *real_execvpe;
static int (*real_fexecve)(int, char *const[], char *const[]);

void agt_process_resolve(void) {
  agt_next((void **)&real_fork, "fork");
  agt_next((void **)&real_Fork, "_Fork");
  agt_next((void **)&real_execve, "execve");
  agt_next((void **)&real_execvpe, "execvpe");
  agt_next((void **)&real_fexecve, "fexecve");
}

/* --------------------------------------------------------------------------------------------------------------- fork */

static uint32_t g_calls_since_fork;

void agt_calls_after_fork(void) { g_calls_since_fork = 0; }

bool agt_is_forked(void) { return __atomic_load_n(&g_recording, __ATOMIC_RELAXED) == AGT_FORKED; }

/*
 * From agt_thread_enter, in a forked child. Most children exec at once; one that goes on gets a trace of its own. Blocks
 * that it allocated before that are not seen.
 */
void agt_begin_in_child(void) {
  if (__atomic_add_fetch(&g_calls_since_fork, 1, __ATOMIC_RELAXED) != 64) return;
  int saved_errno = errno;
  t_thread = AGT_T_BUSY;
  agt_begin_anew();
  t_thread = NULL;
  errno = saved_errno;
}

static void note_child(pid_t child) {
  if (child <= 0 || __atomic_load_n(&g_recording, __ATOMIC_RELAXED) != AGT_RECORDING) return;
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  uint8_t body[32];
  uint8_t *p = agt_put_varint(body, (uint64_t)child);
  p = agt_put_varint(p, agt_clock_us());
  agt_meta_write(AGT_META_FORK, body, (size_t)(p - body));
  agt_thread_leave(thread);
}

AGT_EXPORT pid_t fork(void) {
  agt_next((void **)&real_fork, "fork");
  pid_t child = real_fork();
  note_child(child);
  return child;
}

/* Runs no handlers, so ours is called here. */
AGT_EXPORT pid_t _Fork(void) {
  if (!agt_next((void **)&real_Fork, "_Fork")) {
    errno = ENOSYS;
    return -1;
  }
  pid_t child = real_Fork();
  if (child == 0) agt_in_child();
  else note_child(child);
  return child;
}

/* --------------------------------------------------------------------------------------------------------------- exec */

/* After vfork the child runs in its parent's memory: only the process that the trace belongs to may say it ended. */
static void set_state(enum agt_file_state state) {
  if (__atomic_load_n(&g_recording, __ATOMIC_RELAXED) == AGT_RECORDING && agt_is_recorded_process())
    agt_file_set_state(state);
}

/* Runs a call that does not come back when it succeeds. */
#define EXEC(call) \
  do { \
    set_state(AGT_EXECED); \
    if (agt_is_recorded_process()) smp_before_exec(); \
    int failed = (call); \
    int error = errno; \
    set_state(AGT_OPEN); \
    if (agt_is_recorded_process()) smp_after_failed_exec(); \
    errno = error; \
    return failed; \
  } while (0)

static int exec_path(const char *path, char *const arguments[], char *const environment[]) {
  agt_next((void **)&real_execve, "execve");
  EXEC(real_execve(path, arguments, environment));
}

static int exec_file(const char *file, char *const arguments[], char *const environment[]) {
  agt_next((void **)&real_execvpe, "execvpe");
  EXEC(real_execvpe(file, arguments, environment));
}

AGT_EXPORT int execve(const char *path, char *const arguments[], char *const environment[]) {
  return exec_path(path, arguments, environment);
}
AGT_EXPORT int execv(const char *path, char *const arguments[]) { return exec_path(path, arguments, environ); }
AGT_EXPORT int execvp(const char *file, char *const arguments[]) { return exec_file(file, arguments, environ); }
AGT_EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[]) {
  return exec_file(file, arguments, environment);
}

AGT_EXPORT int fexecve(int fd, char *const arguments[], char *const environment[]) {
  agt_next((void **)&real_fexecve, "fexecve");
  EXEC(real_fexecve(fd, arguments, environment));
}

AGT_EXPORT int execveat(int at, const char *path, char *const arguments[], char *const environment[], int flags) {
  EXEC((int)syscall(SYS_execveat, at, path, arguments, environment, flags));
}

/* Makes `arguments` of a list that ends with NULL; `rest` stands behind it afterwards. */
#define ARGUMENTS_FROM_LIST(first) \
  va_list rest; \
  size_t count = 1; \
  va_start(rest, first); \
  for (const char *at = first; at; at = va_arg(rest, const char *)) count++; \
  va_end(rest); \
  char *arguments[count]; \
  arguments[0] = (char *)(uintptr_t)first; \
  va_start(rest, first); \
  for (size_t i = 1; i < count; i++) arguments[i] = va_arg(rest, char *)

AGT_EXPORT int execl(const char *path, const char *first, ...) {
  ARGUMENTS_FROM_LIST(first);
  va_end(rest);
  return exec_path(path, arguments, environ);
}
AGT_EXPORT int execlp(const char *file, const char *first, ...) {
  ARGUMENTS_FROM_LIST(first);
  va_end(rest);
  return exec_file(file, arguments, environ);
}
AGT_EXPORT int execle(const char *path, const char *first, ...) {
  ARGUMENTS_FROM_LIST(first);
  char *const *environment = va_arg(rest, char *const *);
  va_end(rest);
  return exec_path(path, arguments, environment);
}

/* --------------------------------------------------------------------------------------------------------------- exit */

AGT_EXPORT void _exit(int code) {
  agt_finish();
  syscall(SYS_exit_group, code);
  __builtin_unreachable();
}
AGT_EXPORT void _Exit(int code) { _exit(code); }
