/* Native halves of the benchmarks: the same work looped in C, kernels by level, libuv bare and routed. */
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "event_loop.h"
#include "event_loop_uv_api.h"
#include "grid.h"

int uv_loop_init(uv_loop_t *loop);
int uv_run(uv_loop_t *loop, int mode);
void uv_stop(uv_loop_t *loop);
size_t uv_loop_size(void);
int uv_loop_close(uv_loop_t *loop);

static uint64_t thread_cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static napi_value number(napi_env env, double value) {
  napi_value result = NULL;
  napi_create_double(env, value, &result);
  return result;
}

static void read_arguments(napi_env env, napi_callback_info info, uint32_t *values, size_t count) {
  napi_value arguments[8];
  size_t capacity = 8;
  napi_get_cb_info(env, info, &capacity, arguments, NULL, NULL);
  for (size_t index = 0; index < count; index++) napi_get_value_uint32(env, arguments[index], &values[index]);
}

/*
 * inC(which, times): what an operation of the bridge does, without a crossing. The compiler must not
 * see through the loop, as it cannot from JavaScript either.
 */
static napi_value in_c(napi_env env, napi_callback_info info) {
  static tc_grid *grids[8];
  static uint32_t turn;
  static tc_range ranges[24];
  uint32_t values[2] = {0};
  read_arguments(env, info, values, 2);
  /* One slice per grid in turn: where a grid happens to lie can cost 15 ns a cell, and must not decide. */
  tc_grid **const place = &grids[turn++ % 8];
  const tc_grid_options options = {.cols = 80, .rows = 24, .scrollback_lines = turn % 8};
  if (*place == NULL && tc_grid_create(&options, place) != TC_OK) return NULL;
  tc_grid *const grid = *place;
  tc_cell pen = {.foreground = 1};
  for (uint32_t index = 0; index < values[1]; index++) {
    const uint32_t row = (index >> 6) % 24, col = index & 63;
    if (values[0] == 0) tc_grid_set_cell(grid, row, col, (tc_cell){.content = 33 + col});
    else if (values[0] == 1) tc_grid_set_cursor(grid, row, col);
    else if (values[0] == 2) pen = (tc_cell){.foreground = col, .background = row, .attributes = 1};
    else if (values[0] == 3) tc_grid_take_dirty(grid, ranges, 24);
    else if (values[0] == 4) tc_grid_put_ascii(grid, row, col, (const uint8_t *)"hello world", 11, pen);
    else if (values[0] == 5) tc_grid_fill_rect(grid, row, col, 1, 1, (tc_cell){.content = 65});
    else tc_grid_scroll(grid, 0, 24, 1, pen, false);
    __asm__ volatile("" : : "m"(pen) : "memory");
  }
  return NULL;
}

static tc_cell *g_cells, *g_other;
static uint8_t g_bytes[1 << 16];
static tc_range g_ranges[1024];

/* kernel(which, level, rows, cols, times); level 99 is libc: memset, memmove, memcmp. */
static napi_value kernel(napi_env env, napi_callback_info info) {
  uint32_t values[5] = {0};
  read_arguments(env, info, values, 5);
  const uint32_t which = values[0], rows = values[2], cols = values[3], times = values[4];
  const size_t count = (size_t)rows * cols, bytes = count * sizeof(tc_cell);
  const tc_kernels *kernels = tc_kernels_for((tc_simd)values[1]);
  const bool is_libc = values[1] == 99;
  const tc_cell blank = {.content = 32, .foreground = 1, .background = 2, .attributes = 3};
  if (g_cells == NULL) {
    g_cells = aligned_alloc(64, 1 << 24);
    g_other = aligned_alloc(64, 1 << 24);
    memset(g_cells, 1, 1 << 24);
    memset(g_other, 1, 1 << 24);
    memset(g_bytes, 'a', sizeof g_bytes);
  }
  if ((!is_libc && kernels == NULL) || bytes > (1 << 24) || rows > 1024 || cols > sizeof g_bytes) return number(env, -1);
  if (which == 3) memcpy(g_other, g_cells, bytes);
  for (uint32_t index = 0; index < times; index++) {
    if (is_libc) {
      if (which == 2) memmove(g_cells, g_cells + cols, bytes - cols * sizeof(tc_cell));
      else if (which == 3) g_bytes[0] = (uint8_t)('a' + (memcmp(g_cells, g_other, bytes) != 0));
      else memset(g_cells, (int)(index & 1), bytes);
    } else if (which == 0) kernels->fill(g_cells, count, blank);
    else if (which == 1) kernels->clear(g_cells, count);
    else if (which == 2) kernels->scroll(g_cells, rows, cols, 1, blank);
    else if (which == 3) kernels->diff(g_cells, g_other, rows, cols, g_ranges);
    else
      for (uint32_t row = 0; row < rows; row++) kernels->decode_ascii(g_cells + (size_t)row * cols, g_bytes, cols, blank);
    __asm__ volatile("" ::: "memory");
  }
  return number(env, 0);
}

