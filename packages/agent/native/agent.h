/*
 * The agent: what its parts share. One library, preloaded into the subject, Linux on x86-64.
 *
 * Rules that every part keeps:
 *   - Nothing that can run inside a hook uses the process's allocator, stdio, or a lock that somebody else may hold while
 *     allocating. Memory comes from agt_map (a plain mmap system call).
 *   - A hook sets thread->busy for its whole body. Whatever allocates inside (a signal handler, a libc call of ours) sees it
 *     and passes untracked, counted in the file header.
 *   - Lock order: the mappings' lock, then g_meta.lock, then g_file.lock. A shard of the live map is locked alone. None is
 *     held over a call into the loader.
 *   - errno is the caller's: slow paths save and restore it.
 */
#ifndef SEAMPROOF_AGENT_H
#define SEAMPROOF_AGENT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#if !defined(__x86_64__) || !defined(__linux__)
#error "the Seamproof agent supports Linux on x86-64 only"
#endif

/* Declarations too: else each use of another file's variable goes through the offset table. */
#pragma GCC visibility push(hidden)

#define AGT_LIKELY(x) __builtin_expect(!!(x), 1)
#define AGT_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define AGT_EXPORT __attribute__((visibility("default")))
#define AGT_NOINLINE __attribute__((noinline))

enum agt_kind { AGT_MALLOC = 1, AGT_CALLOC = 2, AGT_REALLOC = 3, AGT_ALIGNED = 4, AGT_MMAP = 5 };
enum agt_class { AGT_FD = 1, AGT_THREAD = 2, AGT_CHILD = 3 };
enum agt_mark_kind { AGT_MARK_USER, AGT_MARK_ROUND_BEGIN, AGT_MARK_ROUND_END, AGT_MARK_WARMUP_END, AGT_MARK_PROGRAM_END };
enum agt_file_state { AGT_OPEN = 0, AGT_CLOSED = 1, AGT_DISK_FULL = 2, AGT_FILE_LIMIT = 3, AGT_EXECED = 4 };

/* ------------------------------------------------------------------------------------------------ threads (thread.c) */

enum { AGT_DEPTH_MAX = 512, AGT_SITES = 64, AGT_RECENT = 64, AGT_FOREIGN = 4 };

/* A frame of the last walk, kept so that the next walk only has to verify it (see stack.c). */
struct agt_frame {
  uintptr_t sp;       /* stack pointer after the callee returned: the callee's CFA */
  uintptr_t pc;       /* where the callee returns to */
  uintptr_t rbp;      /* frame pointer at that moment */
  uintptr_t rbp_slot; /* where the step outwards read the caller's rbp; 0 = unchanged by this frame */
  uint64_t hash;      /* of the stack from the root to this frame */
  uint32_t node;      /* its id in the stack tree; 0 = not looked up yet */
  uint32_t flags;
  uint32_t bytecode;  /* interpreted frames: V8's bytecode offset, header included */
};

struct agt_site {
  uint64_t size;
  uint64_t addr16;
  uint32_t stack;
  uint32_t kind;
};

struct agt_thread {
  uint8_t busy;       /* inside the agent; signal handlers on this thread read it */
  uint8_t exit_round; /* how many times the key destructor has run */
  uint32_t index;
  int32_t tid;
  uint32_t gc_depth;
  struct agt_line_collector *lines; /* see control.c */
  struct lyr_thread *layer;         /* see layer_thread.c */
  uint64_t gc_start_us;
  struct agt_thread *next_free; /* guarded by g_threads.lock */

  /* The open EVENTS chunk and the encoder's prediction state, reset with each chunk (docs/TRACE_FORMAT.md). */
  uint8_t *cursor;
  uint8_t *limit;
  uint8_t *chunk;
  uint32_t chunk_capacity;
  uint64_t seq_next;
  uint64_t time_us;
  uint64_t last_addr16;
  uint32_t last_stack;
  uint64_t chunk_events;
  struct agt_site sites[AGT_SITES];
  uint64_t recent[AGT_RECENT];

  /* Bounds of the stack that may be read, and of foreign stacks met so far. */
  uintptr_t stack_low, stack_high;
  struct { uintptr_t low, high; } foreign[AGT_FOREIGN];
  uint32_t foreign_generation, foreign_next;

