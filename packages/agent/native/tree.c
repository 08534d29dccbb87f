/*
 * The stack tree: a node is (return address, node of the caller's stack), so a stack is one number. Lookups take no lock;
 * a new node is made under g_meta.lock, because its record must come before any event that names it.
 */
#include "agent.h"

/*
 * A node is its slot, two words on one cache line:
 *   key:  pc (47 bits) | epoch of its page (16) | lowest bit of the bytecode offset
 *   link: id (21) | id of the caller's stack (21) | rest of the bytecode offset (22); written last, 0 = empty
 */
struct slot {
  _Atomic uint64_t link;
  uint64_t key;
};
enum { ID_BITS = 21, TABLE_MIN = 1 << 12, BYTECODE_MAX = 1 << 23 };
struct table {
  uint32_t mask;
  _Alignas(64) struct slot slots[];
};

/*
 * The table doubles when it is half full. Readers may still be in the one before, which stays where it is: what they do not
 * find there they look for again under the lock. Small tables matter: most lookups are cache misses.
 */
static struct {
  struct table *_Atomic table;
  uint32_t limit;
  _Atomic uint32_t count; /* next id */
} g_tree;

/*
 * V8 frees code and puts other code in its place, and a library may be loaded where another was. What an address means is
 * therefore (pc, epoch of its page). Pages are hashed: a collision only makes a node twice.
 */
/* 16 bits: one that comes round again would make an old node mean new code. */
_Atomic uint16_t g_epochs[AGT_EPOCHS];

static size_t table_bytes(uint32_t mask) { return sizeof(struct table) + ((size_t)mask + 1) * sizeof(struct slot); }

static struct table *new_table(uint32_t slots) {
  struct table *table = agt_map(table_bytes(slots - 1));
  if (table) table->mask = slots - 1;
  return table;
}

bool agt_tree_init(uint32_t node_limit) {
  g_tree.limit = node_limit;
  atomic_store(&g_tree.count, 1);
  atomic_store(&g_tree.table, new_table(TABLE_MIN));
  return atomic_load(&g_tree.table) != NULL;
}

uint32_t agt_tree_count(void) { return atomic_load_explicit(&g_tree.count, memory_order_relaxed); }

/* All that were ever made: those before the current one stay, and every page of a hashed table is soon in use. */
uint64_t agt_tree_bytes(void) {
  struct table *table = atomic_load(&g_tree.table);
  return table ? 2 * (uint64_t)table_bytes(table->mask) - table_bytes(TABLE_MIN - 1) : 0;
}

void agt_tree_forget(uintptr_t start, size_t bytes) {
  for (uintptr_t page = start >> 12; page <= (start + (bytes ? bytes - 1 : 0)) >> 12; page++)
    atomic_fetch_add_explicit(&g_epochs[page & (AGT_EPOCHS - 1)], 1, memory_order_relaxed);
}

/* Anew: pages of the parent's table would be copied on the first write. */
void agt_tree_after_fork(void) {
  struct table *table = atomic_load(&g_tree.table);
  if (table) agt_unmap(table, table_bytes(table->mask));
  agt_tree_init(g_tree.limit);
  g_stack_seed += 2; /* what was remembered are the parent's ids */
}

/* ---------------------------------------------------------------------------------------------------- stacks seen lately */

/* Hash of a whole stack → its id. Two words without a lock; `hash ^ id` makes a torn entry miss instead of lie. */
enum { STACKS = 1 << 15 };
static struct { _Atomic uint64_t hash_xor_id, id; } g_stacks_seen[STACKS];
uint64_t g_stack_seed = 1;

uint32_t agt_tree_recall(uint64_t hash) {
  uint32_t slot = (uint32_t)(hash >> 49);
  uint64_t id = atomic_load_explicit(&g_stacks_seen[slot].id, memory_order_acquire);
  uint64_t seen = atomic_load_explicit(&g_stacks_seen[slot].hash_xor_id, memory_order_acquire) ^ id;
  return seen == hash ? (uint32_t)id : 0;
}

void agt_tree_remember(uint64_t hash, uint32_t id) {
  uint32_t slot = (uint32_t)(hash >> 49);
  atomic_store_explicit(&g_stacks_seen[slot].hash_xor_id, hash ^ id, memory_order_release);
  atomic_store_explicit(&g_stacks_seen[slot].id, id, memory_order_release);
}

/* --------------------------------------------------------------------------------------------------------------- nodes */

struct wanted { uint64_t key, link; }; /* link without the id */

static inline struct wanted wanted_of(uint32_t parent, uintptr_t pc, uint32_t bytecode_offset) {
  uint64_t epoch = atomic_load_explicit(&g_epochs[pc >> 12 & (AGT_EPOCHS - 1)], memory_order_relaxed);
  return (struct wanted){((uint64_t)pc & (((uint64_t)1 << 47) - 1)) | epoch << 47 | (uint64_t)bytecode_offset << 63,
                         (uint64_t)parent << ID_BITS | (uint64_t)(bytecode_offset >> 1) << 2 * ID_BITS};
}

