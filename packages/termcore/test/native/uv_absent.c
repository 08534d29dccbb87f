/* The event loop's tests run without Node: whoever calls libuv here has taken the wrong backend. */
#include <stdio.h>
#include <stdlib.h>

#include "event_loop_uv_api.h"

static int absent(const char *name) {
  fprintf(stderr, "%s was called in a test without libuv\n", name);
  abort();
}

size_t uv_handle_size(int type) { return type > 0 ? 160 : 0; }
const char *uv_handle_type_name(int type) { return type > 0 ? "absent" : NULL; }
void uv_close(uv_handle_t *handle, uv_close_cb callback) { (void)handle, (void)callback, absent("uv_close"); }
void uv_ref(uv_handle_t *handle) { (void)handle, absent("uv_ref"); }
void uv_unref(uv_handle_t *handle) { (void)handle, absent("uv_unref"); }
int uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd) { return (void)loop, (void)handle, (void)fd, absent("uv_poll_init"); }
int uv_poll_start(uv_poll_t *handle, int events, uv_poll_cb cb) { return (void)handle, (void)events, (void)cb, absent("uv_poll_start"); }
int uv_timer_init(uv_loop_t *loop, uv_timer_t *handle) { return (void)loop, (void)handle, absent("uv_timer_init"); }
int uv_timer_start(uv_timer_t *handle, uv_timer_cb cb, uint64_t timeout_ms, uint64_t repeat_ms) {
  return (void)handle, (void)cb, (void)timeout_ms, (void)repeat_ms, absent("uv_timer_start");
}
int uv_signal_init(uv_loop_t *loop, uv_signal_t *handle) { return (void)loop, (void)handle, absent("uv_signal_init"); }
int uv_signal_start(uv_signal_t *handle, uv_signal_cb cb, int signum) { return (void)handle, (void)cb, (void)signum, absent("uv_signal_start"); }
