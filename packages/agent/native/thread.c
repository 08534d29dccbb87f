/*
 * Per-thread state. Made at a thread's first event, handed on to another thread after its end. Between the two lie the
 * traps: TLS destructors allocate after our key's destructor has run, so an ended thread goes on with one shared state.
 */
#include "agent.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

__thread struct agt_thread *t_thread __attribute__((tls_model("initial-exec")));

static struct {
  pthread_mutex_t lock;
  struct agt_thread *free; /* guarded by lock */
  uint32_t next_index;     /* guarded by lock */
  pthread_mutex_t ended_lock;
  struct agt_thread *ended; /* used under ended_lock: what threads do after their state was given back */
  pthread_key_t key;
} g_threads = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended_lock = PTHREAD_MUTEX_INITIALIZER};

static void write_thread(const struct agt_thread *thread, const char *name) {
  uint8_t body[64];
  uint8_t *p = agt_put_varint(body, thread->index);
  p = agt_put_varint(p, (uint64_t)thread->tid);
  p = agt_put_varint(p, agt_clock_us());
  size_t length = strnlen(name, 16);
  p = agt_put_varint(p, length);
  memcpy(p, name, length);
  agt_meta_write(AGT_META_THREAD, body, (size_t)(p - body) + length);
}

static struct agt_thread *make(const char *name) {
  pthread_mutex_lock(&g_threads.lock);
  struct agt_thread *thread = g_threads.free;
  if (thread) g_threads.free = thread->next_free;
  uint32_t index = g_threads.next_index++;
  pthread_mutex_unlock(&g_threads.lock);
  if (!thread) thread = agt_map(sizeof *thread);
  if (!thread) return NULL;
  struct agt_line_collector *lines = thread->lines; /* kept for the state's next thread */
  struct lyr_thread *layer = thread->layer;
  memset(thread, 0, sizeof *thread);
  thread->lines = lines;
  thread->layer = layer;
  thread->index = index;
  thread->tid = (int32_t)syscall(SYS_gettid);
  thread->busy = 1;
  char own_name[16] = "";
  if (!name) prctl(PR_GET_NAME, own_name);
  write_thread(thread, name ? name : own_name);
  return thread;
}

static void give_back(struct agt_thread *thread) {
  agt_events_chunk_close(thread);
  uint8_t body[32];
  uint8_t *p = agt_put_varint(body, thread->index);
  p = agt_put_varint(p, agt_clock_us());
  agt_meta_write(AGT_META_THREAD_END, body, (size_t)(p - body));
  pthread_mutex_lock(&g_threads.lock);
  thread->next_free = g_threads.free;
  g_threads.free = thread;
  pthread_mutex_unlock(&g_threads.lock);
}

/*
 * Destructors of other keys allocate and free too, and run in any order, up to four rounds: give the state back in the last but
 * one. A state that was made in a destructor of the first round would otherwise never see the last, and be lost with its chunk.
 */
static void at_thread_end(void *value) {
  struct agt_thread *thread = value;
  if (t_thread != thread) return;
  if (++thread->exit_round < PTHREAD_DESTRUCTOR_ITERATIONS - 1) {
    pthread_setspecific(g_threads.key, thread);
    return;
  }
  thread->busy = 1;
  t_thread = AGT_T_ENDED;
  give_back(thread);
}

void agt_begin_in_child(void);
bool agt_is_forked(void);

struct agt_thread *agt_thread_enter_slow(struct agt_thread *seen) {
  if (AGT_UNLIKELY(agt_is_forked())) {
    agt_begin_in_child();
    return NULL;
  }
  if (seen == AGT_T_ENDED) {
    int saved_errno = errno;
    t_thread = AGT_T_BUSY; /* before the lock: a signal handler here must not wait for it */
    pthread_mutex_lock(&g_threads.ended_lock);
    if (!g_threads.ended) g_threads.ended = make("ended threads");
    errno = saved_errno;
    if (g_threads.ended) {
      g_threads.ended->frame_count = 0; /* kept frames were another thread's */
      g_threads.ended->stack_high = 0;
      return g_threads.ended;
    }
    pthread_mutex_unlock(&g_threads.ended_lock);
    t_thread = AGT_T_ENDED;
  }
  if (seen != NULL) {
    if (seen != AGT_T_AGENT) AGT_COUNT(untracked_calls);
    return NULL;
  }
  int saved_errno = errno;
  t_thread = AGT_T_BUSY;
  struct agt_thread *thread = make(NULL);
  t_thread = thread;
  /* The key is among the first 32 of the process, whose values glibc stores without allocating. */
  if (thread) pthread_setspecific(g_threads.key, thread);
  else AGT_COUNT(untracked_calls);
  errno = saved_errno;
  return thread;
}

/* t_thread is not the state that was entered: it was the shared one of ended threads. */
void agt_thread_leave_slow(struct agt_thread *thread) {
  if (thread != g_threads.ended) return;
  pthread_mutex_unlock(&g_threads.ended_lock);
  t_thread = AGT_T_ENDED;
}

struct agt_thread *agt_thread_disown(void) {
  struct agt_thread *before = t_thread;
  t_thread = AGT_T_AGENT;
  return before;
}
void agt_thread_own(struct agt_thread *thread) { t_thread = thread; }

void agt_threads_init(void) { pthread_key_create(&g_threads.key, at_thread_end); }

/* Only the forking thread exists in the child. States of the others are lost to it, a few pages each. */
void agt_threads_after_fork(void) {
  pthread_mutex_init(&g_threads.lock, NULL);
  pthread_mutex_init(&g_threads.ended_lock, NULL);
  g_threads.free = NULL;
  g_threads.ended = NULL;
  g_threads.next_index = 0;
  t_thread = NULL;
}
