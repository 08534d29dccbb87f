/* A small addon made of kit headers, so that the TypeScript side is tested against real memory. */
#include <seamproof/callback_guard.h>
#include <seamproof/metrics.h>
#include <seamproof/node_blocks.h>

#define KT_COMMANDS_DISPATCH
#include "kit_addon_commands.h"

enum { CAPACITY_WORDS = 64 };

typedef struct addon {
  seam_blocks blocks;
  seam_guard guard;
  seam_metrics metrics;
  seam_commands commands;
  seam_block *commands_block, *metrics_block;
  int64_t total;
  uint32_t small, middle, large;
  float ratio;
  char text[256];
  uint32_t reentry_status;
} addon;


static uint32_t kt_add_apply(void *context, const kt_add *fields) {
  ((addon *)context)->total += fields->amount;
  return 0;
}

static uint32_t kt_packed_apply(void *context, const kt_packed *fields) {
  addon *self = context;
  self->small = fields->small;
  self->middle = fields->middle;
  self->large = fields->large;
  self->ratio = fields->ratio;
  return 0;
}

static uint32_t kt_text_apply(void *context, const kt_text *fields) {
  addon *self = context;
  if (fields->words2_size_bytes >= sizeof self->text) return 17;
  memcpy(self->text, fields->words2, fields->words2_size_bytes);
  self->text[fields->words2_size_bytes] = '\0';
  return 0;
}

static uint32_t kt_blob_apply(void *context, const kt_blob *fields) {
  for (uint32_t index = 0; index < fields->content_size_bytes; index++)
    ((addon *)context)->total += fields->content[index];
  return 0;
}

static uint32_t kt_fail_apply(void *context, const kt_fail *fields) {
  addon *self = context;
  self->reentry_status = seam_commands_drain(&self->commands, kt_commands_dispatch, self);
  return fields->status;
}

static addon *self_of(napi_env env, napi_callback_info info, napi_value *argument) {
  void *data = NULL;
  size_t count = argument != NULL ? 1 : 0;
  napi_get_cb_info(env, info, &count, argument, NULL, &data);
  return data;
}

static napi_value number(napi_env env, double value) {
  napi_value result = NULL;
  napi_create_double(env, value, &result);
  return result;
}

static napi_value drain(napi_env env, napi_callback_info info) {
  addon *self = self_of(env, info, NULL);
  return number(env, seam_commands_drain(&self->commands, kt_commands_dispatch, self));
}

static napi_value view(napi_env env, seam_block *block) {
  napi_value result = NULL;
  bool is_copy = false;
  if (seam_block_to_arraybuffer(env, block, &result, &is_copy) != napi_ok) napi_throw_error(env, NULL, "no view");
  return result;
}

static napi_value commands_memory(napi_env env, napi_callback_info info) {
  return view(env, self_of(env, info, NULL)->commands_block);
}

static napi_value metrics_memory(napi_env env, napi_callback_info info) {
  return view(env, self_of(env, info, NULL)->metrics_block);
}

static napi_value results(napi_env env, napi_callback_info info) {
  const addon *self = self_of(env, info, NULL);
  const double values[6] = {(double)self->total, self->small, self->middle, self->large, self->ratio,
                            self->reentry_status};
  napi_value list = NULL, text = NULL;
  napi_create_array(env, &list);
  for (uint32_t index = 0; index < 6; index++) napi_set_element(env, list, index, number(env, values[index]));
  napi_create_string_utf8(env, self->text, NAPI_AUTO_LENGTH, &text);
  napi_set_element(env, list, 6, text);
  return list;
}

/* makeBlock(size): filled with 7s, published to JavaScript. */
static napi_value make_block(napi_env env, napi_callback_info info) {
  napi_value argument;
  uint32_t size = 0;
  addon *self = self_of(env, info, &argument);
  napi_get_value_uint32(env, argument, &size);
  seam_block *block = seam_block_create(&self->blocks.monitor, size);
  if (block == NULL) return number(env, 0);
  memset(block->data, 7, size);
  return number(env, seam_blocks_publish(&self->blocks, block));
}

