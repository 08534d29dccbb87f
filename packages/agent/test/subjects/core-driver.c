/*
 * The agent's recorder, stack tree, writer and books without its hooks and its walker, fed with made-up events by several
 * threads: what the sanitizers can watch. `core-driver DIR full|aggregate THREADS EVENTS SEED`. Its own books are a plain
 * array under a mutex; it prints them: `live ADDRESS SIZE SITE`, `site SITE ALLOCATED BYTES FREED BYTES`.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------ what other parts of the agent would say */

union agt_recording g_recording_page;
uint32_t g_depth_max = 64;
_Atomic uint64_t g_now_us;
_Atomic uint32_t g_code_generation = 1;
uint64_t agt_clock_us(void) { return atomic_load(&g_now_us); }
void agt_tick(void) { atomic_fetch_add(&g_now_us, 7); }
void agt_sampler_start(void) {}
bool agt_is_forked(void) { return false; }
void agt_begin_in_child(void) {}
void agt_module_seen(uintptr_t pc) { (void)pc; }

enum { SITES = 5000 };

/* A site is its number in base 10, outermost digit first: a tree of some 5,500 nodes. */
uint32_t agt_stack_walk_to(struct agt_thread *thread, struct agt_registers caller, uintptr_t known_above) {
  (void)thread;
  (void)known_above;
  uint32_t node = 0;
  for (uint32_t unit = 1000; unit; unit /= 10)
    node = agt_tree_child(node, 0x400000 + caller.pc / unit % 10 * 64 + unit, 0, caller.pc % 3 ? 0 : (uint32_t)(caller.pc % 10));
  return node;
}

/* The sanitizers learn of mappings from libc's own functions. */
__attribute__((no_sanitize("address", "undefined", "thread"))) long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a[6];
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_mmap) return (long)mmap((void *)a[0], (size_t)a[1], (int)a[2], (int)a[3], (int)a[4], a[5]);
  if (number == SYS_munmap) return munmap((void *)a[0], (size_t)a[1]);
  if (number == SYS_close) return close((int)a[0]);
  register long r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4], r9 __asm__("r9") = a[5];
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  if (result > -4096 && result < 0) {
    errno = (int)-result;
    return -1;
  }
  return result;
}

/* ------------------------------------------------------------------------------------------------------------- the books */

enum { BLOCKS = 4096 };
static struct block { uint64_t address, bytes; uint32_t site; bool is_live, is_busy; } blocks[BLOCKS];
static struct { uint64_t allocated, allocated_bytes, freed, freed_bytes; } sites[SITES];
static pthread_mutex_t books = PTHREAD_MUTEX_INITIALIZER;

static uint64_t address_of(uint32_t index) {
  uint64_t address = 0x7f0000000000u + (uint64_t)index * 0x12340;
  return index % 17 ? address : address + 8; /* some are not on 16 */
}

/* Nobody else touches the block between these two: as between a program's own threads. */
static struct block *take(uint32_t random) {
  pthread_mutex_lock(&books);
  struct block *block = NULL;
  for (uint32_t i = 0; !block; i++) {
    struct block *candidate = &blocks[(random + i) % BLOCKS];
    if (!candidate->is_busy) block = candidate;
  }
  block->is_busy = true;
  pthread_mutex_unlock(&books);
  return block;
}

static void give_back(struct block *block) {
  pthread_mutex_lock(&books);
  block->is_busy = false;
  pthread_mutex_unlock(&books);
}

static void book_add(struct block *block, uint64_t bytes, uint32_t site) {
  pthread_mutex_lock(&books);
  block->bytes = bytes;
  block->site = site;
  block->is_live = true;
  sites[site].allocated++;
  sites[site].allocated_bytes += bytes;
  pthread_mutex_unlock(&books);
}

static void book_remove(struct block *block) {
  pthread_mutex_lock(&books);
  block->is_live = false;
  sites[block->site].freed++;
  sites[block->site].freed_bytes += block->bytes;
  pthread_mutex_unlock(&books);
}

