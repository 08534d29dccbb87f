/* What the addon's files share: the few calls of Node-API that all of them need. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);

struct agt_symbol {
  void *slot; /* a function pointer */
  const char *name;
};
/* Looks all of them up, behind the layer's wrappers: our own calls are not the subject's. False when one is missing. */
bool agt_control_find(const struct agt_symbol *wanted, size_t count);

bool agt_control_arguments(napi_env env, napi_callback_info info, size_t *count, napi_value *arguments);
void agt_control_double(napi_env env, napi_value value, double *result);
napi_value agt_control_number(napi_env env, double number);

/* ticker.c */
napi_value agt_control_tick(napi_env env, napi_callback_info info);
napi_value agt_control_clock_into(napi_env env, napi_callback_info info);
napi_value agt_control_clock(napi_env env, napi_callback_info info);
napi_value agt_control_realtime(napi_env env, napi_callback_info info);
