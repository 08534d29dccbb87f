/* The part of Node-API's ABI that the layer passes through its hands. The agent is built without Node's headers. */
#ifndef SEAMPROOF_LAYER_NAPI_H
#define SEAMPROOF_LAYER_NAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_ref__ *napi_ref;
typedef struct napi_handle_scope__ *napi_handle_scope;
typedef struct napi_escapable_handle_scope__ *napi_escapable_handle_scope;
typedef struct napi_callback_info__ *napi_callback_info;
typedef struct napi_deferred__ *napi_deferred;
typedef struct napi_callback_scope__ *napi_callback_scope;
typedef struct napi_async_context__ *napi_async_context;
typedef struct napi_async_work__ *napi_async_work;
typedef struct napi_threadsafe_function__ *napi_threadsafe_function;
typedef struct napi_async_cleanup_hook_handle__ *napi_async_cleanup_hook_handle;

/* Enumerations of the ABI are ints. */
typedef int napi_status;
typedef int napi_valuetype;
typedef int napi_typedarray_type;
typedef int napi_key_collection_mode;
typedef int napi_key_filter;
typedef int napi_key_conversion;
typedef int napi_property_attributes;
typedef int napi_threadsafe_function_release_mode;
typedef int napi_threadsafe_function_call_mode;

enum {
  NAPI_OK = 0, NAPI_INVALID_ARG = 1, NAPI_GENERIC_FAILURE = 9, NAPI_PENDING_EXCEPTION = 10,
  NAPI_ESCAPE_CALLED_TWICE = 12, NAPI_HANDLE_SCOPE_MISMATCH = 13, NAPI_CALLBACK_SCOPE_MISMATCH = 14, NAPI_QUEUE_FULL = 15, NAPI_CLOSING = 16,
  NAPI_NO_EXTERNAL_BUFFERS_ALLOWED = 22, NAPI_CANNOT_RUN_JS = 23
};
enum { NAPI_TSFN_RELEASE = 0, NAPI_TSFN_ABORT = 1, NAPI_TSFN_NONBLOCKING = 0, NAPI_TSFN_BLOCKING = 1 };

typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
typedef void (*napi_finalize)(napi_env, void *data, void *hint);
typedef void (*node_api_noenv_finalize)(void *data, void *hint);
typedef napi_value (*napi_addon_register_func)(napi_env, napi_value exports);
typedef void (*napi_cleanup_hook)(void *argument);
typedef void (*napi_async_cleanup_hook)(napi_async_cleanup_hook_handle, void *argument);
typedef void (*napi_async_execute_callback)(napi_env, void *data);
typedef void (*napi_async_complete_callback)(napi_env, napi_status, void *data);
typedef void (*napi_threadsafe_function_call_js)(napi_env, napi_value js_callback, void *context, void *data);

typedef struct {
  const char *utf8name;
  napi_value name;
  napi_callback method, getter, setter;
  napi_value value;
  napi_property_attributes attributes;
  void *data;
} napi_property_descriptor;

typedef struct napi_module {
  int nm_version;
  unsigned nm_flags;
  const char *nm_filename;
  napi_addon_register_func nm_register_func;
  const char *nm_modname;
  void *nm_priv;
  void *reserved[4];
} napi_module;

typedef struct napi_extended_error_info {
  const char *error_message;
  void *engine_reserved;
  uint32_t engine_error_code;
  napi_status error_code;
} napi_extended_error_info;
typedef struct napi_node_version {
  uint32_t major, minor, patch;
  const char *release;
} napi_node_version;
typedef struct napi_type_tag napi_type_tag;

#endif
