/* The event loop as JavaScript holds it; nobody else includes this. */
#ifndef TERMCORE_EVENT_LOOP_BINDINGS_H
#define TERMCORE_EVENT_LOOP_BINDINGS_H

#include "bridge_internal.h"
#include "event_loop.h"

typedef struct loop_binding loop_binding;

typedef struct source_binding {
  loop_binding *owner;
  tc_source *source;
  napi_ref callback;
  uint32_t handle;
  bool is_unreferenced;
  struct source_binding *previous, *next;
} source_binding;

struct loop_binding {
  tc_environment *environment;
  napi_env env;
  tc_loop *loop;    /* what JavaScript adds to */
  tc_loop *watcher; /* epoll only: libuv watching the epoll descriptor */
  tc_source *watched; /* its one source */
  uint32_t referenced_count;
  uint32_t open_loops;
  uint32_t handle; /* 0 until published, and once closing */
  uint64_t published_delivered, published_refused;
  napi_async_context async_context;
  napi_async_cleanup_hook_handle cleanup;
  source_binding *sources;
};

bool tc_source_register(napi_env env, napi_value exports, tc_environment *environment);

#endif
