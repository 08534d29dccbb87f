/*
 * A clock that ticks finer than JavaScript's timers, whose grain is a millisecond: a timerfd on the event loop of the subject.
 * For load that follows a schedule. Node-API and libuv are looked up at run time, as in control.c.
 */
#include "agent.h"
#include "control.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

typedef struct napi_ref__ *napi_ref;
typedef struct napi_handle_scope__ *napi_handle_scope;

static struct {
  int (*get_uv_event_loop)(napi_env, void **);
  int (*create_reference)(napi_env, napi_value, uint32_t, napi_ref *);
  int (*delete_reference)(napi_env, napi_ref);
  int (*get_reference_value)(napi_env, napi_ref, napi_value *);
  int (*open_handle_scope)(napi_env, napi_handle_scope *);
  int (*close_handle_scope)(napi_env, napi_handle_scope);
  int (*make_callback)(napi_env, void *, napi_value, napi_value, size_t, const napi_value *, napi_value *);
  int (*get_and_clear_last_exception)(napi_env, napi_value *);
  int (*fatal_exception)(napi_env, napi_value);
  int (*get_global)(napi_env, napi_value *);
  int (*get_arraybuffer_info)(napi_env, napi_value, void **, size_t *);
} g_tick_napi;

static struct {
  size_t (*handle_size)(int);
  int (*poll_init)(void *, void *, int);
  int (*poll_start)(void *, int, void (*)(void *, int, int));
  int (*poll_stop)(void *);
  void (*close)(void *, void (*)(void *));
  int (*is_closing)(const void *);
} g_uv;
enum { UV_POLL_TYPE = 8, UV_READABLE_EVENT = 1 };

static bool find_all(void) {
  const struct agt_symbol wanted[] = {
      {&g_tick_napi.get_uv_event_loop, "napi_get_uv_event_loop"},
      {&g_tick_napi.create_reference, "napi_create_reference"},
      {&g_tick_napi.delete_reference, "napi_delete_reference"},
      {&g_tick_napi.get_reference_value, "napi_get_reference_value"},
      {&g_tick_napi.open_handle_scope, "napi_open_handle_scope"},
      {&g_tick_napi.close_handle_scope, "napi_close_handle_scope"},
      {&g_tick_napi.make_callback, "napi_make_callback"},
      {&g_tick_napi.get_and_clear_last_exception, "napi_get_and_clear_last_exception"},
      {&g_tick_napi.fatal_exception, "napi_fatal_exception"},
      {&g_tick_napi.get_global, "napi_get_global"},
      {&g_tick_napi.get_arraybuffer_info, "napi_get_arraybuffer_info"},
      {&g_uv.handle_size, "uv_handle_size"},
      {&g_uv.poll_init, "uv_poll_init"},
      {&g_uv.poll_start, "uv_poll_start"},
      {&g_uv.poll_stop, "uv_poll_stop"},
      {&g_uv.close, "uv_close"},
      {&g_uv.is_closing, "uv_is_closing"},
  };
  return agt_control_find(wanted, sizeof wanted / sizeof *wanted);
}

/* One at a time for each process: load has one schedule. */
static struct {
  void *handle; /* uv_poll_t, NULL when nothing ticks */
  size_t handle_bytes;
  int descriptor;
  napi_env env;
  napi_ref callback;
  double *clock_ns; /* where clock() writes; memory of an ArrayBuffer that the caller keeps */
} g_ticker;

static inline double monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void closed(void *handle) { agt_unmap(handle, g_ticker.handle_bytes); }

static void stop_ticking(void) {
  if (!g_ticker.handle) return;
  g_uv.poll_stop(g_ticker.handle);
  g_uv.close(g_ticker.handle, closed);
  close(g_ticker.descriptor);
  g_tick_napi.delete_reference(g_ticker.env, g_ticker.callback);
  g_ticker.handle = NULL;
}

