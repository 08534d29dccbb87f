/* Stacks that are not a thread's plain own. `stacks WAY`; blocks of 7307 bytes are counted. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

static void allocate(void) { free(malloc(7307)); }

/* -------------------------------------------------------------------------------------------------------- depth */

__attribute__((noinline)) static int recurse(int left) {
  volatile int keep = left;
  if (left == 0) {
    for (int i = 0; i < 100; i++) allocate();
    return 0;
  }
  if (left % 1000 == 0) allocate();
  return recurse(left - 1) + keep - left;
}

static void *recurse_in_thread(void *argument) {
  recurse(100000);
  return argument;
}

/* ------------------------------------------------------------------------------------------------------ longjmp */

static jmp_buf back;

__attribute__((noinline)) static void jump_from(int left) {
  allocate();
  if (left == 0) longjmp(back, 1);
  jump_from(left - 1);
  __asm__ volatile("");
}

static int jump(void) {
  for (volatile int i = 0; i < 300; i++) {
    if (setjmp(back) == 0) jump_from(i % 40);
    allocate();
  }
  return 0;
}

/* ------------------------------------------------------------------------------------------------------- fibers */

enum { FIBERS = 5, FIBER_BYTES = 64 * 1024 };
static ucontext_t main_context, contexts[FIBERS];

__attribute__((noinline)) static void in_fiber(int index, int left) {
  allocate();
  if (left > 0) in_fiber(index, left - 1);
  else swapcontext(&contexts[index], &main_context);
  __asm__ volatile("");
}

static void run_fiber(int index) {
  for (int depth = 3; depth < 12; depth++) in_fiber(index, depth);
}

static void fibers(void) {
  for (int round = 0; round < 20; round++) {
    void *stacks[FIBERS];
    for (int i = 0; i < FIBERS; i++) {
      stacks[i] = round % 2 ? mmap(NULL, FIBER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                            : malloc(FIBER_BYTES);
      getcontext(&contexts[i]);
      contexts[i].uc_stack.ss_sp = stacks[i];
      contexts[i].uc_stack.ss_size = FIBER_BYTES;
      contexts[i].uc_link = &main_context;
      makecontext(&contexts[i], (void (*)(void))run_fiber, 1, i);
    }
    for (int turn = 0; turn < 10; turn++)
      for (int i = 0; i < FIBERS; i++) {
        allocate();
        swapcontext(&main_context, &contexts[i]);
      }
    for (int i = 0; i < FIBERS; i++)
      if (round % 2) munmap(stacks[i], FIBER_BYTES);
      else free(stacks[i]);
  }
}

/* ------------------------------------------------------------------------------------------ a stack's neighbours */

enum { LARGE = 256 * 1024 };
void allocate_here(void) { allocate(); }

/* Code as a JIT makes it: no table says how to step out of it, and it uses rbp for something else. */
void without_table(void *rbp);
__asm__(".text\n.type without_table,@function\nwithout_table:\n\tpush %rbp\n\tmov %rdi, %rbp\n\tcall allocate_here\n\t"
        "pop %rbp\n\tret\n.size without_table, .-without_table");

static char *neighbours[2];

static void run_beside_freed(void) {
  allocate();
  swapcontext(&contexts[0], &main_context);
  for (int i = 0; i < 2; i++) without_table(neighbours[i] + LARGE / 2);
  swapcontext(&contexts[0], &main_context);
}

/* Blocks this large are mappings, side by side; free unmaps them inside libc, where no hook sees it. */
static void beside_freed(void) {
  neighbours[0] = malloc(LARGE);
  char *stack = malloc(LARGE);
  neighbours[1] = malloc(LARGE);
  getcontext(&contexts[0]);
  contexts[0].uc_stack.ss_sp = stack;
  contexts[0].uc_stack.ss_size = LARGE;
  makecontext(&contexts[0], run_beside_freed, 0);
  swapcontext(&main_context, &contexts[0]);
  for (int i = 0; i < 2; i++) free(neighbours[i]);
  swapcontext(&main_context, &contexts[0]);
}

/* ------------------------------------------------------------------------------------------------------ signals */

static volatile sig_atomic_t signals;

static void handle(int number) {
  (void)number;
  signals++;
  allocate();
}

static void on_signal_stack(size_t bytes) {
  long page = sysconf(_SC_PAGESIZE);
  size_t whole = (bytes + (size_t)page - 1) / (size_t)page * (size_t)page;
  char *low = mmap(NULL, whole + (size_t)page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(low + page, whole, PROT_READ | PROT_WRITE); /* an overflow is a fault, not silence */
  stack_t stack = {.ss_sp = low + page, .ss_size = whole};
  if (sigaltstack(&stack, NULL) != 0) exit(3);
  struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, NULL);
  for (int i = 0; i < 50; i++) {
    raise(SIGUSR1);
    allocate();
  }
}

/* Needs an allocator that may be interrupted: bump-malloc.c. */
static void storm(void) {
  struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval every = {{0, 50}, {0, 50}};
  setitimer(ITIMER_REAL, &every, NULL);
  long calls = 0;
  while (signals < 2000) {
    for (int i = 0; i < 100; i++) allocate();
    calls += 100;
    munmap(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
  }
  every = (struct itimerval){{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &every, NULL);
  printf("%ld\n", calls + signals);
}

int main(int count, char **arguments) {
  const char *way = count > 1 ? arguments[1] : "";
  if (!strcmp(way, "deep")) return recurse(100000);
  if (!strcmp(way, "deep-thread")) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 32 << 20);
    pthread_create(&thread, &attributes, recurse_in_thread, NULL);
    pthread_join(thread, NULL);
  }
  if (!strcmp(way, "longjmp")) return jump();
  if (!strcmp(way, "fibers")) fibers();
  if (!strcmp(way, "beside-freed")) beside_freed();
  if (!strcmp(way, "signal-stack")) on_signal_stack(8192);
  if (!strcmp(way, "storm")) storm();
  return 0;
}
