/*
 * V8's code map. Under --perf-basic-prof V8 prints a line to /tmp/perf-PID.map for every piece of code it makes, before the
 * code runs. The agent answers that fopen with a stream of its own: lines arrive one by one, at the moment and on the thread
 * where they happen, which is the time order that a file read afterwards has lost; and no file is left behind.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Which 64-byte granules have held code: code on a granule that held some before means that addresses changed their
 * meaning. V8's code range is at most 512 MiB; granules are folded onto that many bits, and a false alarm only makes nodes
 * twice.
 */
enum { GRANULES = 1 << 23 };
static _Atomic uint8_t *g_granules;    /* one bit each */
static _Atomic uint8_t *g_interpreted; /* likewise: the code there now is an interpreted function's entry */

void agt_code_init(void) {
  g_granules = agt_map(GRANULES / 8);
  g_interpreted = agt_map(GRANULES / 8);
}

static bool bit_of(const _Atomic uint8_t *bits, uintptr_t address) {
  uintptr_t granule = address >> 6;
  return bits && atomic_load_explicit(&bits[granule >> 3 & (GRANULES / 8 - 1)], memory_order_relaxed) >> (granule & 7) & 1;
}

/*
 * V8 also names bytecode, which lies among its objects and is never executed. Its regions are 256 KiB; what a region is for
 * is looked up once.
 */
static bool is_executable(uintptr_t address) {
  enum { REGIONS = 1 << 12 };
  static _Atomic uint64_t known[REGIONS];
  uint64_t region = address >> 18;
  _Atomic uint64_t *slot = &known[(region * 0x9e3779b97f4a7c15u) >> 52];
  uint64_t entry = atomic_load_explicit(slot, memory_order_relaxed);
  if (entry >> 1 == region) return entry & 1;
  bool is_code = agt_mapping_around(address).is_executable;
  atomic_store_explicit(slot, region << 1 | is_code, memory_order_relaxed);
  return is_code;
}

/* Whether some of the range held code before. */
static bool claim(uintptr_t start, size_t bytes, bool is_interpreted) {
  bool was_used = false;
  for (uintptr_t granule = start >> 6; granule <= (start + bytes - 1) >> 6; granule++) {
    uint8_t bit = (uint8_t)(1u << (granule & 7));
    size_t at = granule >> 3 & (GRANULES / 8 - 1);
    was_used |= atomic_fetch_or_explicit(&g_granules[at], bit, memory_order_relaxed) & bit;
    if (is_interpreted) atomic_fetch_or_explicit(&g_interpreted[at], bit, memory_order_relaxed);
    else atomic_fetch_and_explicit(&g_interpreted[at], (uint8_t)~bit, memory_order_relaxed);
  }
  return was_used;
}

/* Box around all code that V8 has named. */
static _Atomic uintptr_t g_code_low = UINTPTR_MAX, g_code_high;

static void widen_box(uintptr_t start, size_t bytes) {
  uintptr_t low = atomic_load_explicit(&g_code_low, memory_order_relaxed);
  uintptr_t high = atomic_load_explicit(&g_code_high, memory_order_relaxed);
  while (start < low && !atomic_compare_exchange_weak(&g_code_low, &low, start)) continue;
  while (start + bytes > high && !atomic_compare_exchange_weak(&g_code_high, &high, start + bytes)) continue;
}

bool agt_code_may_hold(uintptr_t address) {
  enum { AROUND = 64 << 20 }; /* V8's copies of its builtins lie beside its other code, and are not named */
  uintptr_t low = atomic_load_explicit(&g_code_low, memory_order_relaxed);
  return low != UINTPTR_MAX && address + AROUND >= low &&
         address < atomic_load_explicit(&g_code_high, memory_order_relaxed) + AROUND;
}

bool agt_code_holds(uintptr_t address) { return agt_code_may_hold(address) && bit_of(g_granules, address); }
bool agt_code_is_interpreted(uintptr_t address) { return bit_of(g_interpreted, address); }

