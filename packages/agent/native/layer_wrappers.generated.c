/* Made by scripts/gen-napi-wrappers.mjs from node-api-headers. Do not edit. */
#include "layer.h"

napi_status lyr_napi_coerce_to_bool(napi_env env, napi_value value, napi_value *result) {
  LYR_BEGIN(napi_coerce_to_bool, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_coerce_to_bool)(env, value, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_coerce_to_number(napi_env env, napi_value value, napi_value *result) {
  LYR_BEGIN(napi_coerce_to_number, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_coerce_to_number)(env, value, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_coerce_to_object(napi_env env, napi_value value, napi_value *result) {
  LYR_BEGIN(napi_coerce_to_object, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_coerce_to_object)(env, value, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_coerce_to_string(napi_env env, napi_value value, napi_value *result) {
  LYR_BEGIN(napi_coerce_to_string, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_coerce_to_string)(env, value, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_array(napi_env env, napi_value *result) {
  LYR_BEGIN(napi_create_array, env);
  napi_status status = LYR_REAL(napi_create_array)(env, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_array_with_length(napi_env env, size_t length, napi_value *result) {
  LYR_BEGIN(napi_create_array_with_length, env);
  napi_status status = LYR_REAL(napi_create_array_with_length)(env, length, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_bigint_int64(napi_env env, int64_t value, napi_value *result) {
  LYR_BEGIN(napi_create_bigint_int64, env);
  napi_status status = LYR_REAL(napi_create_bigint_int64)(env, value, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_bigint_uint64(napi_env env, uint64_t value, napi_value *result) {
  LYR_BEGIN(napi_create_bigint_uint64, env);
  napi_status status = LYR_REAL(napi_create_bigint_uint64)(env, value, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_bigint_words(napi_env env, int sign_bit, size_t word_count, const uint64_t *words, napi_value *result) {
  LYR_BEGIN(napi_create_bigint_words, env);
  napi_status status = LYR_REAL(napi_create_bigint_words)(env, sign_bit, word_count, words, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_dataview(napi_env env, size_t length, napi_value arraybuffer, size_t byte_offset, napi_value *result) {
  LYR_BEGIN(napi_create_dataview, env);
  LYR_USE(arraybuffer);
  napi_status status = LYR_REAL(napi_create_dataview)(env, length, arraybuffer, byte_offset, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_date(napi_env env, double time, napi_value *result) {
  LYR_BEGIN(napi_create_date, env);
  napi_status status = LYR_REAL(napi_create_date)(env, time, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_double(napi_env env, double value, napi_value *result) {
  LYR_BEGIN(napi_create_double, env);
  napi_status status = LYR_REAL(napi_create_double)(env, value, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_error(napi_env env, napi_value code, napi_value msg, napi_value *result) {
  LYR_BEGIN(napi_create_error, env);
  LYR_USE(code);
  LYR_USE(msg);
  napi_status status = LYR_REAL(napi_create_error)(env, code, msg, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_int32(napi_env env, int32_t value, napi_value *result) {
  LYR_BEGIN(napi_create_int32, env);
  napi_status status = LYR_REAL(napi_create_int32)(env, value, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_int64(napi_env env, int64_t value, napi_value *result) {
  LYR_BEGIN(napi_create_int64, env);
  napi_status status = LYR_REAL(napi_create_int64)(env, value, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_object(napi_env env, napi_value *result) {
  LYR_BEGIN(napi_create_object, env);
  napi_status status = LYR_REAL(napi_create_object)(env, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_range_error(napi_env env, napi_value code, napi_value msg, napi_value *result) {
  LYR_BEGIN(napi_create_range_error, env);
  LYR_USE(code);
  LYR_USE(msg);
  napi_status status = LYR_REAL(napi_create_range_error)(env, code, msg, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_symbol(napi_env env, napi_value description, napi_value *result) {
  LYR_BEGIN(napi_create_symbol, env);
  LYR_USE(description);
  napi_status status = LYR_REAL(napi_create_symbol)(env, description, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_type_error(napi_env env, napi_value code, napi_value msg, napi_value *result) {
  LYR_BEGIN(napi_create_type_error, env);
  LYR_USE(code);
  LYR_USE(msg);
  napi_status status = LYR_REAL(napi_create_type_error)(env, code, msg, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_typedarray(napi_env env, napi_typedarray_type type, size_t length, napi_value arraybuffer, size_t byte_offset, napi_value *result) {
  LYR_BEGIN(napi_create_typedarray, env);
  LYR_USE(arraybuffer);
  napi_status status = LYR_REAL(napi_create_typedarray)(env, type, length, arraybuffer, byte_offset, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_create_uint32(napi_env env, uint32_t value, napi_value *result) {
  LYR_BEGIN(napi_create_uint32, env);
  napi_status status = LYR_REAL(napi_create_uint32)(env, value, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_delete_element(napi_env env, napi_value object, uint32_t index, bool *result) {
  LYR_BEGIN(napi_delete_element, env);
  LYR_USE(object);
  napi_status status = LYR_REAL(napi_delete_element)(env, object, index, result);
  return LYR_END(status);
}

napi_status lyr_napi_delete_property(napi_env env, napi_value object, napi_value key, bool *result) {
  LYR_BEGIN(napi_delete_property, env);
  LYR_USE(object);
  LYR_USE(key);
  napi_status status = LYR_REAL(napi_delete_property)(env, object, key, result);
  return LYR_END(status);
}

napi_status lyr_napi_fatal_exception(napi_env env, napi_value err) {
  LYR_BEGIN(napi_fatal_exception, env);
  LYR_USE(err);
  napi_status status = LYR_REAL(napi_fatal_exception)(env, err);
  return LYR_END(status);
}

napi_status lyr_napi_get_all_property_names(napi_env env, napi_value object, napi_key_collection_mode key_mode, napi_key_filter key_filter, napi_key_conversion key_conversion, napi_value *result) {
  LYR_BEGIN(napi_get_all_property_names, env);
  LYR_USE(object);
  napi_status status = LYR_REAL(napi_get_all_property_names)(env, object, key_mode, key_filter, key_conversion, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_array_length(napi_env env, napi_value value, uint32_t *result) {
  LYR_BEGIN(napi_get_array_length, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_get_array_length)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_boolean(napi_env env, bool value, napi_value *result) {
  LYR_BEGIN(napi_get_boolean, env);
  napi_status status = LYR_REAL(napi_get_boolean)(env, value, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_date_value(napi_env env, napi_value value, double *result) {
  LYR_BEGIN(napi_get_date_value, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_get_date_value)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_element(napi_env env, napi_value object, uint32_t index, napi_value *result) {
  LYR_BEGIN(napi_get_element, env);
  LYR_USE(object);
  napi_status status = LYR_REAL(napi_get_element)(env, object, index, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_global(napi_env env, napi_value *result) {
  LYR_BEGIN(napi_get_global, env);
  napi_status status = LYR_REAL(napi_get_global)(env, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_instance_data(napi_env env, void **data) {
  LYR_BEGIN(napi_get_instance_data, env);
  napi_status status = LYR_REAL(napi_get_instance_data)(env, data);
  return LYR_END(status);
}

napi_status lyr_napi_get_named_property(napi_env env, napi_value object, const char *utf8name, napi_value *result) {
  LYR_BEGIN(napi_get_named_property, env);
  LYR_USE(object);
  napi_status status = LYR_REAL(napi_get_named_property)(env, object, utf8name, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_node_version(napi_env env, const napi_node_version **version) {
  LYR_BEGIN(napi_get_node_version, env);
  napi_status status = LYR_REAL(napi_get_node_version)(env, version);
  return LYR_END(status);
}

napi_status lyr_napi_get_null(napi_env env, napi_value *result) {
  LYR_BEGIN(napi_get_null, env);
  napi_status status = LYR_REAL(napi_get_null)(env, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_property(napi_env env, napi_value object, napi_value key, napi_value *result) {
  LYR_BEGIN(napi_get_property, env);
  LYR_USE(object);
  LYR_USE(key);
  napi_status status = LYR_REAL(napi_get_property)(env, object, key, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_property_names(napi_env env, napi_value object, napi_value *result) {
  LYR_BEGIN(napi_get_property_names, env);
  LYR_USE(object);
  napi_status status = LYR_REAL(napi_get_property_names)(env, object, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_prototype(napi_env env, napi_value object, napi_value *result) {
  LYR_BEGIN(napi_get_prototype, env);
  LYR_USE(object);
  napi_status status = LYR_REAL(napi_get_prototype)(env, object, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_undefined(napi_env env, napi_value *result) {
  LYR_BEGIN(napi_get_undefined, env);
  napi_status status = LYR_REAL(napi_get_undefined)(env, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_uv_event_loop(napi_env env, void **loop) {
  LYR_BEGIN(napi_get_uv_event_loop, env);
  napi_status status = LYR_REAL(napi_get_uv_event_loop)(env, loop);
  return LYR_END(status);
}

napi_status lyr_napi_get_value_bigint_int64(napi_env env, napi_value value, int64_t *result, bool *lossless) {
  LYR_BEGIN(napi_get_value_bigint_int64, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_get_value_bigint_int64)(env, value, result, lossless);
  return LYR_END(status);
}

napi_status lyr_napi_get_value_bigint_uint64(napi_env env, napi_value value, uint64_t *result, bool *lossless) {
  LYR_BEGIN(napi_get_value_bigint_uint64, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_get_value_bigint_uint64)(env, value, result, lossless);
  return LYR_END(status);
}

napi_status lyr_napi_get_value_bigint_words(napi_env env, napi_value value, int *sign_bit, size_t *word_count, uint64_t *words) {
  LYR_BEGIN(napi_get_value_bigint_words, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_get_value_bigint_words)(env, value, sign_bit, word_count, words);
  return LYR_END(status);
}

napi_status lyr_napi_get_value_bool(napi_env env, napi_value value, bool *result) {
  LYR_BEGIN(napi_get_value_bool, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_get_value_bool)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_value_double(napi_env env, napi_value value, double *result) {
  LYR_BEGIN(napi_get_value_double, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_get_value_double)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_value_int32(napi_env env, napi_value value, int32_t *result) {
  LYR_BEGIN(napi_get_value_int32, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_get_value_int32)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_value_int64(napi_env env, napi_value value, int64_t *result) {
  LYR_BEGIN(napi_get_value_int64, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_get_value_int64)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_value_uint32(napi_env env, napi_value value, uint32_t *result) {
  LYR_BEGIN(napi_get_value_uint32, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_get_value_uint32)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_get_version(napi_env env, uint32_t *result) {
  LYR_BEGIN(napi_get_version, env);
  napi_status status = LYR_REAL(napi_get_version)(env, result);
  return LYR_END(status);
}

napi_status lyr_napi_has_element(napi_env env, napi_value object, uint32_t index, bool *result) {
  LYR_BEGIN(napi_has_element, env);
  LYR_USE(object);
  napi_status status = LYR_REAL(napi_has_element)(env, object, index, result);
  return LYR_END(status);
}

napi_status lyr_napi_has_named_property(napi_env env, napi_value object, const char *utf8name, bool *result) {
  LYR_BEGIN(napi_has_named_property, env);
  LYR_USE(object);
  napi_status status = LYR_REAL(napi_has_named_property)(env, object, utf8name, result);
  return LYR_END(status);
}

napi_status lyr_napi_has_own_property(napi_env env, napi_value object, napi_value key, bool *result) {
  LYR_BEGIN(napi_has_own_property, env);
  LYR_USE(object);
  LYR_USE(key);
  napi_status status = LYR_REAL(napi_has_own_property)(env, object, key, result);
  return LYR_END(status);
}

napi_status lyr_napi_has_property(napi_env env, napi_value object, napi_value key, bool *result) {
  LYR_BEGIN(napi_has_property, env);
  LYR_USE(object);
  LYR_USE(key);
  napi_status status = LYR_REAL(napi_has_property)(env, object, key, result);
  return LYR_END(status);
}

napi_status lyr_napi_is_array(napi_env env, napi_value value, bool *result) {
  LYR_BEGIN(napi_is_array, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_is_array)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_is_arraybuffer(napi_env env, napi_value value, bool *result) {
  LYR_BEGIN(napi_is_arraybuffer, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_is_arraybuffer)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_is_buffer(napi_env env, napi_value value, bool *result) {
  LYR_BEGIN(napi_is_buffer, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_is_buffer)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_is_dataview(napi_env env, napi_value value, bool *result) {
  LYR_BEGIN(napi_is_dataview, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_is_dataview)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_is_date(napi_env env, napi_value value, bool *is_date) {
  LYR_BEGIN(napi_is_date, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_is_date)(env, value, is_date);
  return LYR_END(status);
}

napi_status lyr_napi_is_detached_arraybuffer(napi_env env, napi_value value, bool *result) {
  LYR_BEGIN(napi_is_detached_arraybuffer, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_is_detached_arraybuffer)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_is_error(napi_env env, napi_value value, bool *result) {
  LYR_BEGIN(napi_is_error, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_is_error)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_is_exception_pending(napi_env env, bool *result) {
  LYR_BEGIN(napi_is_exception_pending, env);
  napi_status status = LYR_REAL(napi_is_exception_pending)(env, result);
  return LYR_END(status);
}

napi_status lyr_napi_is_promise(napi_env env, napi_value value, bool *is_promise) {
  LYR_BEGIN(napi_is_promise, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_is_promise)(env, value, is_promise);
  return LYR_END(status);
}

napi_status lyr_napi_is_typedarray(napi_env env, napi_value value, bool *result) {
  LYR_BEGIN(napi_is_typedarray, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_is_typedarray)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_napi_object_freeze(napi_env env, napi_value object) {
  LYR_BEGIN(napi_object_freeze, env);
  LYR_USE(object);
  napi_status status = LYR_REAL(napi_object_freeze)(env, object);
  return LYR_END(status);
}

napi_status lyr_napi_object_seal(napi_env env, napi_value object) {
  LYR_BEGIN(napi_object_seal, env);
  LYR_USE(object);
  napi_status status = LYR_REAL(napi_object_seal)(env, object);
  return LYR_END(status);
}

napi_status lyr_napi_run_script(napi_env env, napi_value script, napi_value *result) {
  LYR_BEGIN(napi_run_script, env);
  LYR_USE(script);
  napi_status status = LYR_REAL(napi_run_script)(env, script, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_napi_set_element(napi_env env, napi_value object, uint32_t index, napi_value value) {
  LYR_BEGIN(napi_set_element, env);
  LYR_USE(object);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_set_element)(env, object, index, value);
  return LYR_END(status);
}

napi_status lyr_napi_strict_equals(napi_env env, napi_value lhs, napi_value rhs, bool *result) {
  LYR_BEGIN(napi_strict_equals, env);
  LYR_USE(lhs);
  LYR_USE(rhs);
  napi_status status = LYR_REAL(napi_strict_equals)(env, lhs, rhs, result);
  return LYR_END(status);
}

napi_status lyr_napi_type_tag_object(napi_env env, napi_value value, const napi_type_tag *type_tag) {
  LYR_BEGIN(napi_type_tag_object, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_type_tag_object)(env, value, type_tag);
  return LYR_END(status);
}

napi_status lyr_napi_typeof(napi_env env, napi_value value, napi_valuetype *result) {
  LYR_BEGIN(napi_typeof, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(napi_typeof)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_node_api_create_buffer_from_arraybuffer(napi_env env, napi_value arraybuffer, size_t byte_offset, size_t byte_length, napi_value *result) {
  LYR_BEGIN(node_api_create_buffer_from_arraybuffer, env);
  LYR_USE(arraybuffer);
  napi_status status = LYR_REAL(node_api_create_buffer_from_arraybuffer)(env, arraybuffer, byte_offset, byte_length, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_node_api_create_external_sharedarraybuffer(napi_env env, void *external_data, size_t byte_length, node_api_noenv_finalize finalize_cb, void *finalize_hint, napi_value *result) {
  LYR_BEGIN(node_api_create_external_sharedarraybuffer, env);
  napi_status status = LYR_REAL(node_api_create_external_sharedarraybuffer)(env, external_data, byte_length, finalize_cb, finalize_hint, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_node_api_create_object_with_properties(napi_env env, napi_value prototype_or_null, const napi_value *property_names, const napi_value *property_values, size_t property_count, napi_value *result) {
  LYR_BEGIN(node_api_create_object_with_properties, env);
  LYR_USE(prototype_or_null);
  napi_status status = LYR_REAL(node_api_create_object_with_properties)(env, prototype_or_null, property_names, property_values, property_count, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_node_api_create_property_key_latin1(napi_env env, const char *str, size_t length, napi_value *result) {
  LYR_BEGIN(node_api_create_property_key_latin1, env);
  napi_status status = LYR_REAL(node_api_create_property_key_latin1)(env, str, length, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_node_api_create_property_key_utf16(napi_env env, const uint16_t *str, size_t length, napi_value *result) {
  LYR_BEGIN(node_api_create_property_key_utf16, env);
  napi_status status = LYR_REAL(node_api_create_property_key_utf16)(env, str, length, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_node_api_create_property_key_utf8(napi_env env, const char *str, size_t length, napi_value *result) {
  LYR_BEGIN(node_api_create_property_key_utf8, env);
  napi_status status = LYR_REAL(node_api_create_property_key_utf8)(env, str, length, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_node_api_create_sharedarraybuffer(napi_env env, size_t byte_length, void **data, napi_value *result) {
  LYR_BEGIN(node_api_create_sharedarraybuffer, env);
  napi_status status = LYR_REAL(node_api_create_sharedarraybuffer)(env, byte_length, data, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_node_api_create_syntax_error(napi_env env, napi_value code, napi_value msg, napi_value *result) {
  LYR_BEGIN(node_api_create_syntax_error, env);
  LYR_USE(code);
  LYR_USE(msg);
  napi_status status = LYR_REAL(node_api_create_syntax_error)(env, code, msg, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

napi_status lyr_node_api_get_module_file_name(napi_env env, const char **result) {
  LYR_BEGIN(node_api_get_module_file_name, env);
  napi_status status = LYR_REAL(node_api_get_module_file_name)(env, result);
  return LYR_END(status);
}

napi_status lyr_node_api_is_sharedarraybuffer(napi_env env, napi_value value, bool *result) {
  LYR_BEGIN(node_api_is_sharedarraybuffer, env);
  LYR_USE(value);
  napi_status status = LYR_REAL(node_api_is_sharedarraybuffer)(env, value, result);
  return LYR_END(status);
}

napi_status lyr_node_api_set_prototype(napi_env env, napi_value object, napi_value value) {
  LYR_BEGIN(node_api_set_prototype, env);
  LYR_USE(object);
  LYR_USE(value);
  napi_status status = LYR_REAL(node_api_set_prototype)(env, object, value);
  return LYR_END(status);
}

napi_status lyr_node_api_symbol_for(napi_env env, const char *utf8description, size_t length, napi_value *result) {
  LYR_BEGIN(node_api_symbol_for, env);
  napi_status status = LYR_REAL(node_api_symbol_for)(env, utf8description, length, result);
  LYR_MADE(status, result);
  return LYR_END(status);
}

const struct lyr_function_entry g_lyr_functions[LYR_FUNCTIONS] = {
    {"napi_acquire_threadsafe_function", (void *)lyr_napi_acquire_threadsafe_function, {16}},
    {"napi_add_async_cleanup_hook", (void *)lyr_napi_add_async_cleanup_hook, {0}},
    {"napi_add_env_cleanup_hook", (void *)lyr_napi_add_env_cleanup_hook, {0}},
    {"napi_add_finalizer", (void *)lyr_napi_add_finalizer, {2}},
    {"napi_adjust_external_memory", (void *)lyr_napi_adjust_external_memory, {0}},
    {"napi_async_destroy", (void *)lyr_napi_async_destroy, {0}},
    {"napi_async_init", (void *)lyr_napi_async_init, {9}},
    {"napi_call_function", (void *)lyr_napi_call_function, {10, 23}},
    {"napi_call_threadsafe_function", (void *)lyr_napi_call_threadsafe_function, {16, 15}},
    {"napi_cancel_async_work", (void *)lyr_napi_cancel_async_work, {9}},
    {"napi_check_object_type_tag", (void *)lyr_napi_check_object_type_tag, {2, 10}},
    {"napi_close_callback_scope", (void *)lyr_napi_close_callback_scope, {0}},
    {"napi_close_escapable_handle_scope", (void *)lyr_napi_close_escapable_handle_scope, {0}},
    {"napi_close_handle_scope", (void *)lyr_napi_close_handle_scope, {0}},
    {"napi_coerce_to_bool", (void *)lyr_napi_coerce_to_bool, {0}},
    {"napi_coerce_to_number", (void *)lyr_napi_coerce_to_number, {10}},
    {"napi_coerce_to_object", (void *)lyr_napi_coerce_to_object, {2, 10}},
    {"napi_coerce_to_string", (void *)lyr_napi_coerce_to_string, {10}},
    {"napi_create_array", (void *)lyr_napi_create_array, {0}},
    {"napi_create_array_with_length", (void *)lyr_napi_create_array_with_length, {0}},
    {"napi_create_arraybuffer", (void *)lyr_napi_create_arraybuffer, {10}},
    {"napi_create_async_work", (void *)lyr_napi_create_async_work, {9}},
    {"napi_create_bigint_int64", (void *)lyr_napi_create_bigint_int64, {0}},
    {"napi_create_bigint_uint64", (void *)lyr_napi_create_bigint_uint64, {0}},
    {"napi_create_bigint_words", (void *)lyr_napi_create_bigint_words, {10}},
    {"napi_create_buffer", (void *)lyr_napi_create_buffer, {9, 10}},
    {"napi_create_buffer_copy", (void *)lyr_napi_create_buffer_copy, {9, 10}},
    {"napi_create_dataview", (void *)lyr_napi_create_dataview, {10}},
    {"napi_create_date", (void *)lyr_napi_create_date, {9}},
    {"napi_create_double", (void *)lyr_napi_create_double, {0}},
    {"napi_create_error", (void *)lyr_napi_create_error, {0}},
    {"napi_create_external", (void *)lyr_napi_create_external, {9, 10}},
    {"napi_create_external_arraybuffer", (void *)lyr_napi_create_external_arraybuffer, {22, 10}},
    {"napi_create_external_buffer", (void *)lyr_napi_create_external_buffer, {22, 10}},
    {"napi_create_function", (void *)lyr_napi_create_function, {9, 10}},
    {"napi_create_int32", (void *)lyr_napi_create_int32, {0}},
    {"napi_create_int64", (void *)lyr_napi_create_int64, {0}},
    {"napi_create_object", (void *)lyr_napi_create_object, {0}},
    {"napi_create_promise", (void *)lyr_napi_create_promise, {9, 10}},
    {"napi_create_range_error", (void *)lyr_napi_create_range_error, {0}},
    {"napi_create_reference", (void *)lyr_napi_create_reference, {9}},
    {"napi_create_string_latin1", (void *)lyr_napi_create_string_latin1, {9}},
    {"napi_create_string_utf16", (void *)lyr_napi_create_string_utf16, {9}},
    {"napi_create_string_utf8", (void *)lyr_napi_create_string_utf8, {9}},
    {"napi_create_symbol", (void *)lyr_napi_create_symbol, {0}},
    {"napi_create_threadsafe_function", (void *)lyr_napi_create_threadsafe_function, {9}},
    {"napi_create_type_error", (void *)lyr_napi_create_type_error, {0}},
    {"napi_create_typedarray", (void *)lyr_napi_create_typedarray, {10}},
    {"napi_create_uint32", (void *)lyr_napi_create_uint32, {0}},
    {"napi_define_class", (void *)lyr_napi_define_class, {10, 9}},
    {"napi_define_properties", (void *)lyr_napi_define_properties, {10, 2}},
    {"napi_delete_async_work", (void *)lyr_napi_delete_async_work, {0}},
    {"napi_delete_element", (void *)lyr_napi_delete_element, {10, 2}},
    {"napi_delete_property", (void *)lyr_napi_delete_property, {10, 2}},
    {"napi_delete_reference", (void *)lyr_napi_delete_reference, {0}},
    {"napi_detach_arraybuffer", (void *)lyr_napi_detach_arraybuffer, {20, 1}},
    {"napi_escape_handle", (void *)lyr_napi_escape_handle, {0}},
    {"napi_fatal_error", (void *)lyr_napi_fatal_error, {0}},
    {"napi_fatal_exception", (void *)lyr_napi_fatal_exception, {0}},
    {"napi_get_all_property_names", (void *)lyr_napi_get_all_property_names, {10, 2}},
    {"napi_get_and_clear_last_exception", (void *)lyr_napi_get_and_clear_last_exception, {0}},
    {"napi_get_array_length", (void *)lyr_napi_get_array_length, {8}},
    {"napi_get_arraybuffer_info", (void *)lyr_napi_get_arraybuffer_info, {1}},
    {"napi_get_boolean", (void *)lyr_napi_get_boolean, {0}},
    {"napi_get_buffer_info", (void *)lyr_napi_get_buffer_info, {1}},
    {"napi_get_cb_info", (void *)lyr_napi_get_cb_info, {0}},
    {"napi_get_dataview_info", (void *)lyr_napi_get_dataview_info, {1}},
    {"napi_get_date_value", (void *)lyr_napi_get_date_value, {18}},
    {"napi_get_element", (void *)lyr_napi_get_element, {10, 2}},
    {"napi_get_global", (void *)lyr_napi_get_global, {0}},
    {"napi_get_instance_data", (void *)lyr_napi_get_instance_data, {0}},
    {"napi_get_last_error_info", (void *)lyr_napi_get_last_error_info, {0}},
    {"napi_get_named_property", (void *)lyr_napi_get_named_property, {10, 2}},
    {"napi_get_new_target", (void *)lyr_napi_get_new_target, {0}},
    {"napi_get_node_version", (void *)lyr_napi_get_node_version, {0}},
    {"napi_get_null", (void *)lyr_napi_get_null, {0}},
    {"napi_get_property", (void *)lyr_napi_get_property, {10, 2}},
    {"napi_get_property_names", (void *)lyr_napi_get_property_names, {10, 2}},
    {"napi_get_prototype", (void *)lyr_napi_get_prototype, {2}},
    {"napi_get_reference_value", (void *)lyr_napi_get_reference_value, {0}},
    {"napi_get_threadsafe_function_context", (void *)lyr_napi_get_threadsafe_function_context, {0}},
    {"napi_get_typedarray_info", (void *)lyr_napi_get_typedarray_info, {1}},
    {"napi_get_undefined", (void *)lyr_napi_get_undefined, {0}},
    {"napi_get_uv_event_loop", (void *)lyr_napi_get_uv_event_loop, {9}},
    {"napi_get_value_bigint_int64", (void *)lyr_napi_get_value_bigint_int64, {17}},
    {"napi_get_value_bigint_uint64", (void *)lyr_napi_get_value_bigint_uint64, {17}},
    {"napi_get_value_bigint_words", (void *)lyr_napi_get_value_bigint_words, {17}},
    {"napi_get_value_bool", (void *)lyr_napi_get_value_bool, {7}},
    {"napi_get_value_double", (void *)lyr_napi_get_value_double, {6}},
    {"napi_get_value_external", (void *)lyr_napi_get_value_external, {1}},
    {"napi_get_value_int32", (void *)lyr_napi_get_value_int32, {6}},
    {"napi_get_value_int64", (void *)lyr_napi_get_value_int64, {6}},
    {"napi_get_value_string_latin1", (void *)lyr_napi_get_value_string_latin1, {3}},
    {"napi_get_value_string_utf16", (void *)lyr_napi_get_value_string_utf16, {3}},
    {"napi_get_value_string_utf8", (void *)lyr_napi_get_value_string_utf8, {3}},
    {"napi_get_value_uint32", (void *)lyr_napi_get_value_uint32, {6}},
    {"napi_get_version", (void *)lyr_napi_get_version, {0}},
    {"napi_has_element", (void *)lyr_napi_has_element, {10, 2}},
    {"napi_has_named_property", (void *)lyr_napi_has_named_property, {10, 2}},
    {"napi_has_own_property", (void *)lyr_napi_has_own_property, {10, 4}},
    {"napi_has_property", (void *)lyr_napi_has_property, {10, 2}},
    {"napi_instanceof", (void *)lyr_napi_instanceof, {10, 5}},
    {"napi_is_array", (void *)lyr_napi_is_array, {0}},
    {"napi_is_arraybuffer", (void *)lyr_napi_is_arraybuffer, {0}},
    {"napi_is_buffer", (void *)lyr_napi_is_buffer, {0}},
    {"napi_is_dataview", (void *)lyr_napi_is_dataview, {0}},
    {"napi_is_date", (void *)lyr_napi_is_date, {0}},
    {"napi_is_detached_arraybuffer", (void *)lyr_napi_is_detached_arraybuffer, {0}},
    {"napi_is_error", (void *)lyr_napi_is_error, {0}},
    {"napi_is_exception_pending", (void *)lyr_napi_is_exception_pending, {0}},
    {"napi_is_promise", (void *)lyr_napi_is_promise, {0}},
    {"napi_is_typedarray", (void *)lyr_napi_is_typedarray, {0}},
    {"napi_make_callback", (void *)lyr_napi_make_callback, {10}},
    {"napi_module_register", (void *)lyr_napi_module_register, {0}},
    {"napi_new_instance", (void *)lyr_napi_new_instance, {10, 23}},
    {"napi_object_freeze", (void *)lyr_napi_object_freeze, {10}},
    {"napi_object_seal", (void *)lyr_napi_object_seal, {10}},
    {"napi_open_callback_scope", (void *)lyr_napi_open_callback_scope, {0}},
    {"napi_open_escapable_handle_scope", (void *)lyr_napi_open_escapable_handle_scope, {0}},
    {"napi_open_handle_scope", (void *)lyr_napi_open_handle_scope, {0}},
    {"napi_queue_async_work", (void *)lyr_napi_queue_async_work, {9}},
    {"napi_ref_threadsafe_function", (void *)lyr_napi_ref_threadsafe_function, {0}},
    {"napi_reference_ref", (void *)lyr_napi_reference_ref, {0}},
    {"napi_reference_unref", (void *)lyr_napi_reference_unref, {0}},
    {"napi_reject_deferred", (void *)lyr_napi_reject_deferred, {0}},
    {"napi_release_threadsafe_function", (void *)lyr_napi_release_threadsafe_function, {0}},
    {"napi_remove_async_cleanup_hook", (void *)lyr_napi_remove_async_cleanup_hook, {0}},
    {"napi_remove_env_cleanup_hook", (void *)lyr_napi_remove_env_cleanup_hook, {0}},
    {"napi_remove_wrap", (void *)lyr_napi_remove_wrap, {1}},
    {"napi_resolve_deferred", (void *)lyr_napi_resolve_deferred, {0}},
    {"napi_run_script", (void *)lyr_napi_run_script, {10}},
    {"napi_set_element", (void *)lyr_napi_set_element, {10, 2}},
    {"napi_set_instance_data", (void *)lyr_napi_set_instance_data, {0}},
    {"napi_set_named_property", (void *)lyr_napi_set_named_property, {10, 2}},
    {"napi_set_property", (void *)lyr_napi_set_property, {10, 2}},
    {"napi_strict_equals", (void *)lyr_napi_strict_equals, {10}},
    {"napi_throw", (void *)lyr_napi_throw, {0}},
    {"napi_throw_error", (void *)lyr_napi_throw_error, {0}},
    {"napi_throw_range_error", (void *)lyr_napi_throw_range_error, {0}},
    {"napi_throw_type_error", (void *)lyr_napi_throw_type_error, {0}},
    {"napi_type_tag_object", (void *)lyr_napi_type_tag_object, {1, 10}},
    {"napi_typeof", (void *)lyr_napi_typeof, {0}},
    {"napi_unref_threadsafe_function", (void *)lyr_napi_unref_threadsafe_function, {0}},
    {"napi_unwrap", (void *)lyr_napi_unwrap, {1}},
    {"napi_wrap", (void *)lyr_napi_wrap, {10, 1}},
    {"node_api_create_buffer_from_arraybuffer", (void *)lyr_node_api_create_buffer_from_arraybuffer, {9, 10}},
    {"node_api_create_external_sharedarraybuffer", (void *)lyr_node_api_create_external_sharedarraybuffer, {22}},
    {"node_api_create_external_string_latin1", (void *)lyr_node_api_create_external_string_latin1, {9}},
    {"node_api_create_external_string_utf16", (void *)lyr_node_api_create_external_string_utf16, {9}},
    {"node_api_create_object_with_properties", (void *)lyr_node_api_create_object_with_properties, {0}},
    {"node_api_create_property_key_latin1", (void *)lyr_node_api_create_property_key_latin1, {9}},
    {"node_api_create_property_key_utf16", (void *)lyr_node_api_create_property_key_utf16, {9}},
    {"node_api_create_property_key_utf8", (void *)lyr_node_api_create_property_key_utf8, {9}},
    {"node_api_create_sharedarraybuffer", (void *)lyr_node_api_create_sharedarraybuffer, {9}},
    {"node_api_create_syntax_error", (void *)lyr_node_api_create_syntax_error, {0}},
    {"node_api_get_module_file_name", (void *)lyr_node_api_get_module_file_name, {0}},
    {"node_api_is_sharedarraybuffer", (void *)lyr_node_api_is_sharedarraybuffer, {0}},
    {"node_api_post_finalizer", (void *)lyr_node_api_post_finalizer, {0}},
    {"node_api_set_prototype", (void *)lyr_node_api_set_prototype, {2, 10}},
    {"node_api_symbol_for", (void *)lyr_node_api_symbol_for, {0}},
    {"node_api_throw_syntax_error", (void *)lyr_node_api_throw_syntax_error, {0}},
};
