/*
 * node_blocks.h: handoff blocks for JavaScript, as functions that handoff.ts wraps.
 *
 *     static seam_blocks g_blocks...   one per napi_env, in your environment struct
 *     seam_blocks_init(&blocks, env, 4096);
 *     seam_blocks_register(&blocks, env, exports);   adds exports.handoff
 *     uint32_t handle = seam_blocks_publish(&blocks, block);   hand this number to JavaScript
 *
 * A published block has one JavaScript reference behind its handle. Misuse is kept with both stacks
 * until JavaScript takes it (takeMisuse). Threads: the environment's own, except for the report sink.
 */
#ifndef SEAMPROOF_NODE_BLOCKS_H
#define SEAMPROOF_NODE_BLOCKS_H

#include <stdio.h>

#include "handles.h"
#include "node_handoff.h"

#define SEAM_BLOCKS_KIND 0x626c6bu
#define SEAM_REPORTS_MAX 64u

typedef struct seam_blocks {
  seam_handles handles;
  seam_monitor monitor;
  seam_misuse reports[SEAM_REPORTS_MAX]; /* guarded by monitor.lock */
  uint32_t report_count;                 /* guarded by monitor.lock; stops at the maximum */
} seam_blocks;

static inline void seam_blocks__keep(void *context, const seam_misuse *misuse) {
  seam_blocks *blocks = context;
  seam_monitor__lock(&blocks->monitor);
  if (blocks->report_count < SEAM_REPORTS_MAX) blocks->reports[blocks->report_count++] = *misuse;
  seam_monitor__unlock(&blocks->monitor);
}

static inline bool seam_blocks_init(seam_blocks *blocks, uint32_t monitor_options, uint32_t limit) {
  memset(blocks, 0, sizeof *blocks);
  seam_monitor_init(&blocks->monitor, monitor_options, seam_blocks__keep, blocks);
  return seam_handles_init(&blocks->handles, limit);
}

/* Gives back what JavaScript still held and frees the table. Only when no ArrayBuffer is left. */
static inline void seam_blocks_destroy(seam_blocks *blocks) {
  for (uint32_t slot = 0; slot < blocks->handles.entry_count; slot++)
    if (blocks->handles.entries[slot].object != NULL)
      seam_block_release(blocks->handles.entries[slot].object, SEAM_SIDE_JS);
  seam_handles_destroy(&blocks->handles);
  seam_monitor_destroy(&blocks->monitor);
}

/* One of the caller's native references becomes JavaScript's. 0: no room, or nothing to transfer. */
static inline uint32_t seam_blocks_publish(seam_blocks *blocks, seam_block *block) {
  const uint32_t handle = seam_handles_add(&blocks->handles, SEAM_BLOCKS_KIND, block);
  if (handle == 0) return 0;
  if (seam_block_transfer(block, SEAM_SIDE_NATIVE)) return handle;
  seam_handles_remove(&blocks->handles, SEAM_BLOCKS_KIND, handle);
  return 0;
}

/* The block of a handle that JavaScript still holds, or NULL. */
static inline seam_block *seam_blocks_get(const seam_blocks *blocks, uint32_t handle) {
  return seam_handles_get(&blocks->handles, SEAM_BLOCKS_KIND, handle);
}

/* The other way: JavaScript's reference becomes a native one, the handle is stale from here on. */
static inline seam_block *seam_blocks_take(seam_blocks *blocks, uint32_t handle) {
  seam_block *block = seam_handles_remove(&blocks->handles, SEAM_BLOCKS_KIND, handle);
  return block != NULL && seam_block_transfer(block, SEAM_SIDE_JS) ? block : NULL;
}

/* ---- the functions of exports.handoff ---- */

static inline seam_blocks *seam_blocks__call(napi_env env, napi_callback_info info, uint32_t *handle_out,
                                             napi_value *second_out) {
  napi_value arguments[2];
  size_t count = 2;
  void *data = NULL;
  *handle_out = 0;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, &data) != napi_ok) return NULL;
  if (napi_get_value_uint32(env, arguments[0], handle_out) != napi_ok) *handle_out = 0;
  if (second_out != NULL) *second_out = arguments[1];
  return data;
}

static inline napi_value seam_blocks__boolean(napi_env env, bool value) {
  napi_value result = NULL;
  napi_get_boolean(env, value, &result);
  return result;
}

static inline napi_value seam_blocks__state(napi_env env, napi_callback_info info) {
  uint32_t handle;
  napi_value result = NULL;
  seam_blocks *blocks = seam_blocks__call(env, info, &handle, NULL);
  seam_block *block = blocks != NULL ? seam_blocks_get(blocks, handle) : NULL;
  napi_create_uint32(env, block != NULL ? seam_block_state(block) : SEAM_RELEASED, &result);
  return result;
}

static inline napi_value seam_blocks__release(napi_env env, napi_callback_info info) {
  uint32_t handle;
  seam_blocks *blocks = seam_blocks__call(env, info, &handle, NULL);
  seam_block *block = blocks != NULL ? seam_handles_remove(&blocks->handles, SEAM_BLOCKS_KIND, handle) : NULL;
  return seam_blocks__boolean(env, block != NULL && seam_block_release(block, SEAM_SIDE_JS));
}

