/*
 * The bridge: termcore's one Node-API module. Parts with functions of their own for JavaScript
 * (terminal, parser, snapshot) include this and register them; bridge.c calls every register function.
 *
 * Objects cross the seam as 32-bit handles (slot and generation), never as pointers: reading an
 * integer costs 5 ns where napi_unwrap costs 50, and a stale handle is an error, not a crash.
 */
#ifndef TERMCORE_BRIDGE_H
#define TERMCORE_BRIDGE_H

#include <node_api.h>

#include "termcore.h"

/* One per napi_env, so one per worker thread. Reaches every callback as its `data`. */
typedef struct tc_environment tc_environment;

typedef enum tc_kind {
  TC_KIND_FREE = 0,
  TC_KIND_GRID = 1,
  TC_KIND_PARSER = 2,
  TC_KIND_COMMANDS = 3,
  TC_KIND_LOOP = 4,
  TC_KIND_SOURCE = 5
} tc_kind;

/*
 * Adds `object` to the environment's table. On TC_OK `*handle_out` is never 0 and the table owns the
 * object: `destroy` runs on tc_bridge_remove, or at the environment's end, newest first.
 */
tc_status tc_bridge_add(tc_environment *environment, tc_kind kind, void *object,
                        void (*destroy)(tc_environment *environment, void *object),
                        uint32_t *handle_out);

/* The object behind a handle, or NULL when it is stale, forged or of another kind. Never throws. */
void *tc_bridge_get(tc_environment *environment, tc_kind kind, uint32_t handle);

/* Destroys the object. TC_ERR_STATE when the handle is stale, so a second close is harmless. */
tc_status tc_bridge_remove(tc_environment *environment, tc_kind kind, uint32_t handle);

/* The allocator of blocks that JavaScript may view. Lives as long as the environment. */
tc_allocator tc_bridge_allocator(tc_environment *environment);

/*
 * Arguments of the current call. Reads up to `capacity` arguments and the environment; false means
 * an exception is pending and the callback must return NULL at once.
 */
bool tc_bridge_arguments(napi_env env, napi_callback_info info, size_t capacity, napi_value *arguments,
                         tc_environment **environment_out);

/* One argument each; false after throwing a typed error that names the parameter. */
bool tc_bridge_u32(napi_env env, napi_value value, const char *parameter, uint32_t *out);
bool tc_bridge_i32(napi_env env, napi_value value, const char *parameter, int32_t *out);

/*
 * Bytes of a Uint8Array or Buffer, valid until the callback returns to JavaScript. An empty one
 * gives a pointer that is not NULL and a size of 0.
 */
bool tc_bridge_bytes(napi_env env, napi_value value, const char *parameter, const uint8_t **bytes_out,
                     size_t *size_bytes_out);

/* The handle's object, or NULL after throwing TERMCORE_STATE. */
void *tc_bridge_object(napi_env env, tc_environment *environment, tc_kind kind, napi_value handle);

/* Throws an Error whose `code` is tc_status_name(status). Always returns NULL, so `return tc_bridge_throw(...)`. */
napi_value tc_bridge_throw(napi_env env, tc_status status, const char *message);

/* Adds one function to the exports; its callback must read its arguments by tc_bridge_arguments. */
bool tc_bridge_export(napi_env env, napi_value exports, tc_environment *environment, const char *name,
                      napi_callback callback);

/*
 * Grids. What lies behind a TC_KIND_GRID handle is the bridge's own struct, so go through these.
 * tc_bridge_add_grid makes a handle for a grid that was made elsewhere: with `is_owned` the bridge
 * destroys it, without it the owner calls tc_bridge_remove before destroying the grid itself.
 * Make grids with tc_bridge_allocator, or JavaScript cannot view their cells.
 */
struct tc_grid;
tc_status tc_bridge_add_grid(tc_environment *environment, struct tc_grid *grid, bool is_owned,
                             uint32_t *handle_out);
/* NULL after throwing TERMCORE_STATE. */
struct tc_grid *tc_bridge_grid_of(napi_env env, tc_environment *environment, napi_value handle);

/*
 * Implemented outside bridge.c, called once per environment while the module loads.
 * terminal_bindings.c (grid and terminal room): parser, snapshot and everything else of that room.
 * False means an exception is pending.
 */
bool tc_terminal_register(napi_env env, napi_value exports, tc_environment *environment);

/* event_loop_bindings.c */
bool tc_event_loop_register(napi_env env, napi_value exports, tc_environment *environment);

#endif
