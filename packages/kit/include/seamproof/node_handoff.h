/*
 * node_handoff.h: a handoff block as an ArrayBuffer, by Node-API. Needs node_api.h in the include path.
 *
 * The ArrayBuffer holds one JavaScript reference; its finalizer gives it back, on the JavaScript
 * thread and never in the same turn. Native code keeps its own references, so detaching, collecting
 * or closing in any order frees the memory exactly once.
 */
#ifndef SEAMPROOF_NODE_HANDOFF_H
#define SEAMPROOF_NODE_HANDOFF_H

#include <node_api.h>

#include "handoff.h"

static inline void seam_block__finalize(napi_env env, void *data, void *hint) {
  (void)env;
  (void)data;
  seam_block_release((seam_block *)hint, SEAM_SIDE_JS);
}

/*
 * The caller's references stay as they are. Where the runtime allows no external memory (Electron),
 * the ArrayBuffer is a copy made now, `*is_copy_out` says so, and the block gains no reference.
 * napi_generic_failure: the block is released already, or holds no bytes.
 */
static inline napi_status seam_block_to_arraybuffer(napi_env env, seam_block *block, napi_value *arraybuffer_out,
                                                    bool *is_copy_out) {
  *is_copy_out = false;
  if (!seam_block_retain(block, SEAM_SIDE_JS)) return napi_generic_failure;
  napi_status status = napi_create_external_arraybuffer(env, block->data, block->size_bytes, seam_block__finalize,
                                                        block, arraybuffer_out);
  if (status == napi_ok) return napi_ok;
  void *copy = NULL;
  const bool must_copy = status == napi_no_external_buffers_allowed;
  if (must_copy) status = napi_create_arraybuffer(env, block->size_bytes, &copy, arraybuffer_out);
  if (status == napi_ok && copy != NULL) memcpy(copy, block->data, block->size_bytes);
  *is_copy_out = must_copy;
  seam_block_release(block, SEAM_SIDE_JS);
  return status;
}

#endif
