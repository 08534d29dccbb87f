/*
 * Finalizers run when the event loop turns. JavaScript that makes and drops native objects without a pause collects them
 * and frees nothing: seen with a weak reference to one object in 256, which tells that it is gone before its finalizer ran.
 */
#include "layer.h"

enum { ONE_IN = 256, SAMPLED = 32, COLLECTED = 8 };

static struct lyr_sample {
  struct lyr_env *env;
  napi_ref weak[SAMPLED];
  uint32_t generation, count, handed;
  bool is_told;
} g_samples[64]; /* by env; each is used on the thread of its env only */

static struct lyr_sample *sample_of(struct lyr_env *env, bool is_made) {
  for (uint32_t i = 0, at = (uint32_t)((uintptr_t)env / sizeof *env) & 63; i < 4; i++, at = (at + 1) & 63) {
    struct lyr_env *free_slot = NULL;
    struct lyr_sample *sample = &g_samples[at];
    if (__atomic_load_n(&sample->env, __ATOMIC_ACQUIRE) == env) return sample;
    if (is_made && __atomic_compare_exchange_n(&sample->env, &free_slot, env, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
      return sample;
  }
  return NULL;
}

/* An object of JavaScript got a finalizer. */
void lyr_starving_handed(struct lyr_call *call, napi_value value) {
  struct lyr_env *env = call->env;
  if (!call->self || !env || env->owner != call->self || !value) return;
  struct lyr_sample *sample = sample_of(env, true);
  if (sample && sample->generation != env->generation) { /* the address was another env's: so were the references */
    sample->generation = env->generation;
    sample->count = sample->handed = 0;
    sample->is_told = false;
  }
  if (!sample || sample->is_told || ++sample->handed % ONE_IN || sample->count == SAMPLED) return;
  uint32_t collected = 0;
  napi_handle_scope scope = NULL;
  LYR_REAL(napi_open_handle_scope)(env->env, &scope);
  for (uint32_t i = 0; i < sample->count; i++) {
    napi_value seen = NULL;
    collected += LYR_REAL(napi_get_reference_value)(env->env, sample->weak[i], &seen) == NAPI_OK && !seen;
  }
  if (scope) LYR_REAL(napi_close_handle_scope)(env->env, scope);
  napi_ref weak = NULL;
  if (LYR_REAL(napi_create_reference)(env->env, value, 0, &weak) == NAPI_OK) sample->weak[sample->count++] = weak;
  if (collected < COLLECTED) return;
  sample->is_told = true;
  lyr_report(call, LYR_RULE_LOOP_002, NULL, LYR_NOTES(LYR_NUMBER("objects that wait, about", collected * ONE_IN)));
}

/* A finalizer of this env runs: the loop has turned. */
void lyr_starving_fed(struct lyr_thread *self, struct lyr_env *env) {
  struct lyr_sample *sample = env && env->owner == self && env->state == 1 ? sample_of(env, false) : NULL;
  if (!sample || !sample->handed || sample->generation != env->generation) return;
  for (uint32_t i = 0; i < sample->count; i++) LYR_REAL(napi_delete_reference)(env->env, sample->weak[i]);
  sample->count = sample->handed = 0;
}
