/* What can be done with dlopen. `loader WAY LIBRARY...` */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

typedef void *plugin(void);
static char **libraries;
static int library_count;
static long loads;
static atomic_int is_stopping;

static uintptr_t use(const char *path, int flags) {
  void *library = dlopen(path, flags);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    exit(3);
  }
  plugin *run = (plugin *)dlsym(library, "run_plugin");
  uintptr_t at = (uintptr_t)run;
  free(run());
  dlclose(library);
  return at;
}

static void *load(void *argument) {
  const char *path = libraries[(uintptr_t)argument % (unsigned)library_count];
  for (long i = 0; i < loads; i++) use(path, RTLD_NOW | RTLD_LOCAL);
  return NULL;
}

static void *churn(void *argument) {
  for (; !is_stopping; usleep(200))
    for (size_t i = 1; i < 40; i++) free(malloc(i));
  return argument;
}

/* Allocates under the loader's lock. */
static int walk_callback(struct dl_phdr_info *info, size_t size, void *data) {
  (void)info, (void)size, (void)data;
  free(malloc(7207));
  return 0;
}

static void *walk(void *argument) {
  for (; !is_stopping; usleep(100)) dl_iterate_phdr(walk_callback, NULL);
  return argument;
}

static void storm(void) {
  pthread_t loaders[8], others[3];
  for (long i = 0; i < 8; i++) pthread_create(&loaders[i], NULL, load, (void *)i);
  pthread_create(&others[0], NULL, churn, NULL);
  pthread_create(&others[1], NULL, walk, NULL);
  pthread_create(&others[2], NULL, walk, NULL);
  for (int i = 0; i < 8; i++) pthread_join(loaders[i], NULL);
  is_stopping = 1;
  for (int i = 0; i < 3; i++) pthread_join(others[i], NULL);
}

/* ------------------------------------------------------------------- a thread that waits under the loader's lock */

static atomic_int has_begun, has_called;

/* The first call of each kind that this process makes. */
static void *call_everything(void *argument) {
  int pair[2];
  while (!has_begun) usleep(1000);
  free(malloc(7207));
  close(dup(open("/dev/null", O_RDONLY)));
  close(socket(AF_UNIX, SOCK_STREAM, 0));
  pipe(pair);
  close(dup2(pair[0], pair[1]));
  close(eventfd(0, 0));
  close(epoll_create1(0));
  fclose(fopen("/dev/null", "r"));
  closedir(opendir("/"));
  munmap(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
  execl("/absent", "absent", NULL);
  has_called = 1;
  return argument;
}

/* Called by the constructor of plugin.c, so under the lock of dlopen. */
void wait_in_constructor(void) {
  has_begun = 1;
  for (int i = 0; i < 10000 && !has_called; i++) usleep(1000);
}

static int wait_under_lock(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, call_everything, NULL);
  if (!dlopen(libraries[0], RTLD_NOW)) return 3;
  if (!has_called) _exit(9);
  pthread_join(thread, NULL);
  return 0;
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  const char *way = arguments[1];
  libraries = arguments + 2;
  library_count = count - 2;
  if (!strcmp(way, "wait-under-lock")) return wait_under_lock();
  if (!strcmp(way, "storm")) {
    loads = 700;
    storm();
  } else if (!strcmp(way, "many")) {
    for (int i = 0; i < 4200; i++) use(libraries[i % library_count], RTLD_NOW);
  } else if (!strcmp(way, "in-turn")) {
    uintptr_t before = 0;
    int shared_places = 0;
    for (int i = 0; i < 6; i++) {
      uintptr_t at = use(libraries[i % library_count], RTLD_NOW);
      shared_places += at == before;
      before = at;
    }
    printf("%d\n", shared_places);
    return 0;
  } else if (!strcmp(way, "deepbind")) {
    use(libraries[0], RTLD_NOW | RTLD_DEEPBIND);
  } else {
    use(libraries[0], RTLD_NOW);
  }
  puts("unharmed");
  return 0;
}