  /* frames[0] is the outermost; fresh[] holds those inside the part that could be reused. */
  uint32_t frame_count, fresh_count;
  uint32_t frame_generation;
  struct agt_frame frames[AGT_DEPTH_MAX];
  struct agt_frame fresh[AGT_DEPTH_MAX];
};

/* The calling thread's state, busy set, or NULL when this call must pass untracked. Pair with agt_thread_leave. */
struct agt_thread *agt_thread_enter_slow(struct agt_thread *seen);
void agt_thread_leave_slow(struct agt_thread *thread);
void agt_threads_init(void);
void agt_threads_after_fork(void);
/* Names the calling thread the agent's own: it is not tracked until it is given back what this returns. */
struct agt_thread *agt_thread_disown(void);
void agt_thread_own(struct agt_thread *thread);

/* TLS holds one pointer, initial-exec: a big static TLS block makes pthread_create fail with EINVAL. */
extern __thread struct agt_thread *t_thread __attribute__((tls_model("initial-exec")));
/* Values of t_thread that are not a state: state is being made, thread is ending (use the shared one), agent's own. */
#define AGT_T_BUSY ((struct agt_thread *)1)
#define AGT_T_ENDED ((struct agt_thread *)2)
#define AGT_T_AGENT ((struct agt_thread *)3)

static inline struct agt_thread *agt_thread_enter(void) {
  struct agt_thread *thread = t_thread;
  if (AGT_UNLIKELY((uintptr_t)thread <= 3 || thread->busy)) return agt_thread_enter_slow(thread);
  thread->busy = 1;
  atomic_signal_fence(memory_order_seq_cst);
  return thread;
}

static inline void agt_thread_leave(struct agt_thread *thread) {
  atomic_signal_fence(memory_order_seq_cst);
  if (AGT_UNLIKELY(t_thread != thread)) agt_thread_leave_slow(thread);
  else thread->busy = 0;
}

/* ---------------------------------------------------------------------------------------------- lifecycle (agent.c) */

/*
 * The one load that an idle agent costs. It has a page of its own, which the kernel gives to a forked child as zeros: a
 * child that no handler of ours heard of is idle.
 */
enum { AGT_IDLE = 0, AGT_RECORDING = 1, AGT_FORKED = 2 };
union agt_recording {
  struct { int state, allocations; };
  char page[4096];
};
extern union agt_recording g_recording_page;
#define g_recording g_recording_page.state
/* As g_recording, but idle while only CPU samples are taken. */
#define g_tracking g_recording_page.allocations
void agt_set_recording(int state);
extern bool g_is_aggregate;
/* CPU samples, and no allocations. */
extern bool g_is_samples;
extern uint32_t g_depth_max;
/* µs since the process's start, refreshed by the sampler thread every few milliseconds. */
extern _Atomic uint64_t g_now_us;
/* Next sequence number; its own cache line, for every hook of every thread adds to it. */
extern _Atomic uint64_t g_seq;

uint64_t agt_clock_us(void);
/* Starts the sampler thread unless it runs. Allocates: only where the subject itself may. */
void agt_sampler_start(void);
/* Whether the helper thread runs, and its number. */
bool agt_sampler_runs(void);
extern _Atomic int32_t g_sampler_tid;
/* Keeps the time while there is no sampler. */
void agt_tick(void);
/* The mark at the program's end, and the file closed; once. */
void agt_finish(void);
/* False in a vfork child, which runs in its parent's memory. A system call. */
bool agt_is_recorded_process(void);
void agt_in_child(void);
/* In a forked child that goes on: a trace of its own. */
bool agt_begin_anew(void);
void agt_calls_after_fork(void);
void agt_mark(enum agt_mark_kind kind, const char *name, size_t length);
/* Memory straight from the kernel; never returned to the process's allocator. NULL when there is none. */
void *agt_map(size_t bytes);
void agt_unmap(void *address, size_t bytes);

/* ------------------------------------------------------------------------------------------------- the file (wire.c) */

