#include "seeded.h"

static void add(napi_env env, napi_value exports, const seeded_entry *entries) {
  for (const seeded_entry *entry = entries; entry->name != NULL; entry++) {
    napi_value function;
    if (napi_create_function(env, entry->name, NAPI_AUTO_LENGTH, entry->call, NULL, &function) == napi_ok)
      napi_set_named_property(env, exports, entry->name, function);
  }
}

NAPI_MODULE_INIT() {
  add(env, exports, seeded_leaks);
  add(env, exports, seeded_blocks);
  add(env, exports, seeded_values);
  add(env, exports, seeded_threads);
  add(env, exports, seeded_buffers);
  add(env, exports, seeded_rules);
  add(env, exports, seeded_failures);
  add(env, exports, seeded_mismatch);
  return exports;
}
