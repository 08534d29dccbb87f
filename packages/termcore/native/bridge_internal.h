/* What the bridge's own files share; nobody else includes this. */
#ifndef TERMCORE_BRIDGE_INTERNAL_H
#define TERMCORE_BRIDGE_INTERNAL_H

#include <seamproof/buffer_pool.h>
#include <seamproof/flags.h>
#include <seamproof/handles.h>
#include <seamproof/metrics.h>
#include <seamproof/node_handoff.h>

#include "bridge.h"
#include "kernels.h"

#define TC_HANDLES_MAX 65536u
#define TC_RECORDS_POOLED_MAX 1024u
#define TC_SOURCES_POOLED_MAX 256u

enum { TC_FLAG_SIMD = 0, TC_FLAG_BATCH, TC_FLAG_POOL, TC_FLAG_INLINE, TC_FLAG_COUNT };

/* The order of metric_table in bridge.c. */
enum {
  TC_METRIC_GRIDS_CREATED = 0,
  TC_METRIC_BLOCKS_CREATED,
  TC_METRIC_BLOCKS_FROM_POOL,
  TC_METRIC_BLOCKS_LIVE,
  TC_METRIC_DRAINS,
  TC_METRIC_COMMANDS,
  TC_METRIC_COMMANDS_REFUSED,
  TC_METRIC_LOOP_DISPATCHES,
  TC_METRIC_LOOP_REFUSED,
  TC_METRIC_LOOP_CALLBACK_NS,
  TC_METRIC_COUNT
};

/* One object in the handle table; the list gives the order of destruction. */
typedef struct tc_record {
  void *object;
  void (*destroy)(tc_environment *environment, void *object);
  struct tc_record *newer, *older;
  tc_kind kind;
  uint32_t handle;
  bool is_pooled;
} tc_record;

struct tc_environment {
  napi_env env;
  _Atomic uint32_t refs; /* the napi_env's own, and one per live block */
  seam_handles handles;
  tc_record *newest;
  seam_pool records;
  seam_pool sources; /* of event loops */
  seam_buffer_pool blocks;
  seam_flags flags;
  seam_monitor monitor;
  seam_metrics metrics;
  void *metrics_memory; /* NULL while the environment begins and ends */
};

/* The block behind memory from tc_bridge_allocator. */
seam_block *tc_bridge_block_of(const void *memory);

/* An ArrayBuffer over that memory, kept in `*reference` as long as JavaScript holds it; NULL after throwing. */
napi_value tc_bridge_view(napi_env env, void *memory, napi_ref *reference);

static inline void tc_count(const tc_environment *environment, uint32_t metric, uint64_t amount) {
  if (environment->metrics_memory != NULL) seam_metric_add(&environment->metrics, metric, amount);
}

static inline void tc_count_owned(const tc_environment *environment, uint32_t metric, uint64_t amount) {
  if (environment->metrics_memory != NULL) seam_metric_add_owned(&environment->metrics, metric, amount);
}

void tc_environment_release(tc_environment *environment);

bool tc_bridge_grid_register(napi_env env, napi_value exports, tc_environment *environment);
bool tc_bridge_commands_register(napi_env env, napi_value exports, tc_environment *environment);
bool tc_bridge_state_register(napi_env env, napi_value exports, tc_environment *environment);

#endif