/* Counters that live in the file header, so that they survive SIGKILL. Offsets: docs/TRACE_FORMAT.md. */
struct agt_header {
  char magic[8];
  uint32_t version, header_bytes, pid, ppid;
  uint64_t start_wall_ns, start_mono_ns;
  uint32_t mode, page_size, depth_max, state;
  _Atomic uint64_t events_dropped, stacks_truncated, walks_ended_early, node_table_full, foreign_walks, untracked_calls,
      forks_unfollowed, events_recorded, file_bytes;
  uint64_t end_mono_ns, file_limit_bytes;
  _Atomic uint64_t cpu_samples, cpu_dropped, cpu_truncated, cpu_rootless;
};
_Static_assert(offsetof(struct agt_header, events_dropped) == 56, "trace header");
_Static_assert(offsetof(struct agt_header, file_limit_bytes) == 136, "trace header");

_Static_assert(offsetof(struct agt_header, cpu_samples) == 144, "trace header");

/* Never NULL: before a file is open it points at a scratch header. */
extern struct agt_header *g_header;
#define AGT_COUNT(field) atomic_fetch_add_explicit(&g_header->field, 1, memory_order_relaxed)

bool agt_file_open(const char *directory, uint64_t limit_bytes);
void agt_file_set_state(enum agt_file_state state);
/* Trims the file to what was used. More chunks may still follow. */
void agt_file_trim(void);
void agt_file_after_fork(void);

enum agt_chunk_type { AGT_CHUNK_META = 1, AGT_CHUNK_EVENTS = 2, AGT_CHUNK_PASSING = 3 };
enum { AGT_CHUNK_HEADER = 32 };
/* A zeroed chunk mapped from the file, its header written. NULL when the disk or the limit is reached. */
uint8_t *agt_chunk_open(enum agt_chunk_type type, uint32_t capacity, uint64_t first, uint32_t owner);
/* Seals length and CRC and unmaps. */
void agt_chunk_close(uint8_t *chunk, uint32_t payload_bytes);
/* Closes a chunk that stays mapped; and begins it anew, with what was in it gone. */
void agt_chunk_seal(uint8_t *chunk, uint32_t payload_bytes);
void agt_chunk_reuse(uint8_t *chunk, uint64_t first);
uint32_t agt_crc32(uint32_t crc, const uint8_t *bytes, size_t length);

static inline uint8_t *agt_put_varint(uint8_t *p, uint64_t value) {
  while (value >= 0x80) {
    *p++ = (uint8_t)(value | 0x80);
    value >>= 7;
  }
  *p++ = (uint8_t)value;
  return p;
}
static inline uint64_t agt_zigzag(int64_t value) { return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63); }

/* --------------------------------------------------------------------------------------------- META stream (meta.c) */

enum agt_meta {
  AGT_META_PROCESS = 1, AGT_META_MODULE, AGT_META_MODULE_GONE, AGT_META_CODE, AGT_META_NODE, AGT_META_MARK,
  AGT_META_THREAD, AGT_META_THREAD_END, AGT_META_GC, AGT_META_SAMPLE, AGT_META_SNAPSHOT, AGT_META_SNAPSHOT_STACK,
  AGT_META_SNAPSHOT_END, AGT_META_JS_HEAP, AGT_META_FORK, AGT_META_CODE_LINES, AGT_META_NOTE,
  /* The seam layer's, see layer.h. */
  AGT_META_LAYER, AGT_META_FINDING, AGT_META_FINDING_REPEATED, AGT_META_CROSSINGS, AGT_META_LAYER_LIVE,
  /* The CPU sampler's, see sampler.h. */
  AGT_META_CPU_SAMPLER, AGT_META_CPU_THREAD, AGT_META_CPU_SAMPLES,
  AGT_META_LAYER_NODE = 30, AGT_META_POINT, AGT_META_INJECTED, AGT_META_STRESS, AGT_META_LAYER_ADDON
};

struct agt_meta_state {
  pthread_mutex_t lock;
  uint8_t *chunk, *cursor, *limit; /* guarded by lock, as all below */
  uint32_t capacity;
  uint64_t last_node_pc;
  uint32_t next_code;
};
extern struct agt_meta_state g_meta;

