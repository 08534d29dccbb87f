// Programs whose time splits are known: every function's own CPU time is measured by the thread's CPU clock around its
// calls, and printed as JSON at the end. Usage: splits KIND SECONDS
#include <atomic>
#include <cmath>
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <map>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <thread>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

#define NOINLINE __attribute__((noinline))

static uint64_t cpuNs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static thread_local uint32_t g_random = 12345;
static uint32_t nextRandom() { return g_random = g_random * 1664525u + 1013904223u; }
static volatile uint64_t g_sink;

struct Book { std::map<std::string, uint64_t> ns; };

template <typename Work> static void timed(Book &book, const char *name, Work work) {
  uint64_t before = cpuNs();
  work();
  book.ns[name] += cpuNs() - before;
}

/* About 0.3 ms each: short beside the kernel's tick, so that work and tick cannot keep step. */
#define SPIN(unit) \
  uint64_t x = g_sink; \
  for (uint32_t i = 0; i < (unit); i++) x = x * 6364136223846793005ull + i; \
  g_sink = x
enum { UNIT = 300000 };

NOINLINE static void work_seventy() { SPIN(UNIT); __asm__ volatile(""); }
NOINLINE static void work_twenty() { SPIN(UNIT); __asm__ volatile("nop"); }
NOINLINE static void work_ten() { SPIN(UNIT); __asm__ volatile("nop; nop"); }

static void split(Book &book, double seconds) {
  uint64_t end = cpuNs() + (uint64_t)(seconds * 1e9);
  while (cpuNs() < end) {
    uint32_t at = (nextRandom() >> 8) % 100;
    if (at < 70) timed(book, "work_seventy", work_seventy);
    else if (at < 90) timed(book, "work_twenty", work_twenty);
    else timed(book, "work_ten", work_ten);
  }
}

// ---------------------------------------------------------------- C++ with exceptions

NOINLINE static void work_throwing(int depth) {
  SPIN(UNIT / 40);
  if (depth == 0) throw std::runtime_error("thrown");
  std::string guard("a destructor on the way out, longer than what fits into the object");
  work_throwing(depth - 1);
  g_sink += guard.size();
}
NOINLINE static void work_catching() {
  for (int i = 0; i < 8; i++) try { work_throwing(5); } catch (const std::exception &error) { g_sink += error.what()[0]; }
}
NOINLINE static void work_plain() { SPIN(UNIT); __asm__ volatile("nop; nop; nop"); }

// ---------------------------------------------------------------- tail calls, inlining, recursion

NOINLINE static void work_tail_target(uint32_t units) { SPIN(units); __asm__ volatile("nop; nop; nop; nop"); }
__attribute__((noinline, optimize("O2"))) static void work_tail_jumper(uint32_t units) {
  g_sink++;
  return work_tail_target(units);
}
static inline __attribute__((always_inline)) void work_inlined(uint32_t units) { SPIN(units); }
NOINLINE static void work_around_inlined() { work_inlined(UNIT); __asm__ volatile("nop; nop; nop; nop; nop"); }
NOINLINE static void work_deep(int depth) {
  if (depth == 0) { SPIN(UNIT); return; }
  work_deep(depth - 1);
  __asm__ volatile("");
}

// ---------------------------------------------------------------- stacks that are not the thread's own

static ucontext_t g_main, g_fiber;
NOINLINE static void work_on_fiber() { SPIN(UNIT); __asm__ volatile("nop; nop; nop; nop; nop; nop"); }
static void fiber() {
  for (;;) {
    work_on_fiber();
    swapcontext(&g_fiber, &g_main);
  }
}
NOINLINE static void work_in_handler() { SPIN(UNIT); __asm__ volatile("nop; nop; nop; nop; nop; nop; nop"); }
static void on_user_signal(int) { work_in_handler(); }

// ---------------------------------------------------------------- stubs, the vdso, the kernel

