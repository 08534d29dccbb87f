/*
 * The stack tree: a node is (return address, node of the caller's stack), so a stack is one number. Lookups take no lock;
 * a new node is made under g_meta.lock, because its record must come before any event that names it.
 */
#include "agent.h"

struct node {
  uint64_t key; /* pc in the low 48 bits, the epoch of its page above */
  uint32_t parent;
  uint32_t bytecode_offset;
};

static struct {
  struct node *nodes;       /* nodes[0] is the root */
  _Atomic uint32_t *slots;  /* open addressing: node ids, 0 = empty */
  uint32_t mask;
  uint32_t limit;
  _Atomic uint32_t count; /* next id */
} g_tree;

/*
 * V8 frees code and puts other code in its place, and a library may be loaded where another was. What an address means is
 * therefore (pc, epoch of its page). Pages are hashed: a collision only makes a node twice.
 */
enum { EPOCHS = 1 << 16 };
/* 16 bits: one that comes round again would make an old node mean new code. */
static _Atomic uint16_t g_epochs[EPOCHS];

bool agt_tree_init(uint32_t node_limit) {
  uint32_t slots = 1024;
  while (slots < node_limit * 2) slots *= 2;
  /* Reserved, not used: pages are touched as nodes appear. */
  g_tree.nodes = agt_map((size_t)node_limit * sizeof(struct node));
  g_tree.slots = agt_map((size_t)slots * sizeof(uint32_t));
  g_tree.mask = slots - 1;
  g_tree.limit = node_limit;
  atomic_store(&g_tree.count, 1);
  return g_tree.nodes && g_tree.slots;
}

uint32_t agt_tree_count(void) { return atomic_load_explicit(&g_tree.count, memory_order_relaxed); }

void agt_tree_forget(uintptr_t start, size_t bytes) {
  for (uintptr_t page = start >> 12; page <= (start + (bytes ? bytes - 1 : 0)) >> 12; page++)
    atomic_fetch_add_explicit(&g_epochs[page & (EPOCHS - 1)], 1, memory_order_relaxed);
}

/* Reserved anew: pages of the parent's tree would be copied on the first write. */
void agt_tree_after_fork(void) {
  uint32_t limit = g_tree.limit;
  agt_unmap(g_tree.nodes, (size_t)limit * sizeof(struct node));
  agt_unmap(g_tree.slots, ((size_t)g_tree.mask + 1) * sizeof(uint32_t));
  agt_tree_init(limit);
}

static inline uint32_t hash(uint64_t key, uint32_t parent, uint32_t bytecode_offset) {
  uint64_t x = key * 0x9e3779b97f4a7c15u ^ ((uint64_t)parent << 20 ^ bytecode_offset) * 0xc2b2ae3d27d4eb4fu;
  return (uint32_t)(x >> 32 ^ x);
}

bool agt_meta_reserve_locked(size_t bytes);

static AGT_NOINLINE uint32_t add(uint32_t parent, uintptr_t pc, uint64_t key, uint32_t flags, uint32_t bytecode_offset,
                                 uint32_t slot) {
  agt_module_seen(pc); /* before the lock: it may ask the loader */
  pthread_mutex_lock(&g_meta.lock);
  for (uint32_t id;; slot = (slot + 1) & g_tree.mask) { /* somebody may have added it meanwhile */
    id = atomic_load_explicit(&g_tree.slots[slot], memory_order_acquire);
    if (!id) break;
    const struct node *node = &g_tree.nodes[id];
    if (node->key == key && node->parent == parent && node->bytecode_offset == bytecode_offset) {
      pthread_mutex_unlock(&g_meta.lock);
      return id;
    }
  }
  uint32_t id = atomic_load_explicit(&g_tree.count, memory_order_relaxed);
  if (id >= g_tree.limit || !agt_meta_reserve_locked(64)) {
    AGT_COUNT(node_table_full);
    pthread_mutex_unlock(&g_meta.lock);
    return parent;
  }
  g_tree.nodes[id] = (struct node){key, parent, bytecode_offset};
  if (bytecode_offset) flags |= AGT_NODE_BYTECODE;
  uint8_t body[64];
  uint8_t *p = agt_put_varint(body, parent ? id - parent : id); /* the root's distance is the id itself */
  p = agt_put_varint(p, agt_zigzag((int64_t)(pc - g_meta.last_node_pc)));
  p = agt_put_varint(p, flags);
  if (bytecode_offset) p = agt_put_varint(p, bytecode_offset);
  agt_meta_write_locked(AGT_META_NODE, body, (size_t)(p - body));
  g_meta.last_node_pc = pc;
  atomic_store_explicit(&g_tree.count, id + 1, memory_order_relaxed);
  atomic_store_explicit(&g_tree.slots[slot], id, memory_order_release);
  pthread_mutex_unlock(&g_meta.lock);
  return id;
}

uint32_t agt_tree_child(uint32_t parent, uintptr_t pc, uint32_t flags, uint32_t bytecode_offset) {
  uint16_t epoch = atomic_load_explicit(&g_epochs[pc >> 12 & (EPOCHS - 1)], memory_order_relaxed);
  uint64_t key = (uint64_t)pc | (uint64_t)epoch << 48;
  uint32_t slot = hash(key, parent, bytecode_offset) & g_tree.mask;
  for (;; slot = (slot + 1) & g_tree.mask) {
    uint32_t id = atomic_load_explicit(&g_tree.slots[slot], memory_order_acquire);
    if (!id) return add(parent, pc, key, flags, bytecode_offset, slot);
    const struct node *node = &g_tree.nodes[id];
    if (node->key == key && node->parent == parent && node->bytecode_offset == bytecode_offset) return id;
  }
}