void agt_code_event(uintptr_t start, size_t bytes, const char *name, size_t name_length) {
  if (!bytes) return;
  uint8_t body[4096 + 64];
  if (name_length > 4096) name_length = 4096;
  uint8_t *p = agt_put_varint(body, start);
  p = agt_put_varint(p, bytes);
  p = agt_put_varint(p, name_length);
  memcpy(p, name, name_length);
  pthread_mutex_lock(&g_meta.lock);
  agt_meta_write_locked(AGT_META_CODE, body, (size_t)(p - body) + name_length);
  g_meta.next_code++;
  pthread_mutex_unlock(&g_meta.lock);
  const char *colon = memchr(name, ':', name_length < 16 ? name_length : 16);
  bool is_interpreted = colon && colon + 1 < name + name_length && colon[1] == '~'; /* "JS:~encode …" */
  if (!g_granules || !g_interpreted || !is_executable(start)) return;
  widen_box(start, bytes);
  if (claim(start, bytes, is_interpreted)) agt_tree_forget(start, bytes);
}

/* ------------------------------------------------------------------------------------------------------ call positions */

void agt_code_lines(uintptr_t start, const struct agt_line *lines, uint32_t count) {
  size_t capacity = 32 + (size_t)count * 10;
  uint8_t *body = agt_map(capacity);
  if (!body) return;
  uint8_t *p = agt_put_varint(body, start);
  p = agt_put_varint(p, count);
  uint32_t offset = 0, position = 0;
  for (uint32_t i = 0; i < count; i++) {
    p = agt_put_varint(p, lines[i].offset - offset);
    p = agt_put_varint(p, agt_zigzag((int64_t)lines[i].position - (int64_t)position));
    offset = lines[i].offset;
    position = lines[i].position;
  }
  agt_meta_write(AGT_META_CODE_LINES, body, (size_t)(p - body));
  agt_unmap(body, capacity);
}

/*
 * An interpreted frame holds its bytecode array and an offset from the array's start; V8 logs where the first bytecode is.
 * The distance between the two is the array's header, which differs between versions of V8: it is learnt from the first
 * frame whose array is among those logged (before a collection has moved it).
 */
enum { ARRAYS = 1 << 12, HEADER_MIN = 16, HEADER_MAX = 128 };
static _Atomic uintptr_t g_arrays[ARRAYS];
static _Atomic uint32_t g_header_bytes;

static uint32_t array_slot(uintptr_t first_bytecode) { return (uint32_t)((first_bytecode * 0x9e3779b97f4a7c15u) >> 52); }

void agt_code_bytecode_at(uintptr_t first_bytecode) {
  atomic_store_explicit(&g_arrays[array_slot(first_bytecode)], first_bytecode, memory_order_relaxed);
}

uint32_t agt_code_bytecode_header(uintptr_t array) {
  uint32_t known = atomic_load_explicit(&g_header_bytes, memory_order_relaxed);
  if (known || !(array & 1)) return known;
  for (uint32_t header = HEADER_MIN; header < HEADER_MAX; header++) {
    uintptr_t first = array - 1 + header;
    if (atomic_load_explicit(&g_arrays[array_slot(first)], memory_order_relaxed) != first) continue;
    atomic_store_explicit(&g_header_bytes, header, memory_order_relaxed);
    return header;
  }
  return 0;
}

/* ------------------------------------------------------------------------------------------------------- the stream */

/* Streams that V8 holds and whose fileno is ours: one code map, and an empty log for each isolate. */
enum { STREAMS = 64 };
static FILE *_Atomic g_streams[STREAMS];
static int g_descriptor = -1; /* V8 asks fstat whether it is a regular file: a memfd is */

/* Holder of the stream's lock (stdio takes it), so one line at a time. */
static struct { char text[8192]; size_t length; } g_line;