/* Holder of g_meta.lock. Appends one record; `bytes` is the body. */
/* Bounds what is of passing interest (samples, clocks, collections) to the newest so many bytes. 0: all is kept. */
void agt_meta_keep(uint64_t bytes);
void agt_meta_write_locked(enum agt_meta type, const uint8_t *bytes, size_t length);
void agt_meta_write(enum agt_meta type, const uint8_t *bytes, size_t length);
void agt_meta_note(const char *text);
void agt_meta_after_fork(void);

/* ---------------------------------------------------------------------------------------------- stack tree (tree.c) */

enum { AGT_NODE_TRUNCATED = 1, AGT_NODE_ENDED_EARLY = 2, AGT_NODE_FOREIGN = 4, AGT_NODE_BYTECODE = 8, AGT_NODE_GAP = 16 };
bool agt_tree_init(uint32_t node_limit);
/* Id of the frame `pc` called from the stack `parent`; makes it and writes its NODE record when it is new. */
uint32_t agt_tree_child(uint32_t parent, uintptr_t pc, uint32_t flags, uint32_t bytecode_offset);
uint32_t agt_tree_count(void);
uint64_t agt_tree_bytes(void);
/*
 * A shortcut for stacks seen lately: the id by a hash over all frames, one lookup instead of one a frame. 64 bits: among the
 * two million stacks that a tree can hold, two that are taken for one have a chance of one in nine million.
 */
uint32_t agt_tree_recall(uint64_t hash); /* 0 when it was not seen */
void agt_tree_remember(uint64_t hash, uint32_t id);
enum { AGT_EPOCHS = 1 << 16 };
extern _Atomic uint16_t g_epochs[AGT_EPOCHS];
extern uint64_t g_stack_seed; /* the hash of no frames */
static inline uint64_t agt_stack_hash(uint64_t hash, uintptr_t pc, uint32_t bytecode_offset) {
  uint64_t epoch = atomic_load_explicit(&g_epochs[pc >> 12 & (AGT_EPOCHS - 1)], memory_order_relaxed);
  hash = (hash ^ (pc + epoch * 0xd6e8feb86659fd93u + bytecode_offset * 0xa0761d6478bd642fu)) * 0x9e3779b97f4a7c15u;
  return hash ^ hash >> 29;
}
/* Addresses in [start, start+bytes) now mean something else: stacks through them get new nodes from here on. */
void agt_tree_forget(uintptr_t start, size_t bytes);
void agt_tree_after_fork(void);

/* -------------------------------------------------------------------------------- unwinding (stack.c, cfi.c, module.c) */

/* How to step from a frame to its caller, packed by cfi.c into one word so that a cache entry is 16 bytes. */
typedef uint64_t agt_rule;
enum { AGT_CFA_RSP = 1, AGT_CFA_RBP = 2, AGT_CFA_RBP_DEREF = 3, AGT_CFA_FRAME_POINTER = 4, AGT_CFA_END = 5,
       AGT_CFA_NO_CODE = 6, /* nothing is executed there: the walk went astray */
       AGT_CFA_NO_TABLE = 7, /* compiled code without a row: guess.c looks at the stack */
       AGT_CFA_GUESSED = 8, AGT_CFA_LOST = 9,
       AGT_CFA_SAVED_SP = 10 /* rbp points to the stack pointer as it was behind the pushed rbp: aligned assembly */ };
enum { AGT_RBP_SAME = 0, AGT_RBP_AT_CFA = 1, AGT_RBP_AT_RBP = 2 };
#define AGT_RULE(cfa, cfa_offset, rbp, rbp_offset) \
  ((uint64_t)(cfa) | (uint64_t)(rbp) << 4 | (uint64_t)((uint32_t)(rbp_offset) & 0xffffff) << 8 | \
   (uint64_t)(uint32_t)(cfa_offset) << 32)

