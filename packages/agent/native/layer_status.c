/* Statuses that nobody looked at: what a failed call left unset and is used all the same, and failures at an env's end. */
#include "layer.h"

#include <string.h>

/* The result of a call that failed is whatever the addon had there before. */
void lyr_not_made(struct lyr_call *call, napi_status status, const napi_value *result) {
  struct lyr_thread *self = call->self;
  if (status == NAPI_OK || !self || !result || !self->frame_count) return;
  napi_value left = *result;
  if (left && lyr_value_slot(self, left)->value == left) return; /* an older value, and a good one */
  self->unmade[self->unmade_count++ % LYR_UNMADE] =
      (struct lyr_unmade){left, call->caller.pc, self->frame_count, (uint8_t)call->function};
}

static const struct lyr_unmade *find_unmade(const struct lyr_thread *self, napi_value value) {
  uint32_t count = self->unmade_count < LYR_UNMADE ? self->unmade_count : LYR_UNMADE;
  for (uint32_t i = 1; i <= count; i++) {
    const struct lyr_unmade *one = &self->unmade[(self->unmade_count - i) % LYR_UNMADE];
    if (one->value == value && one->depth == self->frame_count) return one;
  }
  return NULL;
}

static void report_unmade(struct lyr_call *call, const struct lyr_unmade *unmade) {
  struct lyr_object failed = {.created = lyr_stack_of_pc(unmade->pc)};
  lyr_report(call, LYR_RULE_ERROR_004, &failed,
             LYR_NOTES(LYR_TEXT("never set by", g_lyr_functions[unmade->function].name)));
  call->self->unmade_count = 0;
}

/* A value that no call gave to the addon. An address that was pushed out of the table may be good all the same. */
void lyr_use_unknown(struct lyr_call *call, napi_value value) {
  struct lyr_thread *self = call->self;
  const struct lyr_unmade *unmade = find_unmade(self, value);
  if (!unmade || lyr_addon_mixes_v8(self->addon)) return;
  if (lyr_value_slot(self, value)->value && agt_mapping_around((uintptr_t)value).high) return;
  report_unmade(call, unmade);
}

/* Ran with NULL where a value belongs, and was refused for it. */
void lyr_null_refused(struct lyr_call *call) {
  const struct lyr_unmade *unmade = find_unmade(call->self, NULL);
  if (unmade) report_unmade(call, unmade);
}

/* ------------------------------------------------------------------------------------------- what is done after a failure */

/* These look at what went wrong, tell of it, or give back. */
static const char *const g_answers[] = {
    "napi_get_last_error_info", "napi_is_exception_pending", "napi_get_and_clear", "napi_throw", "node_api_throw",
    "napi_create_error", "napi_create_type_error", "napi_create_range_error", "node_api_create_syntax_error",
    "napi_create_string", "napi_fatal", "napi_close_", "napi_delete_", "napi_remove_", "napi_reject_deferred",
    "napi_reference_unref", "napi_async_destroy", "napi_get_undefined", "napi_get_null"};

static bool is_answer(const char *name) {
  for (size_t i = 0; i < sizeof g_answers / sizeof *g_answers; i++)
    if (strncmp(name, g_answers[i], strlen(g_answers[i])) == 0) return true;
  return false;
}

bool g_lyr_asks_for_answers;

/* Every call of a run with SEAM-ERROR-005: was the one before it refused in the same callback? */
void lyr_check_answer(struct lyr_call *call) {
  struct lyr_thread *self = call->self;
  struct lyr_failure failure = self->failure;
  self->failure.status = NAPI_OK;
  if (failure.status == NAPI_OK || failure.depth != self->frame_count || !self->frame_count) return;
  if (is_answer(g_lyr_functions[call->function].name)) return;
  struct lyr_object failed = {.created = lyr_stack_of_pc(failure.pc)};
  lyr_report(call, LYR_RULE_ERROR_005, &failed,
             LYR_NOTES(LYR_TEXT("refused", g_lyr_functions[failure.function].name), LYR_NUMBER("status", failure.status)));
}

/* ------------------------------------------------------------------------------------------------------ the end of an env */

/* C++ wrappers take a refusal that comes of the env's end for a disaster. */
void lyr_check_fatal(struct lyr_thread *self, struct agt_registers caller) {
  const struct lyr_frame *frame = lyr_frame(self);
  if (!frame || !frame->env || !self->refused_depth || self->refused_depth > self->frame_count) return;
  struct lyr_call call = {.self = self, .env = frame->env, .function = LYR_napi_fatal_error, .caller = caller};
  lyr_report(&call, LYR_RULE_ERROR_006, NULL, NULL);
}
