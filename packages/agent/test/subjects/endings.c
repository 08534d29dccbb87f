/* Ways to end a process. `endings WAY`; every way first leaves 1000 blocks of 6521 bytes. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static void at_end(void) { malloc(6529); }
static void at_quick_end(void) { malloc(6529); }
__attribute__((destructor)) static void last(void) { malloc(6547); }

static void *end_here(void *argument) {
  (void)argument;
  malloc(6551);
  exit(7);
}

static void *outlive(void *argument) {
  (void)argument;
  usleep(100000);
  for (int i = 0; i < 100; i++) malloc(6551);
  return NULL;
}

static volatile int is_ready;
static void *idle(void *argument) {
  malloc(6553);
  is_ready = 1;
  for (;;) pause();
  return argument;
}

/* ----------------------------------------------------------------------------------------- the end in a handler */

static void end_now(int number) {
  (void)number;
  _exit(7);
}

/* New stacks all the time, so that the agent is often in the middle of making a record. */
__attribute__((noinline)) static void wander(unsigned path, int left) {
  if (left == 0) free(malloc(6521 + path % 7));
  else if (path & 1) wander(path >> 1, left - 1); /* from two places */
  else wander(path >> 1, left - 1);
  __asm__ volatile(""); /* not a tail call */
}

static void end_in_handler(unsigned delay_us) {
  struct itimerval once = {{0, 0}, {0, (long)delay_us}};
  signal(SIGALRM, end_now);
  setitimer(ITIMER_REAL, &once, NULL);
  for (unsigned path = 0;; path++) wander(path * 2654435761u, 16);
}

/* Each in a process of its own; one that does not end is a fault. */
static int forty_ends(const char *self) {
  for (unsigned i = 0; i < 40; i++) {
    char delay[16];
    snprintf(delay, sizeof delay, "%u", 1000 + i * 377);
    pid_t child = fork();
    if (child == 0) execl(self, self, "handler", delay, NULL);
    int status = 0;
    pid_t ended = 0;
    for (int wait = 0; wait < 10000 && !ended; wait++) {
      ended = waitpid(child, &status, WNOHANG);
      if (!ended) usleep(1000);
    }
    if (!ended) kill(child, SIGKILL);
    if (!ended || !WIFEXITED(status) || WEXITSTATUS(status) != 7) return 8;
  }
  return 0;
}

int main(int count, char **arguments) {
  const char *way = count > 1 ? arguments[1] : "";
  if (!strcmp(way, "forty")) return forty_ends(arguments[0]);
  if (!strcmp(way, "handler")) end_in_handler((unsigned)atoi(arguments[2]));
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  pthread_t thread;
  pthread_create(&thread, NULL, idle, NULL);
  while (!is_ready) usleep(1000);
  for (int i = 0; i < 1000; i++) malloc(6521);
  atexit(at_end);
  at_quick_exit(at_quick_end);
  if (!strcmp(way, "return")) return 7;
  if (!strcmp(way, "exit")) exit(7);
  if (!strcmp(way, "_exit")) _exit(7);
  if (!strcmp(way, "_Exit")) _Exit(7);
  if (!strcmp(way, "quick_exit")) quick_exit(7);
  if (!strcmp(way, "exit_group")) syscall(SYS_exit_group, 7);
  if (!strcmp(way, "abort")) abort();
  if (!strcmp(way, "SIGKILL")) raise(SIGKILL);
  if (!strcmp(way, "SIGTERM")) raise(SIGTERM);
  if (!strcmp(way, "segv")) *(volatile int *)8 = 1;
  if (!strcmp(way, "exit from a thread")) {
    pthread_create(&thread, NULL, end_here, NULL);
    for (;;) pause();
  }
  if (!strcmp(way, "pthread_exit")) {
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, outlive, NULL);
    pthread_exit(NULL);
  }
  return 99;
}