/* An ELF object as the loader sees it. */
struct agt_object {
  uintptr_t start, end; /* of the mapping */
  uintptr_t bias;
  const uint8_t *eh_frame_hdr; /* NULL when it has none */
  const char *path;            /* the loader's own string; "" is the executable */
};
/* A line of /proc/self/maps that can be read; zero when there is none. Some 0.1 ms. */
struct agt_mapping {
  uintptr_t low, high;
  bool is_executable;
};
struct agt_mapping agt_mapping_around(uintptr_t address);
/* Copies what can be read of [from, from + bytes), at most two pages; how much it was. A system call or two, no lock. */
size_t agt_peek_bytes(void *into, uintptr_t from, size_t bytes);
/* False for code outside every object: JIT code, foreign memory. Lock-free on glibc ≥ 2.35. */
bool agt_object_at(uintptr_t address, struct agt_object *object);
bool agt_find_object_is_lock_free(void);
agt_rule agt_cfi_rule(const struct agt_object *object, uintptr_t pc);
bool agt_is_after_call(uintptr_t address);
/*
 * One step outwards with every register that calls preserve, in DWARF's numbering, [16] the return address. Slower than a
 * rule by far; for foreign stacks, where code such as koffi's keeps the old stack pointer in rbx. False at the end.
 */
enum { AGT_REGISTERS = 17, AGT_REGISTER_RBP = 6, AGT_REGISTER_RSP = 7, AGT_REGISTER_PC = 16 };
typedef bool agt_peek(void *context, uintptr_t address, uintptr_t *value);
/* A frame of code that has no table, and how to read the stack around it. */
struct agt_frame_view {
  uintptr_t pc; /* the return address; the instruction plus one when it is not one */
  uintptr_t sp, rbp, high; /* the stack ends at high */
  bool is_interrupted; /* pc is no return address: a signal came here */
  bool is_direct;      /* sp to high can be read without asking peek */
  agt_peek *peek;
  void *context;
};
/* A rule for such a frame, 0 when there is none: out of its code (epilogue.c), else of what lies on the stack (guess.c). */
agt_rule agt_guess_rule(const struct agt_frame_view *view);
/* The code from `at` on lies in [low, high), which may be read. */
agt_rule agt_epilogue_rule(uintptr_t at, uintptr_t low, uintptr_t high, const struct agt_frame_view *view);
bool agt_cfi_step(uintptr_t registers[AGT_REGISTERS], agt_peek *peek, void *context);
/* Whether unwind tables say anything about the call that returns to `pc`. */
bool agt_cfi_has_row(uintptr_t pc);

/* Writes a MODULE record for the object around `pc` if there is one and it has none yet. */
void agt_module_seen(uintptr_t pc);
void agt_modules_init(void);
/* After a dlclose: MODULE_GONE for what is no longer loaded. */
void agt_modules_review(void);
void agt_modules_after_fork(void);

struct agt_registers { uintptr_t pc, sp, rbp; };
/* Registers of the caller of the function this stands in, which must keep a frame pointer. */
#define AGT_CALLER() \
  ((struct agt_registers){(uintptr_t)__builtin_return_address(0), (uintptr_t)__builtin_frame_address(0) + 16, \
                          *(uintptr_t *)__builtin_frame_address(0)})
/*
 * Stack id of the caller. Async-signal-safe but for the first walk of a thread. Frames that lie above `known_above` are
 * taken to stand as the last walk of the thread found them.
 */
uint32_t agt_stack_walk_to(struct agt_thread *thread, struct agt_registers caller, uintptr_t known_above);
static inline uint32_t agt_stack_walk(struct agt_thread *thread, struct agt_registers caller) {
  return agt_stack_walk_to(thread, caller, UINTPTR_MAX);
}
/* How to step out of the frame that returns to `pc`, cached. Async-signal-safe on glibc ≥ 2.35. */
agt_rule agt_stack_rule(uintptr_t pc);
/* The same for code without a table, which only the stack itself can tell. */
agt_rule agt_stack_guess(const struct agt_frame_view *view);
/* The calling thread's stack. Reads /proc; asks the loader nothing. */
struct agt_mapping agt_own_stack(void);
/* Return addresses of the walk just made, innermost first. */
uint32_t agt_stack_innermost(const struct agt_thread *thread, uintptr_t *pcs, uint32_t limit);
/* Raised whenever code may have changed under cached rules and frames. */
extern _Atomic uint32_t g_code_generation;
extern _Atomic uint32_t g_map_generation;
/* The subject unmaps [start, start+bytes): cached bounds of foreign stacks in there are void. */
void agt_stack_unmapped(uintptr_t start, size_t bytes);

