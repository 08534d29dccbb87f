/*
 * Addons that are given their functions. Node means to pass Node-API in tables that an env points at (nodejs/node#60916):
 * such an addon looks nothing up. Its env gets tables of ours in their place, word by word those of Node, with our wrappers
 * where Node's are the functions that it exports. What order the tables have is of no account.
 *
 *   napi_env:  [ sentinel "NODE_VT", version ] [ table of JavaScript functions ] [ table of module functions ]
 */
#include "layer.h"

#include <string.h>

enum { TABLES = 16, WORDS = 512, NAMED = 0x4e4f4445 /* NODE */ };

struct tables { uint64_t sentinel; const uintptr_t *of[2]; };

static struct { const uintptr_t *theirs; uintptr_t *ours; } g_tables[TABLES]; /* guarded by the lock */
static pthread_mutex_t g_table_lock = PTHREAD_MUTEX_INITIALIZER;

/* Odd, which no pointer to a C++ object's functions is; version 0 is the only one there is. */
bool lyr_has_tables(napi_env env) {
  uint64_t sentinel;
  return agt_peek_bytes(&sentinel, (uintptr_t)env, 8) == 8 && sentinel >> 32 == NAMED && (sentinel & 0xffffff00) == 0x5f565400 &&
         (sentinel & 1);
}

static uintptr_t wrapper_of(uintptr_t function) {
  for (int i = 0; i < LYR_FUNCTIONS; i++)
    if (g_lyr_real[i] && (uintptr_t)g_lyr_real[i] == function) return (uintptr_t)g_lyr_functions[i].wrapper;
  return 0;
}

/* The table ends where words are no longer functions. NULL when none of them is one that we wrap. */
static uintptr_t *copy_of(const uintptr_t *theirs) {
  uintptr_t words[WORDS];
  size_t count = agt_peek_bytes(words, (uintptr_t)theirs, sizeof words) / 8, wrapped = 0;
  struct agt_object object;
  for (size_t i = 0; i < count; i++) {
    uintptr_t wrapper = wrapper_of(words[i]);
    if (wrapper) words[i] = wrapper, wrapped++;
    else if (words[i] && !agt_object_at(words[i], &object)) count = i;
  }
  uintptr_t *ours = wrapped ? agt_map(sizeof words) : NULL;
  if (ours) memcpy(ours, words, count * 8);
  return ours;
}

static const uintptr_t *ours_for(const uintptr_t *theirs) {
  const uintptr_t *ours = NULL;
  pthread_mutex_lock(&g_table_lock);
  int at = 0;
  while (at < TABLES && g_tables[at].theirs && g_tables[at].theirs != theirs && g_tables[at].ours != theirs) at++;
  if (at < TABLES && !g_tables[at].theirs && (g_tables[at].ours = copy_of(theirs))) g_tables[at].theirs = theirs;
  if (at < TABLES) ours = g_tables[at].ours;
  pthread_mutex_unlock(&g_table_lock);
  return ours;
}

/* Before the addon sees its env. Objects that it is given handles of start with the same words: see lyr_object_new. */
void lyr_hook_tables(struct lyr_env *known) {
  if (!lyr_has_tables(known->env)) return;
  struct tables *tables = (struct tables *)known->env;
  if ((tables->sentinel & 0xff) >> 1 != 0) return; /* a later version: what it looks like is not known */
  for (int i = 0; i < 2; i++) {
    const uintptr_t *ours = tables->of[i] ? ours_for(tables->of[i]) : NULL;
    if (ours) tables->of[i] = ours;
  }
  known->sentinel = tables->sentinel;
  known->module_table = tables->of[1];
}