NOINLINE static void work_through_plt() { double sum = 0; for (int i = 1; i < 20000; i++) sum += sin(i * 0.1); g_sink += (uint64_t)sum; }
NOINLINE static void work_in_vdso() { timespec t; for (int i = 0; i < 10000; i++) { clock_gettime(CLOCK_MONOTONIC, &t); g_sink += t.tv_nsec; } }
NOINLINE static void work_in_kernel() { char byte; int fd = open("/dev/zero", 0); static char buffer[1 << 20]; for (int i = 0; i < 4; i++) g_sink += read(fd, buffer, sizeof buffer); close(fd); (void)byte; }
NOINLINE static void work_in_malloc() { for (int i = 0; i < 3000; i++) { void *volatile block = malloc(16 + (nextRandom() >> 20)); free(block); } }
NOINLINE static void work_in_loader() {
  for (int i = 0; i < 3; i++) {
    void *handle = dlopen("libresolv.so.2", RTLD_NOW | RTLD_LOCAL);
    if (handle) { g_sink += (uintptr_t)dlsym(handle, "ns_name_pton"); dlclose(handle); }
  }
}

static void mixed(Book &book, double seconds, const std::vector<std::pair<const char *, void (*)()>> &works) {
  uint64_t end = cpuNs() + (uint64_t)(seconds * 1e9);
  while (cpuNs() < end) {
    auto &work = works[(nextRandom() >> 8) % works.size()];
    timed(book, work.first, work.second);
  }
}

static void print(const Book &book) {
  printf("{");
  const char *comma = "";
  for (auto &entry : book.ns) { printf("%s\"%s\":%llu", comma, entry.first.c_str(), (unsigned long long)entry.second); comma = ","; }
  printf("}\n");
  fflush(stdout);
}

static Book onThreads(double seconds) {
  Book books[3], all;
  std::vector<std::thread> threads;
  for (Book &book : books) threads.emplace_back([&book, seconds] { g_random = (uint32_t)cpuNs(); split(book, seconds / 3); });
  for (auto &thread : threads) thread.join();
  for (Book &book : books) for (auto &entry : book.ns) all.ns[entry.first] += entry.second;
  return all;
}

int main(int count, char **arguments) {
  std::string kind = arguments[1];
  double seconds = atof(arguments[2]);
  Book book;
  if (kind == "plain") split(book, seconds);
  else if (kind == "exceptions") mixed(book, seconds, {{"work_catching", work_catching}, {"work_plain", work_plain}});
  else if (kind == "shapes")
    mixed(book, seconds, {{"work_tail_target", [] { work_tail_jumper(UNIT); }}, {"work_around_inlined", work_around_inlined},
                          {"work_deep", [] { work_deep(3000); }}, {"work_plain", work_plain}});
  else if (kind == "stacks") {
    static char fiberStack[64 * 1024], signalStack[64 * 1024];
    stack_t alternative = {};
    alternative.ss_sp = signalStack;
    alternative.ss_size = sizeof signalStack;
    sigaltstack(&alternative, nullptr);
    struct sigaction action = {};
    action.sa_handler = on_user_signal;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGUSR1, &action, nullptr);
    getcontext(&g_fiber);
    g_fiber.uc_stack.ss_sp = fiberStack;
    g_fiber.uc_stack.ss_size = sizeof fiberStack;
    makecontext(&g_fiber, fiber, 0);
    mixed(book, seconds, {{"work_on_fiber", [] { swapcontext(&g_main, &g_fiber); }}, {"work_in_handler", [] { raise(SIGUSR1); }},
                          {"work_plain", work_plain}});
  } else if (kind == "system")
    mixed(book, seconds, {{"work_through_plt", work_through_plt}, {"work_in_vdso", work_in_vdso}, {"work_in_kernel", work_in_kernel},
                          {"work_in_malloc", work_in_malloc}, {"work_in_loader", work_in_loader}});
  else if (kind == "threads") book = onThreads(seconds);
  else if (kind == "fork") {
    pid_t child = fork();
    split(book, seconds / 2);
    if (child == 0) { print(book); return 0; }
    waitpid(child, nullptr, 0);
  } else if (kind == "blocked") { /* a thread that blocks every signal, as careful libraries do */
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    split(book, seconds);
  } else if (kind == "prof") { /* the subject samples itself with SIGPROF */
    static std::atomic<int> fired;
    struct sigaction action = {};
    action.sa_handler = [](int) { fired++; };
    action.sa_flags = SA_RESTART;
    sigaction(SIGPROF, &action, nullptr);
    itimerval every = {{0, 5000}, {0, 5000}};
    setitimer(ITIMER_PROF, &every, nullptr);
    split(book, seconds);
    book.ns["fired"] = (uint64_t)fired;
  } else return 2;
  print(book);
  (void)count;
}
