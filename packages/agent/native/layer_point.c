/*
 * Places for faults: where the subject calls a function that can fail, or allocates. A place is told by its class, its
 * function and the subject's frames as (module, offset), so it is the same in every run of the same program, whatever
 * garbage collections and threads come in between. Runs count how often they come by each.
 */
#include "layer.h"

#include <link.h>
#include <stdio.h>
#include <string.h>

enum { INITIAL = 64, POINTS = 4096, BY_STACK = 1 << 15, FRAMES_SEEN = 48, SYSTEM_FRAMES = 12 };

static struct { uintptr_t start, end; enum lyr_origin origin; } g_initial[INITIAL];
static uint32_t g_initial_count;

static struct {
  pthread_mutex_t lock;
  struct lyr_point *points; /* all guarded by lock; an entry never moves */
  uint32_t count;
  uint64_t beyond;
  struct { uint64_t key; struct lyr_point *point; } *by_stack; /* NULL point: not the subject's code */
  uint32_t stack_count;
} g_points = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --------------------------------------------------------------------------------------------------- whose code it is */

static int note_initial(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size, (void)data;
  if (g_initial_count == INITIAL) return 1;
  struct agt_object object;
  uintptr_t inside = 0;
  for (int i = 0; i < info->dlpi_phnum && !inside; i++)
    if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) inside = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
  if (!inside || !agt_object_at(inside, &object)) return 0;
  bool is_agent = object.start <= (uintptr_t)note_initial && (uintptr_t)note_initial < object.end;
  g_initial[g_initial_count].start = object.start;
  g_initial[g_initial_count].end = object.end;
  g_initial[g_initial_count++].origin = is_agent ? LYR_FROM_AGENT : !info->dlpi_name[0] ? LYR_FROM_RUNTIME : LYR_FROM_SYSTEM;
  return 0;
}

static bool is_language_runtime(const char *path) {
  static const char *const names[] = {"libstdc++.so", "libgcc_s.so", "libc.so", "libm.so", "libpthread.so", "libdl.so",
                                      "libatomic.so", "libgomp.so", "libc++.so", "libnode.so", "ld-linux"};
  const char *name = strrchr(path, '/');
  name = name ? name + 1 : path;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strncmp(name, names[i], strlen(names[i])) == 0) return true;
  return strncmp(path, "/lib/", 5) == 0 || strncmp(path, "/usr/lib/", 9) == 0;
}

/* What was there before main is Node's and the system's; what was loaded later is the subject's. */
enum lyr_origin lyr_origin_of(uintptr_t pc, struct agt_object *object) {
  for (uint32_t i = 0; i < g_initial_count; i++)
    if (pc - g_initial[i].start < g_initial[i].end - g_initial[i].start) return g_initial[i].origin;
  if (!agt_object_at(pc, object) || !object->path || !object->path[0]) return LYR_FROM_RUNTIME; /* V8's code */
  return is_language_runtime(object->path) ? LYR_FROM_SYSTEM : LYR_FROM_SUBJECT;
}

/* -------------------------------------------------------------------------------------------------------------- points */

void lyr_points_init(void) {
  dl_iterate_phdr(note_initial, NULL);
  g_points.points = agt_map(sizeof *g_points.points * POINTS);
  g_points.by_stack = agt_map(sizeof *g_points.by_stack * BY_STACK);
}

static uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
  return hash ^ hash >> 29;
}

static uint64_t mix_text(uint64_t hash, const char *text) {
  for (; *text; text++) hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
  return hash;
}

/* Of the subject's frames next to the call; what the system puts between (operator new, strdup) does not count. 0: none. */
static uint64_t key_of(const uintptr_t *pcs, uint32_t count, enum lyr_point_class class, const char *function) {
  uint64_t hash = mix(mix_text(0xcbf29ce484222325u, function), class);
  uint32_t at = 0;
  struct agt_object object;
  enum lyr_origin origin = LYR_FROM_RUNTIME;
  for (; at < count && at < SYSTEM_FRAMES; at++) {
    origin = lyr_origin_of(pcs[at] - 1, &object);
    if (origin != LYR_FROM_SYSTEM && origin != LYR_FROM_AGENT) break;
  }
  if (origin != LYR_FROM_SUBJECT) return 0;
  /* Libraries that an addon brought are not its own code: libvips alone allocates in thousands of places. */
  if (class == LYR_POINT_ALLOC && !lyr_addon_known(&object)) return 0;
  for (; at < count && lyr_origin_of(pcs[at] - 1, &object) == LYR_FROM_SUBJECT; at++) {
    const char *name = strrchr(object.path, '/');
    hash = mix_text(mix(hash, pcs[at] - object.bias), name ? name + 1 : object.path);
  }
  return hash ? hash : 1;
}

