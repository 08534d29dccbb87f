/* Faults on purpose: the n-th call that can fail does, and external buffers are refused as Electron refuses them. */
#include "layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool g_lyr_injects, g_lyr_refuses_external;
static uint64_t g_fail_at;
static _Atomic uint64_t g_counted;

/* What only gives back or asks is needed to get away from a failure, and does not fail in life. */
static const char *const g_spared[] = {
    "napi_close_", "napi_delete_", "napi_remove_", "napi_reference_unref", "napi_throw", "node_api_throw", "napi_fatal_",
    "napi_get_last_error_info", "napi_is_exception_pending", "napi_get_and_clear", "napi_get_undefined", "napi_get_null",
    "napi_create_error", "napi_create_type_error", "napi_create_range_error", "napi_module_register", "napi_get_cb_info",
    "napi_reject_deferred", "napi_async_destroy"};

static bool is_spared(const char *name) {
  for (size_t i = 0; i < sizeof g_spared / sizeof *g_spared; i++)
    if (strncmp(name, g_spared[i], strlen(g_spared[i])) == 0) return true;
  return false;
}

/* Counted are calls made in callbacks: a module that fails to load is another matter. */
bool lyr_inject(struct lyr_call *call) {
  enum lyr_phase phase = lyr_phase_now(call->self);
  if (!call->self || phase == LYR_PHASE_NONE || phase == LYR_PHASE_INIT) return false;
  const char *name = g_lyr_functions[call->function].name;
  if (is_spared(name) || atomic_fetch_add(&g_counted, 1) + 1 != g_fail_at) return false;
  const struct lyr_frame *frame = lyr_frame(call->self);
  char text[256];
  snprintf(text, sizeof text, "injected: %s in %s was call %llu, and failed", name,
           frame && frame->callback && frame->callback->name[0] ? frame->callback->name : "a callback",
           (unsigned long long)g_fail_at);
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return true;
  agt_meta_note(text);
  agt_thread_leave(thread);
  return true;
}

void lyr_inject_init(void) {
  const char *fail = getenv("SEAMPROOF_LAYER_FAIL"), *refuse = getenv("SEAMPROOF_LAYER_REFUSE_EXTERNAL");
  g_fail_at = fail ? strtoull(fail, NULL, 10) : 0;
  g_lyr_injects = g_fail_at != 0;
  g_lyr_refuses_external = refuse && strcmp(refuse, "1") == 0;
}
