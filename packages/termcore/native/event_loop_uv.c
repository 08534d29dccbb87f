/* The router over libuv: one handle per source, closed by libuv in its own time. */
#include <errno.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/timerfd.h>
#endif

#include "event_loop.h"
#include "event_loop_uv_api.h"

#define NS_PER_MS UINT64_C(1000000)

static tc_source *source_of(const void *handle) {
  return (tc_source *)((uintptr_t)handle - offsetof(tc_source, handle));
}

/* `inline`: the common backend without the vtable; else as any other backend would. */
static inline void dispatch(tc_source *source, uint32_t value) {
  tc_loop *loop = source->loop;
  if (__builtin_expect(loop->is_inline, 1)) tc_deliver(loop, source, value);
  else tc_route(loop, source, value);
}

static void on_poll(uv_poll_t *handle, int status, int events) {
  tc_source *source = source_of(handle);
  if (__builtin_expect(status < 0, 0)) {
    dispatch(source, TC_ERROR);
    return;
  }
  /* libuv's bits for readable, writable and disconnect are ours. */
  const uint32_t value = (uint32_t)events & (source->interest | TC_HANGUP);
  if (value != 0) dispatch(source, value);
  else source->loop->counts.refused++;
}

static void on_timer(uv_timer_t *handle) { dispatch(source_of(handle), 1); }

static void on_signal(uv_signal_t *handle, int signal_number) { dispatch(source_of(handle), (uint32_t)signal_number); }

static void on_precise_timer(uv_poll_t *handle, int status, int events) {
  tc_source *source = source_of(handle);
  uint64_t expirations = 0;
  (void)events;
  if (status < 0) dispatch(source, 0);
  else if (read(source->number, &expirations, sizeof expirations) == (ssize_t)sizeof expirations)
    dispatch(source, expirations > UINT32_MAX ? UINT32_MAX : (uint32_t)expirations);
}

static tc_status status_of(int uv_error) {
  if (uv_error == 0) return TC_OK;
  errno = -uv_error;
  if (uv_error == -EEXIST) return TC_ERR_STATE;
  if (uv_error == -ENOMEM) return TC_ERR_MEMORY;
  return uv_error == -EINVAL || uv_error == -EBADF ? TC_ERR_ARGUMENT : TC_ERR_SYSTEM;
}

static uint64_t rounded_up_ms(uint64_t ns) { return (ns + NS_PER_MS - 1) / NS_PER_MS; }

/* state: how many handles libuv still holds, and whether the loop waits for them */
static void handle_gone(tc_loop *loop) {
  const uintptr_t open = (uintptr_t)loop->state - 1;
  loop->state = (void *)open;
  if (open == 0 && loop->is_closing && loop->sources == NULL) tc_loop_closed(loop);
}

static void on_closed(uv_handle_t *handle) {
  tc_source *source = source_of(handle);
  tc_loop *loop = source->loop;
  if (source->kind == TC_EVENT_TIMER && source->number >= 0) close(source->number);
  tc_source_free(source);
  handle_gone(loop);
}

static void uv_stop_source(tc_loop *loop, tc_source *source) {
  (void)loop;
  uv_close((uv_handle_t *)source->handle, on_closed);
}

static int start_precise(tc_loop *loop, tc_source *source, bool *is_initialised_out) {
#ifdef __linux__
  source->number = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (source->number < 0) return -errno;
  const uint64_t first_ns = source->first_ns == 0 ? 1 : source->first_ns; /* 0 would disarm it */
  const struct itimerspec when = {
      .it_value = {.tv_sec = (time_t)(first_ns / 1000000000u), .tv_nsec = (long)(first_ns % 1000000000u)},
      .it_interval = {.tv_sec = (time_t)(source->every_ns / 1000000000u),
                      .tv_nsec = (long)(source->every_ns % 1000000000u)}};
  int error = timerfd_settime(source->number, 0, &when, NULL) != 0 ? -errno : 0;
  if (error == 0) error = uv_poll_init(loop->platform, (uv_poll_t *)source->handle, source->number);
  if (error != 0) {
    close(source->number);
    return error;
  }
  *is_initialised_out = true;
  return uv_poll_start((uv_poll_t *)source->handle, TC_UV_READABLE, on_precise_timer);
#else
  (void)loop, (void)source, (void)is_initialised_out;
  return -ENOSYS;
#endif
}

static int start_timer(tc_loop *loop, tc_source *source, bool *is_initialised_out) {
  if (source->is_precise) return start_precise(loop, source, is_initialised_out);
  uv_timer_t *timer = (uv_timer_t *)source->handle;
  const int error = uv_timer_init(loop->platform, timer);
  if (error != 0) return error;
  *is_initialised_out = true;
  return uv_timer_start(timer, on_timer, rounded_up_ms(source->first_ns), rounded_up_ms(source->every_ns));
}

static tc_status uv_start_source(tc_loop *loop, tc_source *source) {
  int error = 0;
  bool is_initialised = false;
  if (source->kind == TC_EVENT_TIMER) {
    error = start_timer(loop, source, &is_initialised);
  } else if (source->kind == TC_EVENT_FD) {
    uv_poll_t *poll = (uv_poll_t *)source->handle;
    error = uv_poll_init(loop->platform, poll, source->number);
    is_initialised = error == 0;
    if (error == 0) error = uv_poll_start(poll, (int)source->interest | TC_UV_DISCONNECT, on_poll);
  } else {
    uv_signal_t *handle = (uv_signal_t *)source->handle;
    error = uv_signal_init(loop->platform, handle);
    is_initialised = error == 0;
    if (error == 0) error = uv_signal_start(handle, on_signal, source->number);
  }
  if (is_initialised) loop->state = (void *)((uintptr_t)loop->state + 1);
  if (error == 0) return TC_OK;
  if (is_initialised) uv_stop_source(loop, source);
  else tc_source_free(source);
  return status_of(error);
}

static tc_status uv_modify_source(tc_loop *loop, tc_source *source) {
  (void)loop;
  return status_of(uv_poll_start((uv_poll_t *)source->handle, (int)source->interest | TC_UV_DISCONNECT, on_poll));
}

static tc_status uv_open_loop(tc_loop *loop) {
  if (loop->platform == NULL) return TC_ERR_ARGUMENT;
  return tc_uv_types_are_right() ? TC_OK : TC_ERR_SYSTEM;
}

static void uv_close_loop(tc_loop *loop) {
  if (loop->state == NULL) tc_loop_closed(loop);
}

static void uv_deliver(tc_loop *loop, tc_source *source, uint32_t value) { tc_deliver(loop, source, value); }

void tc_loop_reference(tc_source *source, bool is_referenced) {
  if (source->loop->backend.start != uv_start_source) return;
  if (is_referenced) uv_ref((uv_handle_t *)source->handle);
  else uv_unref((uv_handle_t *)source->handle);
}

const tc_backend tc_backend_uv = {.open = uv_open_loop,
                                  .close = uv_close_loop,
                                  .start = uv_start_source,
                                  .modify = uv_modify_source,
                                  .stop = uv_stop_source,
                                  .deliver = uv_deliver};