static void ticked(void *handle, int status, int events) {
  uint64_t count;
  (void)status, (void)events;
  if (handle != g_ticker.handle || read(g_ticker.descriptor, &count, sizeof count) != sizeof count) return;
  napi_env env = g_ticker.env;
  napi_handle_scope scope;
  napi_value callback, global, result;
  if (g_tick_napi.open_handle_scope(env, &scope) != 0) return;
  g_tick_napi.get_reference_value(env, g_ticker.callback, &callback);
  g_tick_napi.get_global(env, &global);
  /* make_callback, not call_function: promises that the callback settles go on before the next event. */
  if (g_tick_napi.make_callback(env, NULL, global, callback, 0, NULL, &result) != 0) {
    napi_value thrown;
    stop_ticking();
    if (g_tick_napi.get_and_clear_last_exception(env, &thrown) == 0) g_tick_napi.fatal_exception(env, thrown);
  }
  g_tick_napi.close_handle_scope(env, scope);
}

/* tick(periodUs, callback): 0, or an errno. A period of 0 stops. */
napi_value agt_control_tick(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  double period_us = 0;
  void *loop = NULL;
  if (!find_all()) return agt_control_number(env, ENOSYS);
  if (!agt_control_arguments(env, info, &count, arguments) || count < 1) return agt_control_number(env, EINVAL);
  agt_control_double(env, arguments[0], &period_us);
  if (period_us < 1) {
    stop_ticking();
    return agt_control_number(env, 0);
  }
  if (g_ticker.handle) return agt_control_number(env, EBUSY);
  if (count < 2 || g_tick_napi.get_uv_event_loop(env, &loop) != 0) return agt_control_number(env, EINVAL);
  if (g_tick_napi.create_reference(env, arguments[1], 1, &g_ticker.callback) != 0) return agt_control_number(env, EINVAL);
  int descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (descriptor < 0) return agt_control_number(env, errno);
  struct timespec period = {(time_t)(period_us / 1e6), (long)((uint64_t)(period_us * 1e3) % 1000000000)};
  timerfd_settime(descriptor, 0, &(struct itimerspec){period, period}, NULL);
  g_ticker.handle_bytes = g_uv.handle_size(UV_POLL_TYPE);
  void *handle = agt_map(g_ticker.handle_bytes);
  if (!handle || g_uv.poll_init(loop, handle, descriptor) != 0) {
    close(descriptor);
    return agt_control_number(env, ENOMEM);
  }
  g_ticker.handle = handle;
  g_ticker.descriptor = descriptor;
  g_ticker.env = env;
  g_uv.poll_start(handle, UV_READABLE_EVENT, ticked);
  return agt_control_number(env, 0);
}

/* clockInto(buffer: ArrayBuffer): from now on clock() writes CLOCK_MONOTONIC there, as a double of nanoseconds. */
napi_value agt_control_clock_into(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1, bytes = 0;
  void *data = NULL;
  if (!find_all() || !agt_control_arguments(env, info, &count, &argument) || count < 1) return NULL;
  if (g_tick_napi.get_arraybuffer_info(env, argument, &data, &bytes) == 0 && bytes >= sizeof(double)) g_ticker.clock_ns = data;
  return NULL;
}

/* clock(): a number returned would be an object on the heap for every operation of the load. */
napi_value agt_control_clock(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  if (g_ticker.clock_ns) *g_ticker.clock_ns = monotonic_ns();
  return NULL;
}

/*
 * realtime(priority): 0, or an errno. This thread alone goes before all that is not real-time; threads and processes that it
 * makes later do not (SCHED_RESET_ON_FORK).
 */
napi_value agt_control_realtime(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  double priority = 0;
  if (!agt_control_arguments(env, info, &count, &argument) || count < 1) return agt_control_number(env, EINVAL);
  agt_control_double(env, argument, &priority);
  struct sched_param wanted = {.sched_priority = (int)priority};
  int policy = priority > 0 ? SCHED_FIFO | SCHED_RESET_ON_FORK : SCHED_OTHER;
  return agt_control_number(env, sched_setscheduler(0, policy, &wanted) == 0 ? 0 : errno);
}
