// The same stack, walked by the agent at a malloc and by libgcc right after it. Each case prints the size of its block and
// the return addresses that libgcc saw from the case's caller outwards.
#include <alloca.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <immintrin.h>
#include <pthread.h>
#include <string>
#include <unwind.h>
#include <vector>

namespace {
struct Trail {
  std::uintptr_t pcs[600];
  int count;
};

_Unwind_Reason_Code step(_Unwind_Context *context, void *argument) {
  auto *trail = static_cast<Trail *>(argument);
  std::uintptr_t pc = _Unwind_GetIP(context);
  if (pc && trail->count < 600) trail->pcs[trail->count++] = pc;
  return _URC_NO_REASON;
}

Trail trail;
volatile std::size_t sink;

// Both walks start in this frame; only its own address differs, and that is not printed.
__attribute__((noinline)) void record(std::size_t bytes) {
  free(malloc(bytes));
  trail.count = 0;
  _Unwind_Backtrace(step, &trail);
  std::printf("%zu", bytes);
  for (int i = 1; i < trail.count; i++) std::printf(" %lu", trail.pcs[i]);
  std::printf("\n");
  __asm__ volatile("");
}

__attribute__((noinline)) void plain(int left, std::size_t bytes) {
  if (left) plain(left - 1, bytes);
  else record(bytes);
  sink = sink + bytes;
}

// Local vectors wider than the stack's alignment: the compiler realigns, and finds the caller's frame through a register.
__attribute__((noinline, target("avx2"))) void realigned(int left, std::size_t bytes) {
  alignas(64) volatile char block[192];
  block[0] = static_cast<char>(left);
  if (left) realigned(left - 1, bytes);
  else record(bytes);
  sink = sink + block[0];
}

__attribute__((noinline)) void sized(int left, std::size_t bytes) {
  volatile char *block = static_cast<volatile char *>(alloca(static_cast<std::size_t>(left) * 37 + 24));
  block[0] = 1;
  if (left) sized(left - 1, bytes);
  else record(bytes);
  sink = sink + block[0];
}

// alloca in a function that is realigned too needs a second register for the arguments.
__attribute__((noinline)) void realigned_and_sized(int left, std::size_t bytes) {
  alignas(64) volatile char block[64];
  volatile char *more = static_cast<volatile char *>(alloca(static_cast<std::size_t>(left) * 53 + 8));
  block[0] = more[0] = 1;
  if (left) realigned_and_sized(left - 1, bytes);
  else record(bytes);
  sink = sink + block[0] + more[0];
}

__attribute__((noinline)) void tail_end(std::size_t bytes, int) { record(bytes); }
__attribute__((noinline)) void tail_call(int left, std::size_t bytes) {
  if (left) return tail_call(left - 1, bytes);
  return tail_end(bytes, left);
}

// The last instruction is a call: the return address lies in the next function.
[[noreturn]] __attribute__((noinline)) void does_not_return(std::size_t bytes) {
  record(bytes);
  throw bytes;
}
__attribute__((noinline)) void ends_in_a_call(std::size_t bytes) { does_not_return(bytes); }

struct Base {
  virtual ~Base() = default;
  virtual void call(std::size_t bytes) = 0;
};
struct Left : virtual Base {};
struct Right : virtual Base {
  void call(std::size_t bytes) override { plain(2, bytes); }
};
struct Both : Left, Right {};

int compare(const void *left, const void *) {
  static bool is_done;
  if (!is_done) record(7411);
  is_done = true;
  return *static_cast<const char *>(left);
}

struct Cleanup {
  std::size_t bytes;
  ~Cleanup() { plain(1, bytes); }
};
__attribute__((noinline)) void unwinding() {
  Cleanup cleanup{7417};
  throw 1;
}

void *in_thread(void *) {
  plain(4, 7433);
  realigned(3, 7451);
  return nullptr;
}
} // namespace

int main() {
  plain(6, 7321);
  plain(200, 7331);
  realigned(4, 7333);
  sized(5, 7349);
  realigned_and_sized(4, 7351);
  tail_call(5, 7369);
  try {
    ends_in_a_call(7393);
  } catch (std::size_t) {
  }
  Both both;
  static_cast<Left &>(both).call(7393 + 6);
  char data[] = "ba";
  std::qsort(data, 2, 1, compare);
  try {
    unwinding();
  } catch (int) {
  }
  std::function<void()> function = [&] { std::vector<int>{1}; sized(2, 7457); };
  function();
  pthread_t thread;
  pthread_create(&thread, nullptr, in_thread, nullptr);
  pthread_join(thread, nullptr);
}
