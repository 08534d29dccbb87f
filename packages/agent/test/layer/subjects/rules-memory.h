/* Twins about memory, buffers and statuses; part of rules.c. */

/* ------------------------------------------------------------------------------------------------------------ handoff */

static napi_value number(napi_env env) {
  napi_value made;
  napi_create_int32(env, 7, &made);
  return made;
}
/* A number cannot be wrapped: the call fails, and the block is still ours. */
static void wrap_number(napi_env env, bool frees) {
  void *data = malloc(40);
  if (napi_wrap(env, number(env), data, free_data, NULL, NULL) != napi_ok && frees) free(data);
}
CASE(HANDOFF_008_bad) { UNUSED(info); wrap_number(env, false); return NULL; }
CASE(HANDOFF_008_good) { UNUSED(info); wrap_number(env, true); return NULL; }
/* Where external buffers are refused, as in Electron. */
static void external_or_copy(napi_env env, bool frees) {
  void *data = calloc(1, 96), *copy;
  napi_value made;
  if (napi_create_external_buffer(env, 96, data, free_data, NULL, &made) == napi_ok) return;
  napi_create_buffer_copy(env, 96, data, &copy, &made);
  if (frees) free(data);
}
CASE(refused_bad) { UNUSED(info); external_or_copy(env, false); return NULL; }
CASE(refused_good) { UNUSED(info); external_or_copy(env, true); return NULL; }
CASE(HANDOFF_009_bad) { UNUSED(info); napi_wrap(env, object(env), malloc(24), NULL, NULL, NULL); return NULL; }
CASE(HANDOFF_009_good) { UNUSED(info); napi_wrap(env, object(env), malloc(24), free_data, NULL, NULL); return NULL; }
static napi_value wrap_pair(napi_env env, void *first, void *second, napi_finalize finalize) {
  napi_value pair = object(env), inner = object(env);
  napi_wrap(env, pair, first, finalize, NULL, NULL);
  napi_wrap(env, inner, second, finalize, NULL, NULL);
  napi_set_named_property(env, pair, "inner", inner);
  return pair;
}
CASE(HANDOFF_010_bad) {
  UNUSED(info);
  void *data = malloc(56);
  return wrap_pair(env, data, data, finalize_calm);
}
CASE(HANDOFF_010_good) { UNUSED(info); return wrap_pair(env, malloc(56), malloc(56), free_data); }

static napi_value construct(napi_env env, napi_callback_info info) {
  napi_value receiver;
  napi_get_cb_info(env, info, NULL, NULL, &receiver, NULL);
  napi_wrap(env, receiver, malloc(72), free_data, NULL, NULL);
  return receiver;
}
static napi_value class_of(napi_env env, const char *name) {
  napi_value class;
  napi_define_class(env, name, NAPI_AUTO_LENGTH, construct, (void *)name, 0, NULL, &class);
  return class;
}
static void poke(napi_env env, napi_value class, napi_value value, bool asks) {
  void *data = NULL;
  bool is_one = true;
  if (asks) napi_instanceof(env, value, class, &is_one);
  if (is_one) napi_unwrap(env, value, &data);
}
static void poke_both(napi_env env, bool asks) {
  napi_value image = class_of(env, "Image"), wheel = class_of(env, "Wheel"), one, other;
  napi_new_instance(env, image, 0, NULL, &one);
  napi_new_instance(env, wheel, 0, NULL, &other);
  poke(env, image, one, asks);
  poke(env, image, other, asks);
}
CASE(HANDOFF_011_bad) { UNUSED(info); poke_both(env, false); return NULL; }
CASE(HANDOFF_011_good) { UNUSED(info); poke_both(env, true); return NULL; }

static napi_value run_text(napi_env env, const char *code) {
  napi_value result = NULL;
  napi_run_script(env, text(env, code), &result);
  return result;
}
static void with_buffer(napi_env env, const char *function) {
  napi_value buffer, undefined, result;
  void *data;
  napi_get_undefined(env, &undefined);
  napi_create_arraybuffer(env, 128, &data, &buffer);
  napi_call_function(env, undefined, run_text(env, function), 1, &buffer, &result);
}
CASE(HANDOFF_012_bad) { UNUSED(info); with_buffer(env, "(b) => structuredClone(b, { transfer: [b] })"); return NULL; }
CASE(HANDOFF_012_good) { UNUSED(info); with_buffer(env, "(b) => b.byteLength"); return NULL; }

/* ----------------------------------------------------------------------------------------- async work and its buffers */