/* Holder of the lock. */
static struct lyr_point *with_key(uint64_t key) {
  for (uint32_t i = 0; i < g_points.count; i++)
    if (g_points.points[i].key == key) return &g_points.points[i];
  if (g_points.count == POINTS) {
    g_points.beyond++;
    return NULL;
  }
  g_points.points[g_points.count].key = key;
  return &g_points.points[g_points.count++];
}

struct lyr_point *lyr_point_at(struct lyr_thread *self, enum lyr_point_class class, const char *function,
                               const uint8_t *statuses, struct agt_registers caller, uint32_t *stack) {
  if (!g_points.points || !g_points.by_stack) return NULL;
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return NULL;
  uintptr_t pcs[FRAMES_SEEN];
  uint32_t node = *stack = agt_stack_walk(thread, caller);
  uint32_t count = agt_stack_innermost(thread, pcs, FRAMES_SEEN);
  uint64_t by = mix_text((uint64_t)node << 8 | class, function) | 1;
  pthread_mutex_lock(&g_points.lock);
  uint32_t at = (uint32_t)(by * 0x9e3779b97f4a7c15u >> 49), tries = 0;
  while (g_points.by_stack[at].key && g_points.by_stack[at].key != by && ++tries < BY_STACK) at = (at + 1) & (BY_STACK - 1);
  struct lyr_point *point = g_points.by_stack[at].key == by ? g_points.by_stack[at].point : NULL;
  if (g_points.by_stack[at].key != by) {
    uint64_t key = key_of(pcs, count, class, function);
    point = key ? with_key(key) : NULL;
    if (point && !point->function) {
      const struct lyr_frame *frame = lyr_frame(self);
      point->class = (uint8_t)class;
      point->function = function;
      point->statuses = statuses;
      point->phase = (uint8_t)lyr_phase_now(self);
      point->addon = self->addon;
      if (frame && frame->callback) memcpy(point->within, frame->callback->name, sizeof point->within - 1);
    }
    if (g_points.stack_count < BY_STACK / 4 * 3) {
      g_points.by_stack[at].key = by;
      g_points.by_stack[at].point = point;
      g_points.stack_count++;
    }
  }
  pthread_mutex_unlock(&g_points.lock);
  agt_thread_leave(thread);
  return point;
}

uint64_t lyr_point_passed(struct lyr_point *point, uint32_t stack) {
  pthread_mutex_lock(&g_points.lock);
  uint64_t count = ++point->count;
  uint32_t i = 0;
  while (i < point->stack_count && point->stacks[i].stack != stack) i++;
  if (i == point->stack_count && i < LYR_POINT_STACKS) {
    point->stacks[i].stack = stack;
    point->stacks[i].first = count;
    point->stack_count++;
  }
  if (i < point->stack_count) point->stacks[i].count++;
  pthread_mutex_unlock(&g_points.lock);
  return count;
}

/* Inside the agent. */
void lyr_points_write(void) {
  if (!g_points.points) return;
  pthread_mutex_lock(&g_points.lock);
  for (uint32_t i = 0; i < g_points.count; i++) {
    const struct lyr_point *point = &g_points.points[i];
    if (!point->count) continue;
    uint8_t body[8192], *p = body;
    char key[17];
    snprintf(key, sizeof key, "%016llx", (unsigned long long)point->key);
    *p++ = point->class;
    p = lyr_put_text(p, point->function, 64);
    p = lyr_put_text(p, key, 16);
    p = lyr_put_text(p, lyr_addon_path(point->addon), 4096);
    p = lyr_put_text(p, point->within, sizeof point->within);
    *p++ = point->phase;
    uint8_t statuses = 0;
    while (point->statuses && statuses < 4 && point->statuses[statuses]) statuses++;
    *p++ = statuses;
    for (uint8_t k = 0; k < statuses; k++) *p++ = point->statuses[k];
    p = agt_put_varint(p, point->count);
    p = agt_put_varint(p, point->stack_count);
    for (uint32_t k = 0; k < point->stack_count; k++) {
      p = agt_put_varint(p, point->stacks[k].stack);
      p = agt_put_varint(p, point->stacks[k].first);
      p = agt_put_varint(p, point->stacks[k].count);
    }
    agt_meta_write(AGT_META_POINT, body, (size_t)(p - body));
  }
  if (g_points.beyond) agt_meta_note("there were more than 4096 places for faults: the others are not known");
  pthread_mutex_unlock(&g_points.lock);
}
