/*
 * Makes more trace than a small disk holds. `filler MILLIONS [WAY]`; ends with 0 and "unharmed" when its own memory and file
 * are what it left there.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static long events;

static void *work(void *argument) {
  uint32_t state = 88172645u + (uint32_t)(uintptr_t)argument;
  char *kept[512] = {0};
  for (long i = 0; i < events; i++) {
    state = state * 1664525u + 1013904223u;
    char **slot = &kept[state >> 16 & 511];
    if (*slot && **slot != 42) abort();
    free(*slot);
    *slot = malloc(16 + (state >> 8 & 4095));
    **slot = 42;
  }
  for (int i = 0; i < 512; i++) free(kept[i]);
  return NULL;
}

/* The agent's descriptor: the only one that leads to a trace. */
static int agent_descriptor(void) {
  int found = -1;
  DIR *directory = opendir("/proc/self/fd");
  for (struct dirent *entry; (entry = readdir(directory));) {
    char path[300], target[4096] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
    if (readlink(path, target, sizeof target - 1) > 0 && strstr(target, ".trace")) found = atoi(entry->d_name);
  }
  closedir(directory);
  return found;
}

int main(int count, char **arguments) {
  const char *way = count > 2 ? arguments[2] : "", *path = count > 3 ? arguments[3] : "users-file";
  events = (long)(atof(arguments[1]) * 250000);
  int user = -1;
  if (!strncmp(way, "limit:", 6)) {
    struct rlimit limit = {(rlim_t)atol(way + 6), RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  if (!strcmp(way, "close-all")) {
    for (int fd = 3; fd < 65536; fd++) close(fd);
    for (int fd = 3; fd < 2000; fd++) {
      user = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
      if (user < 0) return 3;
    }
  }
  if (!strcmp(way, "dup2")) {
    int theirs = agent_descriptor();
    if (theirs < 0) return 4;
    user = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (dup2(user, theirs) != theirs) return 5;
  }
  if (user >= 0 && write(user, "the user's", 10) != 10) return 6;
  pthread_t threads[4];
  for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, work, (void *)i);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  struct stat status;
  if (user >= 0 && (fstat(user, &status) != 0 || status.st_size != 10)) return 7;
  puts("unharmed");
  return 0;
}
