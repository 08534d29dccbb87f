/* Every way to get a descriptor that the agent knows, each closed but for the leaked ones, which are printed. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

static void both(int pair[2]) {
  close(pair[0]);
  close(pair[1]);
}

static void all_closed(void) {
  int pair[2];
  close(open("/dev/null", O_RDONLY));
  close(open64("/dev/null", O_RDONLY));
  close(openat(AT_FDCWD, "/dev/null", O_RDONLY));
  close(openat64(AT_FDCWD, "/dev/null", O_RDONLY));
  close(open("created", O_RDWR | O_CREAT, 0600));
  close(creat("created", 0600));
  volatile int read_only = O_RDONLY; /* not known to the compiler: __open_2 and its kin, under _FORTIFY_SOURCE */
  close(open("/dev/null", read_only));
  close(open64("/dev/null", read_only));
  close(openat(AT_FDCWD, "/dev/null", read_only));
  close(openat64(AT_FDCWD, "/dev/null", read_only));
  close(socket(AF_UNIX, SOCK_STREAM, 0));
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair), both(pair);
  pipe(pair), both(pair);
  pipe2(pair, O_CLOEXEC), both(pair);
  close(dup(0));
  close(dup2(0, 90));
  close(dup3(0, 91, O_CLOEXEC));
  close(eventfd(0, 0));
  close(epoll_create(1));
  close(epoll_create1(0));
  close(inotify_init());
  close(inotify_init1(0));
  close(memfd_create("memory", 0));
  close(timerfd_create(CLOCK_MONOTONIC, 0));
  sigset_t none;
  sigemptyset(&none);
  close(signalfd(-1, &none, 0));
  fclose(fopen("/dev/null", "r"));
  fclose(fopen64("/dev/null", "r"));
  closedir(opendir("/"));
  pclose(popen("true", "r"));
}

static int accept_twice(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  unlink("socket");
  bind(listener, (struct sockaddr *)&address, sizeof address);
  listen(listener, 2);
  int accepted = -1;
  for (int i = 0; i < 2; i++) {
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    connect(client, (struct sockaddr *)&address, sizeof address);
    if (accepted >= 0) close(accepted);
    accepted = i ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : accept(listener, NULL, NULL);
    close(client);
  }
  close(listener);
  return accepted;
}

static void *idle(void *argument) {
  pause();
  return argument;
}
static void *end(void *argument) { return argument; }

int main(int count, char **arguments) {
  pthread_t thread;
  if (count > 1 && !strcmp(arguments[1], "close-range")) {
    for (int i = 0; i < 20; i++) open("/dev/null", O_RDONLY);
    syscall(SYS_close_range, 3, 60, 0);
    return 0;
  }
  all_closed();
  close(-1);
  close(1000);
  printf("%d ", accept_twice());
  printf("%d ", open("/dev/null", O_RDONLY));
  printf("%d ", dup2(0, 95));
  dup2(0, 95); /* over an open one: still one */
  printf("%d\n", fileno(popen("true", "r")));
  for (int i = 0; i < 5; i++) {
    pthread_create(&thread, NULL, end, NULL);
    pthread_join(thread, NULL);
  }
  for (int i = 0; i < 2; i++) pthread_create(&thread, NULL, idle, NULL);
  fflush(stdout);
  return 0;
}