/* ---- libuv, bare and through the router: the handler is the same ---- */

typedef struct bench_loop {
  uv_loop_t *loop;
  int sockets[2];
  uint32_t left;
  uv_poll_t *poll;
  tc_loop *routed;
} bench_loop;

static inline void handle_event(bench_loop *bench) {
  char message[64];
  const ssize_t size = read(bench->sockets[0], message, sizeof message);
  if (--bench->left == 0) {
    if (bench->loop != NULL) uv_stop(bench->loop);
    return;
  }
  if (size > 0 && write(bench->sockets[1], message, (size_t)size) != size) bench->left = 1;
}

static bench_loop *g_bare;
static void on_bare(uv_poll_t *handle, int status, int events) {
  (void)handle, (void)status, (void)events;
  handle_event(g_bare);
}

static void on_routed(void *data, uint32_t ready) {
  (void)ready;
  handle_event(data);
}

/* Kept out of line under these names: callgrind collects inside one of them at a time. */
__attribute__((noinline)) void bench_run_bare(bench_loop *bench) { uv_run(bench->loop, 0); }
__attribute__((noinline)) void bench_run_inline(bench_loop *bench) { uv_run(bench->loop, 0); }
__attribute__((noinline)) void bench_run_vtable(bench_loop *bench) { uv_run(bench->loop, 0); }
__attribute__((noinline)) void bench_run_epoll(bench_loop *bench) {
  while (bench->left > 0) tc_loop_run_epoll(bench->routed, -1, NULL);
}

static bench_loop *open_bench(uint32_t mode) {
  bench_loop *bench = calloc(1, sizeof *bench);
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, bench->sockets) != 0) return NULL;
  if (mode != 3) bench->loop = calloc(1, uv_loop_size());
  if (bench->loop != NULL && uv_loop_init(bench->loop) != 0) return NULL;
  for (int index = 0; index < 2; index++) fcntl(bench->sockets[index], F_SETFL, O_NONBLOCK);
  if (mode == 0) {
    bench->poll = calloc(1, uv_handle_size(TC_UV_POLL));
    uv_poll_init(bench->loop, bench->poll, bench->sockets[0]);
    uv_poll_start(bench->poll, TC_UV_READABLE | TC_UV_DISCONNECT, on_bare);
    g_bare = bench;
    return bench;
  }
  tc_source *source = NULL;
  const tc_loop_options options = {.backend = mode == 3 ? &tc_backend_epoll : &tc_backend_uv,
                                   .platform = bench->loop,
                                   .is_inline = mode == 1};
  if (tc_loop_create(&options, &bench->routed) != TC_OK) return NULL;
  if (tc_loop_add_fd(bench->routed, bench->sockets[0], TC_READABLE, on_routed, bench, &source) != TC_OK) return NULL;
  return bench;
}

