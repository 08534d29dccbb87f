// What is never given back.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seeded.h"

static napi_value leak_block(napi_env env, napi_callback_info info) {
  (void)info;
  char *block = opaque(malloc(64));
  if (block == NULL) return out_of_memory(env);
  memset(block, 1, 64);
  double sum = block[5];
  if (!SEEDED) free(block);
  return number(env, sum);
}

// The argument is never a number in the workload, so the early return is the usual way.
static napi_value leak_on_error_path(napi_env env, napi_callback_info info) {
  double *scratch = opaque(calloc(4, sizeof(double)));
  if (scratch == NULL) return out_of_memory(env);
  if (napi_get_value_double(env, first_argument(env, info), scratch) != napi_ok) {
    if (!SEEDED) free(scratch);
    return NULL;
  }
  double value = *scratch;
  free(scratch);
  return number(env, value);
}

typedef struct {
  char *name;
  int size;
} record;

static napi_value leak_of_a_child(napi_env env, napi_callback_info info) {
  (void)info;
  record *one = opaque(malloc(sizeof *one));
  if (one == NULL) return out_of_memory(env);
  one->name = opaque(malloc(40));
  if (one->name == NULL) {
    free(one);
    return out_of_memory(env);
  }
  one->name[0] = 'a';
  one->size = 1;
  double size = one->size;
  if (!SEEDED) free(one->name);
  free(one);
  return number(env, size);
}

typedef struct node {
  struct node *next;
  char text[56];
} node;

static node *history;

// Reachable for ever, and of no use: no leak for who asks what is lost, growth for who counts.
static napi_value leak_into_a_list(napi_env env, napi_callback_info info) {
  (void)info;
  node *one = opaque(calloc(1, sizeof *one));
  if (one == NULL) return out_of_memory(env);
  one->next = history;
  history = one;
  if (!SEEDED) {
    history = one->next;
    free(one);
  }
  return number(env, 1);
}

static napi_value leak_of_a_reference(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value object;
  napi_ref reference;
  if (napi_create_object(env, &object) != napi_ok) return NULL;
  if (napi_create_reference(env, object, 1, &reference) != napi_ok) return NULL;
  if (!SEEDED) napi_delete_reference(env, reference);
  return object;
}

static void free_wrapped(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  free(data);
}

static napi_value leak_of_a_wrap(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value object;
  if (napi_create_object(env, &object) != napi_ok) return NULL;
  void *data = opaque(malloc(48));
  if (data == NULL) return out_of_memory(env);
  memset(data, 0, 48);
  if (napi_wrap(env, object, data, SEEDED ? NULL : free_wrapped, NULL, NULL) != napi_ok) free(data);
  return object;
}

static napi_value leak_of_a_descriptor(napi_env env, napi_callback_info info) {
  (void)info;
  int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (!SEEDED) close(descriptor);
  return number(env, descriptor);
}

typedef struct {
  napi_async_work work;
  napi_deferred deferred;
  char *scratch;
} job;

static void leak_in_pool(napi_env env, void *data) {
  (void)env;
  job *one = data;
  one->scratch = opaque(malloc(80));
  if (one->scratch == NULL) return;
  memset(one->scratch, 2, 80);
  if (!SEEDED) free(one->scratch);
}

static void leak_in_pool_done(napi_env env, napi_status status, void *data) {
  (void)status;
  job *one = data;
  napi_value result = number(env, 1);
  napi_resolve_deferred(env, one->deferred, result);
  napi_delete_async_work(env, one->work);
  free(one);
}

static napi_value leak_in_the_pool(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value name, promise;
  job *one = calloc(1, sizeof *one);
  if (one == NULL) return out_of_memory(env);
  if (napi_create_promise(env, &one->deferred, &promise) != napi_ok ||
      napi_create_string_utf8(env, "leak", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_async_work(env, NULL, name, leak_in_pool, leak_in_pool_done, one, &one->work) != napi_ok ||
      napi_queue_async_work(env, one->work) != napi_ok) {
    free(one);
    return NULL;
  }
  return promise;
}

static void work_nothing(napi_env env, void *data) {
  (void)env;
  (void)data;
}

static void work_done(napi_env env, napi_status status, void *data) {
  (void)status;
  job *one = data;
  napi_value result = number(env, 1);
  napi_resolve_deferred(env, one->deferred, result);
  if (!SEEDED) napi_delete_async_work(env, one->work);
  free(one);
}

static napi_value leak_of_async_work(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value name, promise;
  job *one = calloc(1, sizeof *one);
  if (one == NULL) return out_of_memory(env);
  if (napi_create_promise(env, &one->deferred, &promise) != napi_ok ||
      napi_create_string_utf8(env, "work", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_async_work(env, NULL, name, work_nothing, work_done, one, &one->work) != napi_ok ||
      napi_queue_async_work(env, one->work) != napi_ok) {
    free(one);
    return NULL;
  }
  return promise;
}

const seeded_entry seeded_leaks[] = {
    {"leakBlock", leak_block},
    {"leakOnErrorPath", leak_on_error_path},
    {"leakOfAChild", leak_of_a_child},
    {"leakIntoAList", leak_into_a_list},
    {"leakOfAReference", leak_of_a_reference},
    {"leakOfAWrap", leak_of_a_wrap},
    {"leakOfADescriptor", leak_of_a_descriptor},
    {"leakInThePool", leak_in_the_pool},
    {"leakOfAsyncWork", leak_of_async_work},
    {NULL, NULL},
};