static inline uint32_t hash(struct wanted wanted) {
  uint64_t x = wanted.key * 0x9e3779b97f4a7c15u ^ wanted.link * 0xc2b2ae3d27d4eb4fu;
  return (uint32_t)(x >> 32 ^ x);
}

/* Id of the node, or 0 and in *free_slot where it would go. */
static inline uint32_t find(struct table *table, struct wanted wanted, uint32_t *free_slot) {
  for (uint32_t at = hash(wanted) & table->mask;; at = (at + 1) & table->mask) {
    uint64_t link = atomic_load_explicit(&table->slots[at].link, memory_order_acquire);
    if (!link) {
      *free_slot = at;
      return 0;
    }
    uint32_t id = link & ((1u << ID_BITS) - 1);
    if (link - id == wanted.link && table->slots[at].key == wanted.key) return id;
  }
}

/* Holder of g_meta.lock. NULL when there is no memory and the table is as full as lookups can bear. */
static struct table *table_with_room(uint32_t count) {
  struct table *table = atomic_load_explicit(&g_tree.table, memory_order_relaxed);
  if (count * 2 <= table->mask) return table;
  struct table *larger = new_table((table->mask + 1) * 2);
  if (!larger) return count < table->mask / 8 * 7 ? table : NULL;
  for (uint32_t i = 0; i <= table->mask; i++) {
    uint64_t link = atomic_load_explicit(&table->slots[i].link, memory_order_relaxed);
    if (!link) continue;
    struct wanted wanted = {table->slots[i].key, link & ~(((uint64_t)1 << ID_BITS) - 1)};
    uint32_t at = hash(wanted) & larger->mask;
    while (atomic_load_explicit(&larger->slots[at].link, memory_order_relaxed)) at = (at + 1) & larger->mask;
    larger->slots[at].key = wanted.key;
    atomic_store_explicit(&larger->slots[at].link, link, memory_order_relaxed);
  }
  atomic_store_explicit(&g_tree.table, larger, memory_order_release);
  return larger;
}

bool agt_meta_reserve_locked(size_t bytes);

/* Holder of g_meta.lock. */
static void write_node(uint32_t id, uint32_t parent, uintptr_t pc, uint32_t flags, uint32_t bytecode_offset) {
  if (bytecode_offset) flags |= AGT_NODE_BYTECODE;
  uint8_t body[64];
  uint8_t *p = agt_put_varint(body, parent ? id - parent : id); /* the root's distance is the id itself */
  p = agt_put_varint(p, agt_zigzag((int64_t)(pc - g_meta.last_node_pc)));
  p = agt_put_varint(p, flags);
  if (bytecode_offset) p = agt_put_varint(p, bytecode_offset);
  agt_meta_write_locked(AGT_META_NODE, body, (size_t)(p - body));
  g_meta.last_node_pc = pc;
}

static AGT_NOINLINE uint32_t add(uint32_t parent, uintptr_t pc, uint32_t flags, uint32_t bytecode_offset,
                                 struct wanted wanted) {
  agt_module_seen(pc); /* before the lock: it may ask the loader */
  pthread_mutex_lock(&g_meta.lock);
  uint32_t id = atomic_load_explicit(&g_tree.count, memory_order_relaxed), slot = 0;
  struct table *table = table_with_room(id);
  /* Somebody may have added it meanwhile. */
  uint32_t known = find(table ? table : atomic_load(&g_tree.table), wanted, &slot);
  if (known) {
    pthread_mutex_unlock(&g_meta.lock);
    return known;
  }
  if (id >= g_tree.limit || !table || !agt_meta_reserve_locked(64)) {
    AGT_COUNT(node_table_full);
    pthread_mutex_unlock(&g_meta.lock);
    return parent;
  }
  write_node(id, parent, pc, flags, bytecode_offset);
  atomic_store_explicit(&g_tree.count, id + 1, memory_order_relaxed);
  table->slots[slot].key = wanted.key;
  atomic_store_explicit(&table->slots[slot].link, wanted.link | id, memory_order_release);
  pthread_mutex_unlock(&g_meta.lock);
  return id;
}

uint32_t agt_tree_child(uint32_t parent, uintptr_t pc, uint32_t flags, uint32_t bytecode_offset) {
  if (AGT_UNLIKELY(bytecode_offset >= BYTECODE_MAX)) bytecode_offset = 0; /* has no room: the line of the function then */
  struct wanted wanted = wanted_of(parent, pc, bytecode_offset);
  uint32_t slot = 0, id = find(atomic_load_explicit(&g_tree.table, memory_order_acquire), wanted, &slot);
  return AGT_LIKELY(id) ? id : add(parent, pc, flags, bytecode_offset, wanted);
}