static bool parse_hex(const char **at, const char *end, uintptr_t *value) {
  const char *start = *at;
  for (*value = 0; *at < end && *at - start < 16; (*at)++) {
    char c = **at;
    unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
    if (digit == 16) break;
    *value = *value << 4 | digit;
  }
  return *at > start && *at < end && *(*at)++ == ' ';
}

static void take_line(const char *line, size_t length) {
  const char *at = line, *end = line + length;
  uintptr_t start, bytes;
  /* A function's name may hold a newline; the rest of such a line is no code event. */
  if (parse_hex(&at, end, &start) && parse_hex(&at, end, &bytes)) agt_code_event(start, bytes, at, (size_t)(end - at));
}

static ssize_t map_write(void *cookie, const char *text, size_t length) {
  (void)cookie;
  struct agt_thread *thread = agt_thread_enter();
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '\n') {
      take_line(g_line.text, g_line.length);
      g_line.length = 0;
    } else if (g_line.length < sizeof g_line.text) {
      g_line.text[g_line.length++] = text[i];
    }
  }
  if (thread) agt_thread_leave(thread);
  return (ssize_t)length;
}

static ssize_t log_write(void *cookie, const char *text, size_t length) {
  (void)cookie, (void)text;
  return (ssize_t)length;
}

/* The cookie is the stream's place in g_streams. */
static int stream_close(void *cookie) {
  atomic_store((FILE *_Atomic *)cookie, NULL);
  return 0;
}

static FILE *open_stream(cookie_write_function_t *write) {
  if (g_descriptor < 0) g_descriptor = (int)syscall(SYS_memfd_create, "seamproof-code-map", 1u /* MFD_CLOEXEC */);
  if (g_descriptor < 0) return NULL;
  for (int i = 0; i < STREAMS; i++) {
    FILE *none = NULL;
    if (!atomic_compare_exchange_strong(&g_streams[i], &none, stdin)) continue; /* held until the real one is known */
    FILE *stream = fopencookie((void *)&g_streams[i], "w", (cookie_io_functions_t){.write = write, .close = stream_close});
    if (stream) setvbuf(stream, NULL, _IOLBF, 4096);
    atomic_store(&g_streams[i], stream);
    return stream;
  }
  return NULL;
}

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static bool matches(const char *name, const char *prefix, const char *suffix) {
  size_t length = strlen(name), before = strlen(prefix), after = strlen(suffix);
  return length >= before + after && !memcmp(name, prefix, before) && !memcmp(name + length - after, suffix, after);
}

/* NULL: not one of V8's own files, open it as asked. */
FILE *agt_code_fopen(const char *path, const char *mode) {
  if (!__atomic_load_n(&g_recording, __ATOMIC_RELAXED) || !path || !mode || mode[0] != 'w') return NULL;
  /* Both names hold the process's number: a file of the subject's that is merely called alike is its own. */
  char map_name[32], log_end[32];
  snprintf(map_name, sizeof map_name, "perf-%d.map", getpid());
  snprintf(log_end, sizeof log_end, "-%d-v8.log", getpid());
  const char *name = base_name(path);
  if (strcmp(name, map_name) == 0) return open_stream(map_write);
  /* V8 opens isolate-*-v8.log in the working directory whenever any of its loggers is on, and fills it with page events. */
  if (matches(name, "isolate", log_end) && name == path) return open_stream(log_write);
  return NULL;
}

static int (*real_fileno)(FILE *);
void agt_code_resolve(void) { agt_next((void **)&real_fileno, "fileno"); }

AGT_EXPORT int fileno(FILE *stream) {
  if (AGT_UNLIKELY(g_descriptor >= 0) && stream)
    for (int i = 0; i < STREAMS; i++)
      if (atomic_load_explicit(&g_streams[i], memory_order_relaxed) == stream && stream != stdin) return g_descriptor;
  agt_code_resolve();
  return real_fileno(stream);
}