static bench_loop *start_events(napi_env env, napi_callback_info info, uint32_t *mode_out) {
  static bench_loop *benches[4];
  uint32_t values[2] = {0};
  read_arguments(env, info, values, 2);
  const uint32_t mode = *mode_out = values[0] % 4;
  if (benches[mode] == NULL) benches[mode] = open_bench(mode);
  bench_loop *bench = benches[mode];
  if (bench == NULL) return NULL;
  bench->left = values[1];
  if (write(bench->sockets[1], "0123456789012345678901234567890123456789012345678901234567890123", 64) != 64) return NULL;
  return bench;
}

/* loopWarm(mode, events): the same outside the functions that callgrind looks at. */
static napi_value loop_warm(napi_env env, napi_callback_info info) {
  uint32_t mode = 0;
  bench_loop *bench = start_events(env, info, &mode);
  if (bench != NULL && mode == 3) bench_run_epoll(bench);
  else if (bench != NULL) uv_run(bench->loop, 0);
  return NULL;
}

/* loopRun(mode, events): 0 bare libuv, 1 router with inline, 2 router by vtable, 3 router over raw epoll; thread CPU ns. */
static napi_value loop_run(napi_env env, napi_callback_info info) {
  uint32_t mode = 0;
  bench_loop *bench = start_events(env, info, &mode);
  if (bench == NULL) return number(env, -1);
  const uint64_t before = thread_cpu_ns();
  if (mode == 0) bench_run_bare(bench);
  else if (mode == 1) bench_run_inline(bench);
  else if (mode == 2) bench_run_vtable(bench);
  else bench_run_epoll(bench);
  return number(env, (double)(thread_cpu_ns() - before));
}

/* The router alone, no kernel: dispatch(mode, times) of an empty handler; 0 a plain indirect call. */
static uint64_t g_seen;
static void on_nothing(void *data, uint32_t value) {
  (void)data;
  g_seen += value;
}

static napi_value dispatch(napi_env env, napi_callback_info info) {
  static tc_source source;
  static tc_loop loop;
  uint32_t values[2] = {0};
  read_arguments(env, info, values, 2);
  if (loop.backend.deliver == NULL) {
    loop.backend = tc_backend_uv;
    seam_vtable_seal(&loop.backend.head, &loop.backend.open, SEAM_VTABLE_ENTRIES(tc_backend, open));
    source = (tc_source){.callback = on_nothing, .loop = &loop, .kind = TC_EVENT_FD};
    source.cookie = TC_SOURCE_COOKIE ^ (uint64_t)(uintptr_t)&source;
  }
  volatile tc_event_callback callback = on_nothing;
  const uint64_t before = thread_cpu_ns();
  for (uint32_t index = 0; index < values[1]; index++) {
    if (values[0] == 0) callback(&source, 1);
    else if (values[0] == 1) tc_deliver(&loop, &source, 1);
    else tc_route(&loop, &source, 1);
    __asm__ volatile("" ::: "memory");
  }
  return number(env, (double)(thread_cpu_ns() - before));
}

static napi_value malloc_count(napi_env env, napi_callback_info info) {
  (void)info;
  uint64_t (*count)(void) = (uint64_t(*)(void))(uintptr_t)dlsym(RTLD_DEFAULT, "bench_malloc_count");
  return number(env, count != NULL ? (double)count() : -1);
}

static napi_value cpu_ns(napi_env env, napi_callback_info info) {
  (void)info;
  return number(env, (double)thread_cpu_ns());
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  const struct {
    const char *name;
    napi_callback callback;
  } functions[] = {{"inC", in_c},            {"kernel", kernel},          {"loopWarm", loop_warm},     {"loopRun", loop_run},
                   {"dispatch", dispatch},  {"mallocCount", malloc_count}, {"cpuNs", cpu_ns}};
  for (size_t index = 0; index < sizeof functions / sizeof functions[0]; index++) {
    napi_value function = NULL;
    napi_create_function(env, functions[index].name, NAPI_AUTO_LENGTH, functions[index].callback, NULL, &function);
    napi_set_named_property(env, exports, functions[index].name, function);
  }
  return exports;
}
