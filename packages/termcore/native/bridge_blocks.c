/* Memory that native code and JavaScript look at together: kit handoff blocks, pooled or not. */
#include "bridge_internal.h"

/* In front of the memory, in whole cache lines so that what follows stays aligned. */
typedef struct block_head {
  tc_environment *environment;
  seam_block *block; /* `place`, or one of its own in the kit's debug mode */
  seam_block place;
  size_t size_bytes; /* with the head */
  bool is_pooled;
} block_head;

#define HEAD_BYTES (2 * TC_BLOCK_ALIGNMENT)
_Static_assert(sizeof(block_head) <= HEAD_BYTES, "the head must fit in front of an aligned block");

static block_head *head_of(const void *memory) {
  return (block_head *)((uintptr_t)memory - HEAD_BYTES);
}

seam_block *tc_bridge_block_of(const void *memory) { return head_of(memory)->block; }

/* Threads: any. Runs when neither side refers to the memory any more. */
static void block_end(void *context, void *data, size_t size_bytes) {
  (void)size_bytes;
  tc_environment *environment = context;
  block_head *head = head_of(data);
  tc_count(environment, TC_METRIC_BLOCKS_LIVE, (uint64_t)-1);
  if (head->is_pooled) seam_buffer_pool_release(&environment->blocks, head, head->size_bytes);
  else free(head);
  tc_environment_release(environment);
}

static void *block_allocate(void *context, size_t size_bytes) {
  tc_environment *environment = context;
  if (size_bytes == 0 || size_bytes > SIZE_MAX - HEAD_BYTES - TC_BLOCK_ALIGNMENT) return NULL;
  const size_t total = (size_bytes + HEAD_BYTES + TC_BLOCK_ALIGNMENT - 1) & ~(size_t)(TC_BLOCK_ALIGNMENT - 1);
  block_head *head = NULL;
  if (seam_flags_is_on(&environment->flags, TC_FLAG_POOL)) head = seam_buffer_pool_acquire(&environment->blocks, total);
  const bool is_pooled = head != NULL;
  /* The pool's limit bounds what it keeps, not what termcore may use. */
  if (!is_pooled) head = aligned_alloc(TC_BLOCK_ALIGNMENT, total);
  if (head == NULL) return NULL;
  memset(head, 0, total);
  void *memory = (char *)head + HEAD_BYTES;
  seam_block *block =
      seam_block_adopt_in(&head->place, &environment->monitor, memory, size_bytes, block_end, environment);
  if (block == NULL) {
    if (is_pooled) seam_buffer_pool_release(&environment->blocks, head, total);
    else free(head);
    return NULL;
  }
  head->environment = environment;
  head->block = block;
  head->size_bytes = total;
  head->is_pooled = is_pooled;
  atomic_fetch_add_explicit(&environment->refs, 1, memory_order_relaxed);
  tc_count(environment, TC_METRIC_BLOCKS_CREATED, 1);
  tc_count(environment, TC_METRIC_BLOCKS_LIVE, 1);
  if (is_pooled) tc_count(environment, TC_METRIC_BLOCKS_FROM_POOL, 1);
  return memory;
}

static void block_release(void *context, void *memory, size_t size_bytes) {
  (void)context;
  (void)size_bytes;
  if (memory != NULL) seam_block_release(head_of(memory)->block, SEAM_SIDE_NATIVE);
}

tc_allocator tc_bridge_allocator(tc_environment *environment) {
  return (tc_allocator){.allocate = block_allocate, .release = block_release, .context = environment};
}

napi_value tc_bridge_view(napi_env env, void *memory, napi_ref *reference) {
  napi_value arraybuffer = NULL;
  if (*reference != NULL && napi_get_reference_value(env, *reference, &arraybuffer) == napi_ok && arraybuffer != NULL)
    return arraybuffer;
  if (*reference != NULL) napi_delete_reference(env, *reference);
  *reference = NULL;
  bool is_copy = false;
  if (seam_block_to_arraybuffer(env, tc_bridge_block_of(memory), &arraybuffer, &is_copy) != napi_ok)
    return tc_bridge_throw(env, TC_ERR_MEMORY, "no ArrayBuffer over native memory");
  /* A copy would go stale silently, so it is refused: such a runtime reads cells by call. */
  if (is_copy) return tc_bridge_throw(env, TC_ERR_SYSTEM, "this runtime allows no external ArrayBuffers");
  /* Weak: the same object comes back while JavaScript holds it, and none is kept alive for us. */
  if (napi_create_reference(env, arraybuffer, 0, reference) != napi_ok) *reference = NULL;
  return arraybuffer;
}
