// Right as long as every call succeeds.
#include <stdlib.h>
#include <string.h>

#include "seeded.h"

static napi_value trust_the_buffer(napi_env env, napi_callback_info info) {
  (void)info;
  void *bytes = NULL;
  napi_value buffer = NULL;
  napi_status status = napi_create_buffer(env, 64, &bytes, &buffer);
  if (!SEEDED && status != napi_ok) return NULL;
  memset(opaque(bytes), 1, 64);
  return buffer;
}

static napi_value trust_malloc(napi_env env, napi_callback_info info) {
  (void)info;
  int *block = opaque(malloc(128));
  if (!SEEDED && block == NULL) {
    napi_throw_error(env, NULL, "out of memory");
    return NULL;
  }
  block[0] = 1;
  // Without this the store is dead, and gone with it what is wrong here.
  double value = *(int *)opaque(block);
  free(block);
  return number(env, value);
}

static void free_bytes(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  free(data);
}

static napi_value forget_on_refusal(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value buffer = NULL;
  void *bytes = opaque(malloc(512));
  if (bytes == NULL) return out_of_memory(env);
  memset(bytes, 1, 512);
  if (napi_create_external_buffer(env, 512, bytes, free_bytes, NULL, &buffer) == napi_ok) return buffer;
  if (SEEDED) return NULL;
  bool is_pending = true;
  napi_is_exception_pending(env, &is_pending);
  if (is_pending || napi_create_buffer_copy(env, 512, bytes, NULL, &buffer) != napi_ok) buffer = NULL;
  free(bytes);
  return buffer;
}

const seeded_entry seeded_failures[] = {
    {"trustTheBuffer", trust_the_buffer},
    {"trustMalloc", trust_malloc},
    {"forgetOnRefusal", forget_on_refusal},
    {NULL, NULL},
};