/* ------------------------------------------------------------------------------- events (recorder.c, aggregate.c) */

void agt_record_alloc(struct agt_thread *, enum agt_kind, void *block, size_t bytes, struct agt_registers caller);
void agt_record_free(struct agt_thread *, void *block);
/* Between realloc_begin and realloc_end the old block's number is taken but nothing is written. */
uint64_t agt_record_realloc_begin(struct agt_thread *, void *old_block);
void agt_record_realloc_end(struct agt_thread *, uint64_t begun, void *old_block, void *block, size_t bytes,
                            struct agt_registers caller);
void agt_record_map(struct agt_thread *, void *address, size_t bytes, int protection, int flags, struct agt_registers caller);
void agt_record_unmap(struct agt_thread *, void *address, size_t bytes);
/* 0 when there is no room for the record. */
uint64_t agt_record_remap_begin(struct agt_thread *);
void agt_record_remap_end(struct agt_thread *, uint64_t begun, void *old_address, size_t old_bytes, void *address,
                          size_t bytes, struct agt_registers caller);
void agt_record_acquire(struct agt_thread *, enum agt_class, uint64_t id, struct agt_registers caller);
void agt_record_release(struct agt_thread *, enum agt_class, uint64_t id);
void agt_events_chunk_close(struct agt_thread *);

bool agt_live_init(void);
void agt_live_add(uint64_t key, uint64_t bytes, uint32_t stack, uint8_t kind);
/* What was known of the key, 0 when it was not there. agt_live_restore undoes the removal. */
uint64_t agt_live_remove(uint64_t key);
void agt_live_restore(uint64_t key, uint64_t value);
/* `seq` of the mark it is taken for, 0 between marks. On any thread. */
void agt_live_snapshot(uint64_t seq);
int64_t agt_live_bytes(void);
uint64_t agt_live_table_bytes(void);
/* Keys of the live map: addresses as they are; resources carry their class above bit 48. */
#define AGT_KEY(class, id) ((uint64_t)(class) << 48 | (uint64_t)(id))
/* Totals of a stack. A mapping that is given back in pieces counts as one block, with its last piece. */
void agt_totals_add(uint32_t stack, uint8_t kind, uint64_t bytes);
void agt_totals_free(uint32_t stack, uint64_t blocks, uint64_t bytes);

/* Live mappings of aggregate mode (mappings.c). The lock is held over mremap, which gives an address back and takes one. */
bool agt_mappings_init(void);
void agt_mappings_lock(void);
void agt_mappings_unlock(void);
void agt_mappings_add_locked(uintptr_t start, size_t bytes, uint32_t stack);
void agt_mappings_remove_locked(uintptr_t start, size_t bytes);

/* ------------------------------------------------------------------------------------------- V8's code (v8_code.c) */

/* A line of V8's perf map: code at [start, start+bytes) is `name` from now on. */
void agt_code_event(uintptr_t start, size_t bytes, const char *name, size_t name_length);
void agt_code_init(void);
/* Whether the address lies in or near V8's code: may be wrong either way, and costs two loads. */
bool agt_code_may_hold(uintptr_t address);
/* Whether V8 has named code at this address. */
bool agt_code_holds(uintptr_t address);
/* Whether it is code of an interpreted function: its frame then says how far the function has come. */
bool agt_code_is_interpreted(uintptr_t address);
/* Bytes before the first bytecode of a bytecode array, learnt from `array` (tagged) or before; 0 while not known. */
uint32_t agt_code_bytecode_header(uintptr_t array);
/* Source positions of the code that V8 named last; offsets are bytecode offsets for interpreted functions. */
struct agt_line { uint32_t offset, position; };
void agt_code_lines(uintptr_t start, const struct agt_line *lines, uint32_t count);
void agt_code_bytecode_at(uintptr_t first_bytecode);

/* --------------------------------------------------------------------------------------- the seam layer (layer.c) */

