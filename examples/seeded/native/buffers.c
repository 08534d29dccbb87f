// Memory that crosses the seam.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seeded.h"

// The JavaScript side passes a Buffer of 32 bytes with a store of its own.
static napi_value write_past_a_buffer(napi_env env, napi_callback_info info) {
  void *bytes;
  size_t length;
  if (napi_get_buffer_info(env, first_argument(env, info), &bytes, &length) != napi_ok || length == 0) return NULL;
  volatile char *end = (char *)bytes + length - 1 + SEEDED;
  *end = *end;
  return number(env, (double)length);
}

typedef struct {
  napi_async_work work;
  napi_deferred deferred;
  napi_ref buffer;
  uint8_t *bytes;
} job;

static void fill(napi_env env, void *data) {
  (void)env;
  job *one = data;
  // Long enough for the workload to let go of its Buffer and collect it.
  usleep(20000);
  // Not the first bytes, where glibc keeps its list of free blocks: the process should live to do it again.
  memset(one->bytes + 64, 7, 64);
}

// Gives back what a job had when it could not be started.
static void give_up(napi_env env, job *one) {
  bool is_pending = true;
  napi_is_exception_pending(env, &is_pending);
  if (one->deferred != NULL && !is_pending) napi_reject_deferred(env, one->deferred, number(env, 0));
  if (one->work != NULL) napi_delete_async_work(env, one->work);
  if (one->buffer != NULL) napi_delete_reference(env, one->buffer);
  free(one);
}

static void filled(napi_env env, napi_status status, void *data) {
  (void)status;
  job *one = data;
  if (one->buffer != NULL) napi_delete_reference(env, one->buffer);
  napi_resolve_deferred(env, one->deferred, number(env, 1));
  napi_delete_async_work(env, one->work);
  free(one);
}

static napi_value fill_after_gc(napi_env env, napi_callback_info info) {
  napi_value buffer = first_argument(env, info);
  size_t length;
  napi_value name, promise;
  job *one = calloc(1, sizeof *one);
  if (one == NULL) return out_of_memory(env);
  if (napi_get_arraybuffer_info(env, buffer, (void **)&one->bytes, &length) != napi_ok || length < 4096 ||
      (!SEEDED && napi_create_reference(env, buffer, 1, &one->buffer) != napi_ok) ||
      napi_create_string_utf8(env, "fill", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_async_work(env, NULL, name, fill, filled, one, &one->work) != napi_ok ||
      napi_create_promise(env, &one->deferred, &promise) != napi_ok ||
      napi_queue_async_work(env, one->work) != napi_ok) {
    give_up(env, one);
    return NULL;
  }
  return promise;
}

static uint8_t *kept;

// `keepStore` remembers where an ArrayBuffer's bytes are; the workload then detaches it and lets it be collected.
static napi_value keep_store(napi_env env, napi_callback_info info) {
  size_t length;
  if (napi_get_arraybuffer_info(env, first_argument(env, info), (void **)&kept, &length) != napi_ok) kept = NULL;
  return number(env, (double)length);
}

static napi_value write_to_detached(napi_env env, napi_callback_info info) {
  (void)info;
  if (SEEDED && kept != NULL) memset(kept + 64, 1, 64);
  kept = NULL;
  return number(env, 1);
}

static void free_external(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  free(data);
}

static void keep_external(napi_env env, void *data, void *hint) {
  (void)env;
  (void)data;
  (void)hint;
}

// Freed while JavaScript still owns it.
static napi_value free_under_javascript(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value buffer;
  uint8_t *bytes = opaque(malloc(256));
  if (bytes == NULL) return out_of_memory(env);
  memset(bytes, 5, 256);
  if (napi_create_external_buffer(env, 256, bytes, SEEDED ? keep_external : free_external, NULL, &buffer) != napi_ok) {
    free(bytes);
    return NULL;
  }
  if (SEEDED) free(bytes);
  return buffer;
}

const seeded_entry seeded_buffers[] = {
    {"writePastABuffer", write_past_a_buffer},
    {"fillAfterGc", fill_after_gc},
    {"keepStore", keep_store},
    {"writeToDetached", write_to_detached},
    {"freeUnderJavaScript", free_under_javascript},
    {NULL, NULL},
};
