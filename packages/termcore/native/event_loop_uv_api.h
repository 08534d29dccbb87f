/*
 * The few libuv functions that the router calls, declared here because libuv's own header does not
 * come with every Node. Handles stay opaque: memory of uv_handle_size, never a field, so nothing here
 * depends on the version's struct layouts. The type numbers are part of libuv 1's ABI, and
 * tc_uv_types_are_right proves them against the libuv that is really loaded.
 */
#ifndef TERMCORE_EVENT_LOOP_UV_API_H
#define TERMCORE_EVENT_LOOP_UV_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct uv_loop_s;
typedef struct uv_loop_s uv_loop_t;
typedef struct uv_handle_s uv_handle_t;
typedef struct uv_poll_s uv_poll_t;
typedef struct uv_timer_s uv_timer_t;
typedef struct uv_signal_s uv_signal_t;

enum { TC_UV_POLL = 8, TC_UV_TIMER = 13, TC_UV_SIGNAL = 16 };
enum { TC_UV_READABLE = 1, TC_UV_WRITABLE = 2, TC_UV_DISCONNECT = 4 };

typedef void (*uv_close_cb)(uv_handle_t *handle);
typedef void (*uv_poll_cb)(uv_poll_t *handle, int status, int events);
typedef void (*uv_timer_cb)(uv_timer_t *handle);
typedef void (*uv_signal_cb)(uv_signal_t *handle, int signum);

size_t uv_handle_size(int type);
const char *uv_handle_type_name(int type);
void uv_close(uv_handle_t *handle, uv_close_cb close_cb);
void uv_ref(uv_handle_t *handle);
void uv_unref(uv_handle_t *handle);
int uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd);
int uv_poll_start(uv_poll_t *handle, int events, uv_poll_cb cb);
int uv_timer_init(uv_loop_t *loop, uv_timer_t *handle);
int uv_timer_start(uv_timer_t *handle, uv_timer_cb cb, uint64_t timeout_ms, uint64_t repeat_ms);
int uv_signal_init(uv_loop_t *loop, uv_signal_t *handle);
int uv_signal_start(uv_signal_t *handle, uv_signal_cb cb, int signum);

static inline bool tc_uv_types_are_right(void) {
  const char *const poll = uv_handle_type_name(TC_UV_POLL), *const timer = uv_handle_type_name(TC_UV_TIMER),
                    *const signal = uv_handle_type_name(TC_UV_SIGNAL);
  return poll != NULL && timer != NULL && signal != NULL && strcmp(poll, "poll") == 0 &&
         strcmp(timer, "timer") == 0 && strcmp(signal, "signal") == 0;
}

#endif
