/* Ways to make another process, and to become one. `processes WAY`; blocks of 6007 bytes are the child's, 6011 the parent's. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static const char *self;

static void allocate(size_t bytes, int count) {
  for (int i = 0; i < count; i++) free(malloc(bytes));
}

static int wait_for(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return 90;
  if (WIFSIGNALED(status)) return 100 + WTERMSIG(status);
  return WEXITSTATUS(status);
}

static int forked(pid_t child, int count) {
  if (child == 0) {
    allocate(6007, count);
    _exit(0);
  }
  int code = wait_for(child);
  allocate(6011, 100);
  return code;
}

/* Its trace may not grow, so it has none. */
static int fork_limited(void) {
  pid_t child = fork();
  struct rlimit none = {1, RLIM_INFINITY};
  if (child == 0) setrlimit(RLIMIT_FSIZE, &none);
  return forked(child, 1000);
}

static void *fork_here(void *argument) {
  *(int *)argument = forked(fork(), 1000);
  return NULL;
}

static int fork_from_thread(void) {
  pthread_t thread;
  int code = 0;
  pthread_create(&thread, NULL, fork_here, &code);
  pthread_join(thread, NULL);
  return code;
}

static atomic_int is_stopping;
static void *hammer(void *argument) {
  (void)argument;
  while (!is_stopping)
    for (size_t i = 1; i < 40; i++) free(malloc(i * 37));
    usleep(100);
  return NULL;
}

static int fork_while_busy(void) {
  pthread_t threads[4];
  int code = 0;
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, hammer, NULL);
  for (int i = 0; i < 6 && !code; i++) code = forked(fork(), 1000);
  is_stopping = 1;
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  return code;
}

static int generations(int left) {
  allocate(6011, 100);
  if (left == 0) return 0;
  pid_t child = fork();
  if (child == 0) exit(generations(left - 1));
  return wait_for(child);
}

/* What a vfork child may do: move descriptors and exec. They are its own descriptors, and its parent's memory. */
static int vfork_exec(void) {
  int keep = open("/dev/null", O_RDONLY);
  char *arguments[] = {"true", NULL};
  pid_t child = vfork();
  if (child == 0) {
    dup2(keep, 0);
    close(keep);
    execv("/bin/true", arguments);
    _exit(91);
  }
  int code = wait_for(child);
  allocate(6011, 100);
  printf("%d\n", keep);
  return fcntl(keep, F_GETFD) < 0 ? 92 : code;
}

static int vfork_failing(void) {
  char *arguments[] = {"absent", NULL};
  pid_t child = vfork();
  if (child == 0) {
    execv("/absent", arguments);
    _exit(93);
  }
  int code = wait_for(child);
  allocate(6011, 100);
  return code == 93 ? 0 : 94;
}

static int become(const char *way) {
  char *arguments[] = {(char *)self, "after", NULL};
  allocate(6011, 100);
  if (!strcmp(way, "execv")) execv(self, arguments);
  if (!strcmp(way, "execve")) execve(self, arguments, environ);
  if (!strcmp(way, "execvp")) execvp(self, arguments);
  if (!strcmp(way, "execvpe")) execvpe(self, arguments, environ);
  if (!strcmp(way, "execl")) execl(self, self, "after", NULL);
  if (!strcmp(way, "execlp")) execlp(self, self, "after", NULL);
  if (!strcmp(way, "execle")) execle(self, self, "after", NULL, environ);
  if (!strcmp(way, "fexecve")) fexecve(open(self, O_RDONLY), arguments, environ);
  return 95;
}

int main(int count, char **arguments) {
  const char *way = count > 1 ? arguments[1] : "";
  self = arguments[0];
  allocate(6011, 1);
  if (!strcmp(way, "after")) return allocate(6007, 100), 0;
  if (!strcmp(way, "fork")) return forked(fork(), 1000);
  if (!strcmp(way, "fork-limited")) return fork_limited();
  if (!strcmp(way, "fork-short")) return forked(fork(), 3);
  if (!strcmp(way, "_Fork")) return forked(_Fork(), 1000);
  if (!strcmp(way, "raw-fork")) return forked((pid_t)syscall(SYS_fork), 20000);
  if (!strcmp(way, "fork-from-thread")) return fork_from_thread();
  if (!strcmp(way, "fork-while-busy")) return fork_while_busy();
  if (!strcmp(way, "generations")) return generations(3);
  if (!strcmp(way, "vfork-exec")) return vfork_exec();
  if (!strcmp(way, "vfork-failing")) return vfork_failing();
  if (!strcmp(way, "system")) return system("true");
  if (!strcmp(way, "fork-exec")) {
    pid_t child = fork();
    if (child == 0) {
      allocate(6007, 3);
      execl("/bin/true", "true", NULL);
    }
    return wait_for(child);
  }
  if (!strcmp(way, "posix_spawn")) {
    pid_t child;
    char *child_arguments[] = {(char *)self, "after", NULL};
    if (posix_spawn(&child, self, NULL, NULL, child_arguments, environ)) return 96;
    return wait_for(child);
  }
  if (!strcmp(way, "popen")) {
    char line[64] = "";
    FILE *stream = popen("echo from the shell", "r");
    if (!stream || !fgets(line, sizeof line, stream)) return 97;
    fputs(line, stdout);
    return pclose(stream);
  }
  if (!strcmp(way, "failing-exec")) {
    execl("/absent", "absent", NULL);
    allocate(6007, 100);
    return 0;
  }
  return become(way);
}
