/*
 * An addon that breaks three rules of Node-API on purpose, harmlessly under the layer: who hears nothing of it has no layer.
 * The declarations stand here, because the machine need not have Node's headers.
 */
#include <stddef.h>
#include <stdint.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_ref__ *napi_ref;
typedef struct napi_handle_scope__ *napi_handle_scope;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);

int napi_create_object(napi_env, napi_value *);
int napi_create_reference(napi_env, napi_value, uint32_t, napi_ref *);
int napi_delete_reference(napi_env, napi_ref);
int napi_open_handle_scope(napi_env, napi_handle_scope *);
int napi_close_handle_scope(napi_env, napi_handle_scope);
int napi_typeof(napi_env, napi_value, int *);
int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);

/* The layer refuses the second deletion and the second closing. Without it the process may crash: that is no song, too. */
static napi_value sing(napi_env env, napi_callback_info info) {
  (void)info;
  napi_handle_scope scope;
  napi_value object, stale;
  napi_ref reference;
  int type;
  napi_open_handle_scope(env, &scope);
  napi_create_object(env, &stale);
  napi_close_handle_scope(env, scope);
  napi_typeof(env, stale, &type);
  napi_close_handle_scope(env, scope);
  napi_create_object(env, &object);
  napi_create_reference(env, object, 1, &reference);
  napi_delete_reference(env, reference);
  napi_delete_reference(env, reference);
  return NULL;
}

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  napi_value function = exports;
  napi_create_function(env, "sing", SIZE_MAX, sing, NULL, &function);
  return function;
}