/* misuse(what): native mistakes on a block that JavaScript owns or nobody does. */
static napi_value misuse(napi_env env, napi_callback_info info) {
  napi_value argument;
  uint32_t what = 0;
  addon *self = self_of(env, info, &argument);
  napi_get_value_uint32(env, argument, &what);
  seam_block *block = seam_block_create(&self->blocks.monitor, 64);
  bool ok = true;
  if (what == 0) {
    seam_block_transfer(block, SEAM_SIDE_NATIVE);
    ok = seam_block_transfer(block, SEAM_SIDE_NATIVE);
    seam_block_release(block, SEAM_SIDE_JS);
  } else if (what == 1) {
    seam_block_retain(block, SEAM_SIDE_JS);
    seam_block_release(block, SEAM_SIDE_NATIVE);
    ok = seam_block_release(block, SEAM_SIDE_NATIVE);
    seam_block_release(block, SEAM_SIDE_JS);
  } else {
    seam_block_transfer(block, SEAM_SIDE_NATIVE);
    ok = seam_block_data(block, SEAM_SIDE_NATIVE) != NULL;
    seam_block_release(block, SEAM_SIDE_JS);
  }
  return number(env, ok);
}

static void bump(const addon *self) { seam_metric_add(&self->metrics, 0, 1); }

/* count(n): adds one to the counter n times through the guard and records each in the histogram. */
static napi_value count(napi_env env, napi_callback_info info) {
  napi_value argument;
  uint32_t times = 0, accepted = 0;
  addon *self = self_of(env, info, &argument);
  napi_get_value_uint32(env, argument, &times);
  for (uint32_t index = 0; index < times; index++) {
    seam_call call;
    if (!seam_guard_enter(&self->guard, 0, &call)) continue;
    ((void (*)(const addon *))call.function)(self);
    seam_guard_leave(&self->guard, &call);
    seam_histogram_record_owned(&self->metrics, 1, index);
    accepted++;
  }
  return number(env, accepted);
}

static napi_value close_guard(napi_env env, napi_callback_info info) {
  seam_guard_close(&self_of(env, info, NULL)->guard);
  return NULL;
}

static void define(napi_env env, napi_value exports, const char *name, napi_callback callback, addon *self) {
  napi_value function = NULL;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, self, &function);
  napi_set_named_property(env, exports, name, function);
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  static const seam_metric_definition definitions[] = {
      {SEAM_COUNTER, "test_calls", "calls", "calls through the guard"},
      {SEAM_HISTOGRAM, "test_values", "ns", "values recorded"},
      {SEAM_GAUGE, "test_level", "blocks", "a level"}};
  addon *self = calloc(1, sizeof *self); /* lives as long as the process: views may outlive the env */
  seam_blocks_init(&self->blocks, 0, 64);
  seam_blocks_register(&self->blocks, env, exports);
  seam_guard_init(&self->guard, &self->blocks.monitor, 1);
  seam_guard_register(&self->guard, 0, (seam_function)bump, NULL);
  self->commands_block = seam_block_create(&self->blocks.monitor, seam_commands_size_bytes(CAPACITY_WORDS));
  seam_commands_init(&self->commands, self->commands_block->data, CAPACITY_WORDS);
  self->metrics_block = seam_block_create(&self->blocks.monitor, seam_metrics_size_bytes(definitions, 3));
  seam_metrics_init(&self->metrics, self->metrics_block->data, definitions, 3);
  seam_metric_set(&self->metrics, 2, UINT64_C(5000000000));
  define(env, exports, "drain", drain, self);
  define(env, exports, "commandsMemory", commands_memory, self);
  define(env, exports, "metricsMemory", metrics_memory, self);
  define(env, exports, "results", results, self);
  define(env, exports, "makeBlock", make_block, self);
  define(env, exports, "misuse", misuse, self);
  define(env, exports, "count", count, self);
  define(env, exports, "closeGuard", close_guard, self);
  return exports;
}