/* A second handle with a reference of its own; 0 when there is no room or the handle is stale. */
static inline napi_value seam_blocks__retain(napi_env env, napi_callback_info info) {
  uint32_t handle;
  napi_value result = NULL;
  seam_blocks *blocks = seam_blocks__call(env, info, &handle, NULL);
  seam_block *block = blocks != NULL ? seam_blocks_get(blocks, handle) : NULL;
  uint32_t second = 0;
  if (block != NULL && seam_block_retain(block, SEAM_SIDE_JS)) {
    second = seam_handles_add(&blocks->handles, SEAM_BLOCKS_KIND, block);
    if (second == 0) seam_block_release(block, SEAM_SIDE_JS);
  }
  napi_create_uint32(env, second, &result);
  return result;
}

static inline napi_value seam_blocks__to_native(napi_env env, napi_callback_info info) {
  uint32_t handle;
  seam_blocks *blocks = seam_blocks__call(env, info, &handle, NULL);
  return seam_blocks__boolean(env, blocks != NULL && seam_blocks_take(blocks, handle) != NULL);
}

/* The ArrayBuffer over the block; undefined for a stale handle. */
static inline napi_value seam_blocks__buffer(napi_env env, napi_callback_info info) {
  uint32_t handle;
  napi_value result = NULL;
  bool is_copy = false;
  seam_blocks *blocks = seam_blocks__call(env, info, &handle, NULL);
  seam_block *block = blocks != NULL ? seam_blocks_get(blocks, handle) : NULL;
  if (block == NULL || seam_block_to_arraybuffer(env, block, &result, &is_copy) != napi_ok) return NULL;
  return result;
}

static inline napi_value seam_blocks__detach(napi_env env, napi_callback_info info) {
  uint32_t handle;
  napi_value arraybuffer = NULL;
  if (seam_blocks__call(env, info, &handle, &arraybuffer) == NULL) return NULL;
  return seam_blocks__boolean(env, napi_detach_arraybuffer(env, arraybuffer) == napi_ok);
}

static inline void seam_blocks__put(napi_env env, napi_value object, const char *name, const char *text) {
  napi_value value = NULL;
  if (napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok)
    napi_set_named_property(env, object, name, value);
}

static inline void seam_blocks__put_stack(napi_env env, napi_value object, const char *name, const seam_stack *stack) {
  napi_value list = NULL, line = NULL;
  napi_create_array(env, &list);
#if SEAM_HAS_SYMBOLS
  char **lines = stack->depth > 0 ? backtrace_symbols(stack->frames, stack->depth) : NULL;
  for (int index = 0; lines != NULL && index < stack->depth; index++)
    if (napi_create_string_utf8(env, lines[index], NAPI_AUTO_LENGTH, &line) == napi_ok)
      napi_set_element(env, list, (uint32_t)index, line);
  free(lines);
#else
  (void)stack, (void)line;
#endif
  napi_set_named_property(env, object, name, list);
}

/* Everything reported since the last take: [{rule, now, before, nowStack, beforeStack}]. */
static inline napi_value seam_blocks__take_misuse(napi_env env, napi_callback_info info) {
  uint32_t unused;
  napi_value list = NULL;
  seam_blocks *blocks = seam_blocks__call(env, info, &unused, NULL);
  if (blocks == NULL || napi_create_array(env, &list) != napi_ok) return NULL;
  for (uint32_t index = 0;; index++) {
    seam_monitor__lock(&blocks->monitor);
    const bool is_last = index >= blocks->report_count;
    const seam_misuse misuse = blocks->reports[is_last ? 0 : index];
    if (is_last) blocks->report_count = 0;
    seam_monitor__unlock(&blocks->monitor);
    napi_value entry = NULL;
    if (is_last || napi_create_object(env, &entry) != napi_ok) break;
    seam_blocks__put(env, entry, "rule", seam_rule_name(misuse.rule));
    seam_blocks__put(env, entry, "now", misuse.now_what);
    seam_blocks__put(env, entry, "before", misuse.before_what);
    seam_blocks__put_stack(env, entry, "nowStack", &misuse.now);
    seam_blocks__put_stack(env, entry, "beforeStack", &misuse.before);
    napi_set_element(env, list, index, entry);
  }
  return list;
}

/* `blocks` must live as long as the functions can be called. */
static inline bool seam_blocks_register(seam_blocks *blocks, napi_env env, napi_value exports) {
  const struct {
    const char *name;
    napi_callback callback;
  } functions[] = {{"state", seam_blocks__state},       {"release", seam_blocks__release},
                   {"retain", seam_blocks__retain},     {"transferToNative", seam_blocks__to_native},
                   {"buffer", seam_blocks__buffer},     {"detach", seam_blocks__detach},
                   {"takeMisuse", seam_blocks__take_misuse}};
  napi_value object = NULL, function = NULL;
  if (napi_create_object(env, &object) != napi_ok) return false;
  for (size_t index = 0; index < sizeof functions / sizeof functions[0]; index++)
    if (napi_create_function(env, functions[index].name, NAPI_AUTO_LENGTH, functions[index].callback, blocks,
                             &function) != napi_ok ||
        napi_set_named_property(env, object, functions[index].name, function) != napi_ok)
      return false;
  return napi_set_named_property(env, exports, "handoff", object) == napi_ok;
}

#endif