/* ----------------------------------------------------------------------------------------------------------------- events */

static long event_count;

static uint32_t next(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  return *state ^= *state << 5;
}

static uint64_t size_from(uint32_t random) {
  if (random % 1000 == 0) return (uint64_t)1 << 37; /* as large as a total can hold */
  return random % 7 == 0 ? random >> 12 : random % 7 * 16;
}

static void grow(struct agt_thread *thread, struct block *from, struct block *to, uint64_t bytes, uint32_t site, bool fails) {
  uint64_t begun = agt_record_realloc_begin(thread, (void *)from->address);
  void *moved = fails ? NULL : (void *)(to ? to : from)->address;
  agt_record_realloc_end(thread, begun, (void *)from->address, moved, bytes, (struct agt_registers){.pc = site});
  if (fails) return;
  book_remove(from);
  book_add(to ? to : from, bytes, site);
}

static void one_event(struct agt_thread *thread, uint32_t *state) {
  uint32_t random = next(state), site = next(state) % SITES;
  uint64_t bytes = size_from(next(state));
  struct agt_registers caller = {.pc = site};
  struct block *block = take(random >> 4);
  if (!block->is_live) {
    agt_record_alloc(thread, 1 + random % 4, (void *)block->address, bytes, caller);
    book_add(block, bytes, site);
  } else if (random % 4 == 0) {
    struct block *to = take(next(state));
    bool is_free = !to->is_live;
    grow(thread, block, is_free ? to : NULL, bytes, site, random % 32 == 0);
    give_back(to);
  } else {
    book_remove(block);
    agt_record_free(thread, (void *)block->address);
  }
  give_back(block);
  if (random % 4096 == 1) agt_tree_forget(0x400000, 4096);
}

static void *run(void *argument) {
  uint32_t state = (uint32_t)(uintptr_t)argument * 7919u + 1;
  for (long i = 0; i < event_count; i++) {
    struct agt_thread *thread = agt_thread_enter();
    if (!thread) abort();
    one_event(thread, &state);
    agt_thread_leave(thread);
  }
  /* In the first round of destructors, not the last: by then ThreadSanitizer has forgotten the thread. */
  t_thread->exit_round = 3;
  return NULL;
}

int main(int count, char **arguments) {
  if (count < 6) return 2;
  g_is_aggregate = !strcmp(arguments[2], "aggregate");
  int threads = atoi(arguments[3]);
  event_count = atol(arguments[4]);
  for (uint32_t i = 0; i < BLOCKS; i++) blocks[i].address = address_of(i);
  agt_threads_init();
  if (!agt_tree_init(1u << 20) || (g_is_aggregate && !agt_live_init()) || !agt_file_open(arguments[1], 0)) return 3;
  agt_meta_write(AGT_META_PROCESS, (const uint8_t *)"\3a/b\1/\0", 7);
  g_recording = AGT_RECORDING;
  pthread_t ids[16];
  for (long i = 0; i < threads; i++)
    pthread_create(&ids[i], NULL, run, (void *)(uintptr_t)(i + atol(arguments[5])));
  /* As the sampler does, while the threads go on. */
  for (int i = 0; g_is_aggregate && i < 20; i++) {
    usleep(2000);
    agt_live_snapshot(0);
  }
  for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL);
  if (g_is_aggregate) agt_live_snapshot(atomic_load(&g_seq));
  agt_file_set_state(AGT_CLOSED);
  agt_file_trim();
  for (uint32_t i = 0; i < BLOCKS; i++)
    if (blocks[i].is_live) printf("live %lu %lu %u\n", blocks[i].address, blocks[i].bytes, blocks[i].site);
  for (uint32_t i = 0; i < SITES; i++)
    printf("site %u %lu %lu %lu %lu\n", i, sites[i].allocated, sites[i].allocated_bytes, sites[i].freed, sites[i].freed_bytes);
  return 0;
}
