/*
 * What keeps a process alive that has nothing left to do: looked at from the agent's own thread, because the subject's does
 * nothing. A finding of these rules counts only when the process had to be ended from outside.
 */
#include "layer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { IDLE_ROUNDS = 4, WATCHED = 32 };

static bool is_asleep(int32_t tid) {
  char path[64], text[256];
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
  long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return false;
  long length = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (length <= 0) return false;
  text[length] = 0;
  const char *state = strrchr(text, ')');
  return state && state[1] && state[2] == 'S';
}

/* The head of uv_loop_t, the same in every libuv 1.x. */
struct loop_head { void *data; unsigned active_handles; void *handle_queue[2]; union { void *unused; unsigned count; } requests; };

struct idle { struct lyr_thread *owner; uint64_t total; uint32_t rounds; };
static struct idle g_idle[WATCHED]; /* the agent's thread only */

static struct idle *idle_of(struct lyr_thread *owner) {
  for (int i = 0; i < WATCHED; i++) {
    if (!g_idle[i].owner) g_idle[i].owner = owner;
    if (g_idle[i].owner == owner) return &g_idle[i];
  }
  return NULL;
}

/* Thread-safe functions of the thread that keep its loop alive, and nothing else that does. */
static bool is_kept_by_functions(struct lyr_env *env, uint32_t functions) {
  struct loop_head head;
  if (!env->loop || !functions) return false;
  memcpy(&head, env->loop, sizeof head);
  return head.active_handles == functions && head.requests.count == 0;
}

static void tell(enum lyr_rule rule, struct lyr_object *object) {
  if (object->is_reported) return;
  object->is_reported = true;
  lyr_report_of_object(rule, object);
}

static void look_at(struct lyr_thread *owner, struct lyr_object *objects, uint32_t used) {
  struct lyr_env *env = NULL;
  uint32_t functions = 0;
  for (uint32_t i = 0; i < used; i++) {
    struct lyr_object *object = &objects[i];
    if (!object->env || object->env->owner != owner) continue;
    if (object->type != LYR_TSFN || object->state != LYR_LIVE || object->is_unreferenced || object->queued) continue;
    env = object->env;
    functions++;
  }
  if (!env || !is_kept_by_functions(env, functions)) return;
  for (uint32_t i = 0; i < used; i++) {
    struct lyr_object *object = &objects[i];
    if (object->type == LYR_TSFN && object->state == LYR_LIVE && !object->is_unreferenced && object->env &&
        object->env->owner == owner)
      tell(LYR_RULE_TSFN_006, object);
  }
}

/* Node turns its loop until the hook is removed, busily. */
static void look_for_hooks(struct lyr_object *objects, uint32_t used) {
  for (uint32_t i = 0; i < used; i++)
    if (objects[i].type == LYR_ASYNC_HOOK && objects[i].state == LYR_RUNNING && ++objects[i].queued == IDLE_ROUNDS)
      tell(LYR_RULE_HOOK_004, &objects[i]);
}

/* Twice a second, on the agent's thread. */
void agt_layer_watch(void) {
  if (!g_lyr_active || !lyr_has_watched()) return;
  uint32_t used;
  struct lyr_object *objects = lyr_all_objects(&used);
  look_for_hooks(objects, used);
  for (struct lyr_thread *owner = lyr_threads(); owner; owner = owner->next) {
    if (!owner->is_owner) continue;
    struct idle *idle = idle_of(owner);
    if (!idle) return;
    bool is_idle = idle->total == owner->total && is_asleep(owner->tid);
    idle->total = owner->total;
    idle->rounds = is_idle ? idle->rounds + 1 : 0;
    if (idle->rounds >= IDLE_ROUNDS) look_at(owner, objects, used);
  }
}
