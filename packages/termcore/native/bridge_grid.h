/* A grid as the bridge holds it. */
#ifndef TERMCORE_BRIDGE_GRID_H
#define TERMCORE_BRIDGE_GRID_H

#include "bridge_canvas.h"
#include "bridge_internal.h"

typedef struct tc_bridge_grid {
  tc_canvas canvas;
  bool is_owned;
  napi_env env;
  napi_ref view; /* weak, the ArrayBuffer over viewed_block */
  void *viewed_block;
  tc_range *dirty; /* from the bridge's allocator */
  uint32_t dirty_rows;
  napi_ref dirty_view; /* weak */
} tc_bridge_grid;

#endif
