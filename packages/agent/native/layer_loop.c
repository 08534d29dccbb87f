/*
 * What held the event loop. The clock on the wall says how long an outermost callback took; the callback answers for what
 * its thread computed and for what it was blocked by, and not for the time in which other threads had the core.
 */
#include "layer.h"
#include "sampler.h"

#include <time.h>

/* An outermost callback that holds the loop for longer is told of. SEAMPROOF_LAYER_LOOP_MS. */
uint64_t g_lyr_loop_us = 50000;

/* Asked at most every few milliseconds, so what came before the callback counts in it for no more than that. */
AGT_NOINLINE void lyr_core_ask(struct lyr_thread *self, uint64_t ticks) {
  self->core = (struct lyr_core){ticks, smp_clock_ns(CLOCK_THREAD_CPUTIME_ID), smp_run_queue_ns(self->tid)};
}

static uint64_t since(uint64_t now, uint64_t before) { return now > before ? now - before : 0; }

AGT_NOINLINE void lyr_loop_held(struct lyr_call *call, const struct lyr_frame *frame, uint64_t ticks) {
  const struct lyr_thread *self = call->self;
  uint64_t held_us = (uint64_t)((double)ticks / lyr_ticks_per_us());
  if (held_us <= g_lyr_loop_us || !self->core.asked_at) return;
  uint64_t waited_ns = smp_run_queue_ns(self->tid);
  uint64_t computing_us = since(smp_clock_ns(CLOCK_THREAD_CPUTIME_ID), self->core.cpu_ns) / 1000;
  if (computing_us > held_us) computing_us = held_us;
  uint64_t off_us = held_us - computing_us, waiting_us = since(waited_ns, self->core.waited_ns) / 1000;
  /* A kernel that keeps no such book says 0 for ever: then nobody knows what the rest was. */
  if (waiting_us > off_us || !waited_ns) waiting_us = off_us;
  held_us -= waiting_us;
  if (held_us <= g_lyr_loop_us) return;
  const struct lyr_object *object = frame->callback ? frame->callback->object : NULL;
  lyr_report(call, LYR_RULE_LOOP_001, object,
             LYR_NOTES(LYR_NUMBER("held the loop, ms", held_us / 1000), LYR_NUMBER("computing, ms", computing_us / 1000),
                       LYR_NUMBER("blocked, ms", (off_us - waiting_us) / 1000),
                       LYR_NUMBER(waiting_us >= 1000 ? "waited for a core besides, ms" : NULL, waiting_us / 1000)));
}