struct reader { napi_async_work work; void *bytes; napi_ref keep; };
static void read_bytes(napi_env env, void *data) {
  UNUSED(env), UNUSED(data);
  usleep(150000);
}
static void read_done(napi_env env, napi_status status, void *data) {
  struct reader *reader = data;
  UNUSED(status);
  if (reader->keep) napi_delete_reference(env, reader->keep);
  napi_delete_async_work(env, reader->work);
  free(reader);
}
static napi_value read_buffer(napi_env env, bool is_referenced) {
  struct reader *reader = calloc(1, sizeof *reader);
  napi_value buffer;
  napi_create_arraybuffer(env, 4096, &reader->bytes, &buffer);
  if (is_referenced) napi_create_reference(env, buffer, 1, &reader->keep);
  napi_create_async_work(env, NULL, text(env, "read"), read_bytes, read_done, reader, &reader->work);
  napi_queue_async_work(env, reader->work);
  return buffer;
}
CASE(WORK_005_bad) { UNUSED(info); read_buffer(env, false); return NULL; }
CASE(WORK_005_good) { UNUSED(info); read_buffer(env, true); return NULL; }
static void keep_globally(napi_env env, napi_value value) {
  napi_value global;
  napi_get_global(env, &global);
  napi_set_named_property(env, global, "kept", value);
}
CASE(WORK_006_bad) { UNUSED(info); keep_globally(env, read_buffer(env, false)); return NULL; }
CASE(WORK_006_good) { UNUSED(info); read_buffer(env, true); return NULL; }

/* ----------------------------------------------------------------------------------------------------------- statuses */

/* The description of a symbol is a string: this fails, and sets nothing. */
static void use_symbol(napi_env env, napi_value symbol, bool looks) {
  napi_status status = napi_create_symbol(env, number(env), &symbol);
  if (!looks || status == napi_ok) napi_set_property(env, object(env), symbol, number(env));
}
CASE(ERROR_004_bad) { UNUSED(info); use_symbol(env, NULL, false); return NULL; }
CASE(ERROR_004_good) { UNUSED(info); use_symbol(env, NULL, true); return NULL; }
/* The same with what happened to be on the stack; Node crashes on it. */
CASE(ERROR_004_garbage) { UNUSED(info); use_symbol(env, (napi_value)(uintptr_t)0x10, false); return NULL; }
static napi_value read_number(napi_env env, bool looks) {
  int32_t read = 12345;
  napi_value made = NULL;
  if (napi_get_value_int32(env, text(env, "text"), &read) != napi_ok && looks) {
    napi_throw_type_error(env, NULL, "expected");
    return NULL;
  }
  napi_create_int32(env, read, &made);
  return made;
}
CASE(ERROR_005_bad) { UNUSED(info); return read_number(env, false); }
CASE(ERROR_005_good) { UNUSED(info); return read_number(env, true); }
/* The Worker is ended while this sleeps. */
static void call_late(napi_env env, napi_callback_info info, bool is_fatal) {
  napi_value undefined, result, function = argument(env, info);
  napi_get_undefined(env, &undefined);
  usleep(700000);
  if (napi_call_function(env, undefined, function, 0, NULL, &result) != napi_ok && is_fatal)
    napi_fatal_error("call_late", NAPI_AUTO_LENGTH, "the call failed", NAPI_AUTO_LENGTH);
}
CASE(ERROR_006_bad) { call_late(env, info, true); return NULL; }
CASE(ERROR_006_good) { call_late(env, info, false); return NULL; }
static void reference_to(napi_env env, napi_value value) {
  napi_ref ref;
  if (napi_create_reference(env, value, 1, &ref) == napi_ok) napi_delete_reference(env, ref);
}
CASE(REF_007_bad) { UNUSED(info); reference_to(env, number(env)); return NULL; }
CASE(REF_007_good) { UNUSED(info); reference_to(env, object(env)); return NULL; }

/* --------------------------------------------------------------------------------------------------------- event loop */

static void wrap_many(napi_env env, int count) {
  for (int i = 1; i <= count; i++) {
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    napi_wrap(env, object(env), malloc(64), free_data, NULL, NULL);
    if (i % 1024 == 0) run_text(env, "gc()");
    napi_close_handle_scope(env, scope);
  }
}
CASE(LOOP_002_bad) { UNUSED(info); wrap_many(env, 8192); return NULL; }
CASE(LOOP_002_good) { UNUSED(info); wrap_many(env, 1024); return NULL; }