/* With SEAMPROOF_LAYER=1, before main; else does nothing, and neither do the others. */
void lyr_start(void);
extern bool g_lyr_active;
/* What Node itself exports under the name that led to `found`. */
void *agt_layer_real(void *found);
void agt_layer_mark(enum agt_mark_kind kind);
/* What the layer's books take that grow with the subject's calls, and in how many mappings. */
uint64_t agt_layer_table_bytes(void);
uint32_t agt_layer_table_mappings(void);
/* Calls of exports so far, and Node-API calls inside of them; false without the layer. */
bool agt_layer_crossings(uint64_t *crossings, uint64_t *calls);
/* Whether this allocation is to fail, which is asked only when `g_lyr_fails_allocations`. Not inside the agent. */
extern bool g_lyr_fails_allocations;
/* Allocations are not recorded: only the layer is asked. Set once, before main. */
extern bool g_lyr_only;
bool agt_layer_fails(enum agt_kind kind, struct agt_registers caller);
/* A block is about to be freed: true when it is not to be, for now. Asked only when `g_lyr_fences`. */
extern bool g_lyr_fences;
bool agt_layer_fences(void *block, struct agt_registers caller);
/* How many blocks with this hash JavaScript holds; 255 and more are no longer counted. */
extern _Atomic uint8_t g_lyr_handed[1 << 16];
static inline uint32_t lyr_handed_slot(const void *block) { return (uint32_t)(((uintptr_t)block >> 4) * 0x9e3779b1u) >> 16; }
static inline bool lyr_may_be_handed(const void *block) {
  return atomic_load_explicit(&g_lyr_handed[lyr_handed_slot(block)], memory_order_relaxed) != 0;
}
/* Such a block is about to be freed. Not inside the agent. */
void agt_layer_free(const void *block, struct agt_registers caller);
/* A block was allocated: by whom JavaScript called. */
void agt_layer_alloc(struct agt_thread *thread, size_t bytes);
/* At each turn of the agent's thread, some milliseconds apart. */
void agt_layer_turn(uint64_t now_us);
/* Twice a second, on the agent's thread. */
void agt_layer_watch(void);

/* --------------------------------------------------------------------------------------- the CPU sampler (sampler.c) */

/* All of these do nothing unless SEAMPROOF_MODE is samples. */
void smp_init(uint64_t rate_hz, bool is_wall, bool is_paused);
/* Begins to sample every thread of the process; and ends it. Both may be called any number of times. */
void smp_start(void);
void smp_resume(void); /* also where it was told to wait */
void smp_stop(void);
void smp_finish(void);
bool smp_is_running(void);
/* The calling thread begins to run the subject's code, or has ended. */
void smp_thread_begin(void);
void smp_thread_end(void);
/* What the helper thread does at each turn: writes what the handlers have left, looks for threads it has not seen. */
void smp_turn(uint32_t turn);
/* Until the next turn; signals the threads that run meanwhile. */
void smp_wait(void);
/* Around a dlclose. */
void smp_before_unload(void);
void smp_after_unload(void);
void smp_before_exec(void);
void smp_after_failed_exec(void);
void smp_after_fork(void);
/* A range begins (5) or ends (6), or a user's mark (0). */
void smp_mark(uint32_t kind, const char *name, size_t length);

/* -------------------------------------------------------------------------------------- the real functions (real.c) */

struct agt_real {
  void *(*malloc)(size_t);
  void (*free)(void *);
  void *(*calloc)(size_t, size_t);
  void *(*realloc)(void *, size_t);
  int (*posix_memalign)(void **, size_t, size_t);
  void *(*aligned_alloc)(size_t, size_t);
  void *(*memalign)(size_t, size_t);
  void *(*valloc)(size_t);
  void *(*pvalloc)(size_t);
  size_t (*malloc_usable_size)(void *);
};
extern struct agt_real g_real;
void agt_real_resolve(void);
/* Blocks handed out while dlsym was still looking up the real allocator; they are never freed. */
enum { AGT_BOOTSTRAP_BYTES = 64 * 1024 };
extern uint8_t g_bootstrap[AGT_BOOTSTRAP_BYTES];
static inline bool agt_is_bootstrap(const void *block) {
  return (uintptr_t)block - (uintptr_t)g_bootstrap < AGT_BOOTSTRAP_BYTES;
}
size_t agt_bootstrap_size(const void *block);
/* dlsym(RTLD_NEXT, name), remembered in *slot. */
void *agt_next(void **slot, const char *name);

#pragma GCC visibility pop

#endif
