/* What JavaScript may know and switch about the module itself: flags, metrics, misuse. */
#include "bridge_internal.h"

#include <stdio.h>

/* setFlag(index, isOn): simd is one per process, the others one per environment. */
static napi_value set_flag(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  tc_environment *environment;
  uint32_t index = 0, is_on = 0;
  if (!tc_bridge_arguments(env, info, 2, arguments, &environment)) return NULL;
  if (!tc_bridge_u32(env, arguments[0], "index", &index) || !tc_bridge_u32(env, arguments[1], "isOn", &is_on))
    return NULL;
  if (!seam_flags_set(&environment->flags, index, is_on != 0))
    return tc_bridge_throw(env, TC_ERR_RANGE, "there is no flag of this index");
  if (index == TC_FLAG_SIMD) tc_kernels_select(is_on != 0 ? tc_kernels_best()->level : TC_SIMD_SCALAR);
  return NULL;
}

static bool put_text(napi_env env, napi_value object, const char *name, const char *text) {
  napi_value value = NULL;
  return napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

static bool put_bool(napi_env env, napi_value object, const char *name, bool is_true) {
  napi_value value = NULL;
  return napi_get_boolean(env, is_true, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

/* The table in its order: the index is what setFlag takes. */
static napi_value list_flags(napi_env env, napi_callback_info info) {
  napi_value list = NULL;
  tc_environment *environment;
  if (!tc_bridge_arguments(env, info, 0, NULL, &environment)) return NULL;
  const seam_flags *flags = &environment->flags;
  if (napi_create_array(env, &list) != napi_ok) return NULL;
  for (uint32_t index = 0; index < flags->flag_count; index++) {
    napi_value entry = NULL;
    const seam_flag *flag = &flags->table[index];
    if (napi_create_object(env, &entry) != napi_ok || !put_text(env, entry, "name", flag->name) ||
        !put_text(env, entry, "description", flag->description) ||
        !put_bool(env, entry, "isOnByDefault", flag->is_on_by_default) ||
        !put_bool(env, entry, "isOn", seam_flags_is_on(flags, index)) ||
        napi_set_element(env, list, index, entry) != napi_ok)
      return NULL;
  }
  return list;
}

/* The kit's metrics block; it stays readable after the environment's end, and then stands still. */
static napi_value metrics_block(napi_env env, napi_callback_info info) {
  tc_environment *environment;
  napi_ref unused = NULL;
  if (!tc_bridge_arguments(env, info, 0, NULL, &environment)) return NULL;
  napi_value view = tc_bridge_view(env, environment->metrics_memory, &unused);
  if (unused != NULL) napi_delete_reference(env, unused);
  return view;
}

/* Misuse that the kit refused, by rule; only rules that were broken appear. */
static napi_value misuse_counts(napi_env env, napi_callback_info info) {
  napi_value object = NULL, value = NULL;
  tc_environment *environment;
  if (!tc_bridge_arguments(env, info, 0, NULL, &environment) || napi_create_object(env, &object) != napi_ok)
    return NULL;
  for (uint32_t rule = 0; rule < SEAM_RULE_COUNT; rule++) {
    const uint64_t count = seam_monitor_count(&environment->monitor, (seam_rule)rule);
    if (count == 0) continue;
    if (napi_create_int64(env, (int64_t)count, &value) != napi_ok ||
        napi_set_named_property(env, object, seam_rule_name((seam_rule)rule), value) != napi_ok)
      return NULL;
  }
  return object;
}

static napi_value simd_name(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value name = NULL;
  napi_create_string_utf8(env, tc_kernels_active()->name, NAPI_AUTO_LENGTH, &name);
  return name;
}

/* Does nothing: what a crossing costs by itself, for the benchmarks. */
static napi_value nothing(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  return NULL;
}

bool tc_bridge_state_register(napi_env env, napi_value exports, tc_environment *environment) {
  return tc_bridge_export(env, exports, environment, "setFlag", set_flag) &&
         tc_bridge_export(env, exports, environment, "listFlags", list_flags) &&
         tc_bridge_export(env, exports, environment, "metricsBlock", metrics_block) &&
         tc_bridge_export(env, exports, environment, "misuseCounts", misuse_counts) &&
         tc_bridge_export(env, exports, environment, "simdName", simd_name) &&
         tc_bridge_export(env, exports, environment, "nothing", nothing);
}
