/*
 * The same library as an addon: marks, heap numbers and GC events from inside Node. Node-API and V8 are looked up at run
 * time, so the library loads into any program and is built without Node's headers.
 */
#include "agent.h"
#include "control.h"

#include <dlfcn.h>
#include <string.h>

static struct {
  int (*create_function)(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
  int (*set_named_property)(napi_env, napi_value, const char *, napi_value);
  int (*get_cb_info)(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
  int (*get_value_string_utf8)(napi_env, napi_value, char *, size_t, size_t *);
  int (*get_value_double)(napi_env, napi_value, double *);
  int (*create_double)(napi_env, double, napi_value *);
  int (*get_boolean)(napi_env, bool, napi_value *);
} g_napi;

bool agt_control_find(const struct agt_symbol *wanted, size_t count) {
  for (size_t i = 0; i < count; i++) {
    void *found = dlsym(RTLD_DEFAULT, wanted[i].name);
    if (!found) return false;
    found = agt_layer_real(found);
    memcpy(wanted[i].slot, &found, sizeof found);
  }
  return true;
}

static bool find_napi(void) {
  const struct agt_symbol wanted[] = {
      {&g_napi.create_function, "napi_create_function"},
      {&g_napi.set_named_property, "napi_set_named_property"},
      {&g_napi.get_cb_info, "napi_get_cb_info"},
      {&g_napi.get_value_string_utf8, "napi_get_value_string_utf8"},
      {&g_napi.get_value_double, "napi_get_value_double"},
      {&g_napi.create_double, "napi_create_double"},
      {&g_napi.get_boolean, "napi_get_boolean"},
  };
  return agt_control_find(wanted, sizeof wanted / sizeof *wanted);
}

bool agt_control_arguments(napi_env env, napi_callback_info info, size_t *count, napi_value *arguments) {
  return g_napi.get_cb_info(env, info, count, arguments, NULL, NULL) == 0;
}

void agt_control_double(napi_env env, napi_value value, double *result) { g_napi.get_value_double(env, value, result); }

napi_value agt_control_number(napi_env env, double number) {
  napi_value result = NULL;
  g_napi.create_double(env, number, &result);
  return result;
}

/* isRecording(): boolean */
static napi_value is_recording(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result = NULL;
  g_napi.get_boolean(env, __atomic_load_n(&g_recording, __ATOMIC_RELAXED) == 1, &result);
  return result;
}

/* mark(kind: number, name: string): void */
static napi_value mark(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2, length = 0;
  double kind = 0;
  char name[257];
  if (g_napi.get_cb_info(env, info, &count, arguments, NULL, NULL) != 0 || count < 2) return NULL;
  if (g_napi.get_value_double(env, arguments[0], &kind) != 0 || kind < 0 || kind > AGT_MARK_PROGRAM_END) return NULL;
  if (g_napi.get_value_string_utf8(env, arguments[1], name, sizeof name, &length) != 0) return NULL;
  agt_sampler_start();
  agt_mark((enum agt_mark_kind)kind, name, length);
  return NULL;
}

/* profileStart(), profileStop(): void; profileIsRunning(): boolean */
static napi_value profile_start(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  smp_resume();
  return NULL;
}
static napi_value profile_stop(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  smp_stop();
  return NULL;
}
static napi_value profile_is_running(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result = NULL;
  g_napi.get_boolean(env, smp_is_running(), &result);
  return result;
}

/* profileMark(kind: 5 a range begins, 6 it ends, name: string): void. Without the look at the process that mark() takes. */
static napi_value profile_mark(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2, length = 0;
  double kind = 0;
  char name[257];
  if (g_napi.get_cb_info(env, info, &count, arguments, NULL, NULL) != 0 || count < 2) return NULL;
  if (g_napi.get_value_double(env, arguments[0], &kind) != 0 || (kind != 5 && kind != 6)) return NULL;
  if (g_napi.get_value_string_utf8(env, arguments[1], name, sizeof name, &length) != 0) return NULL;
  smp_mark((uint32_t)kind, name, length);
  return NULL;
}

/* jsHeap(heapUsed, heapTotal, external, arrayBuffers: bytes): void */
static napi_value js_heap(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  size_t count = 4;
  uint8_t body[64];
  if (__atomic_load_n(&g_recording, __ATOMIC_RELAXED) != 1) return NULL;
  if (g_napi.get_cb_info(env, info, &count, arguments, NULL, NULL) != 0 || count < 4) return NULL;
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return NULL;
  uint8_t *p = agt_put_varint(body, agt_clock_us());
  for (int i = 0; i < 4; i++) {
    double bytes = 0;
    g_napi.get_value_double(env, arguments[i], &bytes);
    p = agt_put_varint(p, bytes > 0 ? (uint64_t)bytes : 0);
  }
  agt_meta_write(AGT_META_JS_HEAP, body, (size_t)(p - body));
  agt_thread_leave(thread);
  return NULL;
}

/* stats(name): one counter of the file header, or NaN */
static napi_value stats(napi_env env, napi_callback_info info) {
  napi_value argument, result = NULL;
  size_t count = 1, length = 0;
  char name[64];
  double value = __builtin_nan("");
  if (g_napi.get_cb_info(env, info, &count, &argument, NULL, NULL) != 0 || count < 1) return NULL;
  if (g_napi.get_value_string_utf8(env, argument, name, sizeof name, &length) != 0) return NULL;
  const struct { const char *name; _Atomic uint64_t *counter; } counters[] = {
      {"eventsDropped", &g_header->events_dropped},   {"stacksTruncated", &g_header->stacks_truncated},
      {"walksEndedEarly", &g_header->walks_ended_early}, {"nodeTableFull", &g_header->node_table_full},
      {"foreignStackWalks", &g_header->foreign_walks}, {"untrackedCalls", &g_header->untracked_calls},
      {"fileBytes", &g_header->file_bytes},
  };
  for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
    if (strcmp(counters[i].name, name) == 0) value = (double)atomic_load(counters[i].counter);
  if (strcmp(name, "events") == 0) value = (double)(atomic_load(&g_seq) - 1);
  if (strcmp(name, "liveBytes") == 0 && g_is_aggregate) value = (double)agt_live_bytes();
  if (strcmp(name, "tableBytes") == 0 && g_is_aggregate) value = (double)(agt_live_table_bytes() + agt_layer_table_bytes());
  if (strcmp(name, "tableMappings") == 0) value = (double)agt_layer_table_mappings();
  uint64_t crossings, calls;
  if (strcmp(name, "crossings") == 0 && agt_layer_crossings(&crossings, &calls)) value = (double)crossings;
  if (strcmp(name, "napiCalls") == 0 && agt_layer_crossings(&crossings, &calls)) value = (double)calls;
  if (strcmp(name, "stackNodes") == 0) value = (double)agt_tree_count();
  g_napi.create_double(env, value, &result);
  return result;
}

/* ------------------------------------------------------------------------------------------------------- GC events */

/* V8 calls these on the isolate's thread, around each pause; nested pauses end in order. */
static void gc_begins(void *isolate, int type, int flags, void *data) {
  (void)isolate, (void)type, (void)flags, (void)data;
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  if (thread->gc_depth++ == 0) thread->gc_start_us = agt_clock_us();
  agt_thread_leave(thread);
}

static void gc_ends(void *isolate, int type, int flags, void *data) {
  (void)isolate, (void)flags, (void)data;
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  if (thread->gc_depth > 0 && --thread->gc_depth == 0) {
    uint8_t body[32];
    uint64_t now = agt_clock_us();
    uint8_t *p = agt_put_varint(body, thread->gc_start_us);
    p = agt_put_varint(p, now - thread->gc_start_us);
    *p++ = (uint8_t)type;
    agt_meta_write(AGT_META_GC, body, (size_t)(p - body));
  }
  agt_thread_leave(thread);
}

static void watch_gc(void) {
  void *(*current)(void);
  void (*add_prologue)(void *, void (*)(void *, int, int, void *), void *, int);
  void (*add_epilogue)(void *, void (*)(void *, int, int, void *), void *, int);
  *(void **)&current = dlsym(RTLD_DEFAULT, "_ZN2v87Isolate10GetCurrentEv");
  *(void **)&add_prologue = dlsym(
      RTLD_DEFAULT, "_ZN2v87Isolate21AddGCPrologueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_S2_");
  *(void **)&add_epilogue = dlsym(
      RTLD_DEFAULT, "_ZN2v87Isolate21AddGCEpilogueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_S2_");
  if (!current || !add_prologue || !add_epilogue) {
    agt_meta_note("this Node does not export V8's garbage collection callbacks: GC pauses are not in the trace");
    return;
  }
  enum { ALL_GC_TYPES = 0x1f };
  void *isolate = current();
  if (!isolate) return;
  add_prologue(isolate, gc_begins, NULL, ALL_GC_TYPES);
  add_epilogue(isolate, gc_ends, NULL, ALL_GC_TYPES);
}

/* -------------------------------------------------------------------------------------------------- call positions */

/*
 * v8::JitCodeEvent (v8-callbacks.h), the same from Node 20 to 26. For a function that is compiled to bytecode V8 says:
 * line records, end of lines (the array), code added (the entry of its own that --interpreted-frames-native-stack makes),
 * code added (the array); for machine code: line records, end of lines (the code), code added (the code).
 */
struct jit_event {
  int type, code_type;
  void *start;
  size_t bytes;
  void *script, *user_data, *wasm;
  union {
    struct { const char *text; size_t length; } name;
    struct { size_t offset, position; int kind; } line;
  };
  void *isolate;
};
enum { CODE_ADDED = 0, LINE = 3, LINES_BEGIN = 4, LINES_END = 5 };
enum { BYTECODE = 0, MACHINE_CODE = 1 };

enum { LINES_MAX = 1 << 15, NAME_MAX_LENGTH = 512 };
struct agt_line_collector {
  uint32_t count;
  bool is_complete;
  int code_type;
  uintptr_t start; /* of what the lines belong to */
  uintptr_t entry; /* the machine code added last, and its name */
  size_t entry_name_length;
  char entry_name[NAME_MAX_LENGTH];
  struct agt_line lines[LINES_MAX];
};

static void take_code_event(struct agt_line_collector *lines, struct jit_event *event) {
  switch (event->type) {
    case LINES_BEGIN:
      lines->count = 0;
      lines->is_complete = false;
      event->user_data = lines;
      return;
    case LINE: /* kind 0: an expression, what stack traces show; the other is where a debugger may stop */
      if (event->line.kind == 0 && lines->count < LINES_MAX)
        lines->lines[lines->count++] = (struct agt_line){(uint32_t)event->line.offset, (uint32_t)event->line.position};
      return;
    case LINES_END:
      lines->is_complete = lines->count > 0;
      lines->code_type = event->code_type;
      lines->start = (uintptr_t)event->start;
      return;
    case CODE_ADDED:
      break;
    default:
      return;
  }
  size_t length = event->name.length < NAME_MAX_LENGTH ? event->name.length : NAME_MAX_LENGTH;
  if (event->code_type == BYTECODE) {
    agt_code_bytecode_at((uintptr_t)event->start);
    bool is_entry = lines->entry && length == lines->entry_name_length && !memcmp(event->name.text, lines->entry_name, length);
    if (is_entry && lines->is_complete && lines->code_type == BYTECODE && lines->start == (uintptr_t)event->start)
      agt_code_lines(lines->entry, lines->lines, lines->count);
    lines->entry = 0;
  } else if (event->code_type == MACHINE_CODE) {
    if (lines->is_complete && lines->code_type == MACHINE_CODE && lines->start == (uintptr_t)event->start)
      agt_code_lines(lines->start, lines->lines, lines->count);
    lines->entry = (uintptr_t)event->start;
    lines->entry_name_length = length;
    memcpy(lines->entry_name, event->name.text, length);
  }
}

/* On the isolate's thread, or on one that compiles for it: each thread collects for itself. */
static void code_event(const struct jit_event *event) {
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return;
  if (!thread->lines) thread->lines = agt_map(sizeof *thread->lines);
  if (thread->lines) take_code_event(thread->lines, (struct jit_event *)event);
  agt_thread_leave(thread);
}

static void watch_code(void) {
  void *(*current)(void);
  void (*set_handler)(void *, int, void (*)(const struct jit_event *));
  *(void **)&current = dlsym(RTLD_DEFAULT, "_ZN2v87Isolate10GetCurrentEv");
  *(void **)&set_handler =
      dlsym(RTLD_DEFAULT, "_ZN2v87Isolate22SetJitCodeEventHandlerENS_19JitCodeEventOptionsEPFvPKNS_12JitCodeEventEE");
  if (!current || !set_handler) {
    agt_meta_note("this Node does not export V8's code events: JavaScript frames have the line of their function");
    return;
  }
  void *isolate = current();
  if (isolate) set_handler(isolate, 0, code_event);
}

AGT_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  if (!find_napi()) return exports;
  const struct { const char *name; napi_callback call; } functions[] = {
      {"isRecording", is_recording}, {"mark", mark}, {"jsHeap", js_heap}, {"stats", stats},
      {"profileStart", profile_start}, {"profileStop", profile_stop}, {"profileIsRunning", profile_is_running},
      {"profileMark", profile_mark},
      {"tick", agt_control_tick}, {"clockInto", agt_control_clock_into}, {"clock", agt_control_clock},
      {"realtime", agt_control_realtime}};
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    if (g_napi.create_function(env, functions[i].name, SIZE_MAX, functions[i].call, NULL, &function) == 0)
      g_napi.set_named_property(env, exports, functions[i].name, function);
  }
  if (__atomic_load_n(&g_recording, __ATOMIC_RELAXED) == 1) {
    watch_gc();
    watch_code();
  }
  return exports;
}
