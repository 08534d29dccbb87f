/*
 * FINDING records: what was done against a rule, where, and the life of the object it was done to. One record for each
 * rule and stack; how often the same came again is said with FINDING_REPEATED.
 */
#include "layer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KNOWN = 4096, PER_RULE = 50 };
struct known { uint64_t key; uint32_t number; uint64_t count, written; };
static struct {
  pthread_mutex_t lock;
  struct known known[KNOWN]; /* all guarded by lock */
  uint32_t next_number;
  uint32_t per_rule[LYR_RULE_COUNT];
  uint64_t beyond;
} g_findings = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const struct { const char *id; uint8_t severity; } g_rules_table[LYR_RULE_COUNT] = {
#define LYR_ENTRY(name, id, severity) {id, severity},
    LYR_RULES(LYR_ENTRY)
#undef LYR_ENTRY
};

uint8_t *lyr_put_text(uint8_t *p, const char *text, size_t limit) {
  size_t length = text ? strnlen(text, limit) : 0;
  p = agt_put_varint(p, length);
  if (length) memcpy(p, text, length);
  return p + length;
}

uint32_t lyr_stack(const struct lyr_call *call) {
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return 0;
  /* While a callback runs, what lies outside of it stays: it is verified once. */
  struct lyr_thread *self = call->self;
  const struct lyr_frame *frame = lyr_frame(self);
  uintptr_t entry = frame && call->caller.sp < frame->entry ? frame->entry : 0;
  bool is_known = entry && self->walked_to == entry;
  uint32_t stack = agt_stack_walk_to(thread, call->caller, is_known ? entry : UINTPTR_MAX);
  self->walked_to = entry;
  agt_thread_leave(thread);
  return stack;
}

/* The number that a new finding gets, 0 when it is known already or there are too many of its rule. */
static uint32_t number_of(enum lyr_rule rule, uint32_t stack) {
  uint64_t key = (uint64_t)(rule + 1) << 32 | stack;
  uint32_t number = 0;
  pthread_mutex_lock(&g_findings.lock);
  uint32_t at = (uint32_t)(key * 0x9e3779b97f4a7c15u >> 52);
  while (g_findings.known[at].key && g_findings.known[at].key != key) at = (at + 1) & (KNOWN - 1);
  struct known *known = &g_findings.known[at];
  if (known->key) known->count++;
  else if (g_findings.per_rule[rule] < PER_RULE) {
    g_findings.per_rule[rule]++;
    number = ++g_findings.next_number;
    *known = (struct known){key, number, 1, 1};
  } else g_findings.beyond++;
  pthread_mutex_unlock(&g_findings.lock);
  return number;
}

static uint8_t *put_stacks(uint8_t *p, uint32_t now, const struct lyr_object *object) {
  const uint32_t stacks[] = {now, object ? object->created : 0, object ? object->handed : 0, object ? object->freed : 0};
  uint64_t count = 0;
  for (int role = 0; role < 4; role++) count += stacks[role] != 0;
  p = agt_put_varint(p, count);
  for (int role = 0; role < 4; role++) {
    if (!stacks[role]) continue;
    *p++ = (uint8_t)role;
    p = agt_put_varint(p, stacks[role]);
  }
  return p;
}

static uint8_t *put_notes(uint8_t *p, const struct lyr_note *notes) {
  uint64_t count = 0;
  for (const struct lyr_note *note = notes; note && note->name; note++) count++;
  p = agt_put_varint(p, count);
  for (const struct lyr_note *note = notes; note && note->name; note++) {
    p = lyr_put_text(p, note->name, 64);
    if (!note->is_number) {
      p = lyr_put_text(p, note->text, 256);
      continue;
    }
    char digits[24];
    int length = 0;
    uint64_t rest = note->number;
    do digits[23 - length++] = (char)('0' + rest % 10);
    while (rest /= 10);
    p = agt_put_varint(p, (uint64_t)length);
    memcpy(p, digits + 24 - length, (size_t)length);
    p += length;
  }
  return p;
}

enum lyr_action g_lyr_action;

/* The record is in the file by now, whatever comes of this. */
static void act(const struct lyr_call *call, enum lyr_rule rule) {
  if ((g_rules_table[rule].severity & 15) != LYR_ERROR || rule == LYR_RULE_CRASH_001) return;
  if (g_lyr_action == LYR_ABORT) {
    lyr_crash_is_meant();
    abort();
  }
  if (g_lyr_action == LYR_BREAK) raise(SIGTRAP);
  bool is_callable = call->env && call->env->owner == call->self && call->env->state == 1 && !call->env->is_pending;
  if (g_lyr_action != LYR_THROW || !is_callable || call->function == LYR_FUNCTIONS) return;
  char text[160];
  snprintf(text, sizeof text, "%s: %s broke a rule of Node-API", g_rules_table[rule].id, g_lyr_functions[call->function].name);
  LYR_REAL(napi_throw_error)(call->env->env, g_rules_table[rule].id, text);
}

static bool g_is_on[LYR_RULE_COUNT];

bool lyr_is_on(enum lyr_rule rule) { return g_is_on[rule]; }

/* Whether the comma-separated list has the id, or a beginning of it. */
static bool is_listed(const char *list, const char *id) {
  while (list && *list) {
    const char *end = strchrnul(list, ',');
    size_t length = (size_t)(end - list);
    if (length && (strncmp(list, id, length) == 0 || (length == 3 && strncmp(list, "all", 3) == 0))) return true;
    list = *end ? end + 1 : end;
  }
  return false;
}

void lyr_rules_init(void) {
  const char *enabled = getenv("SEAMPROOF_LAYER_ENABLE");
  for (int rule = 0; rule < LYR_RULE_COUNT; rule++)
    g_is_on[rule] = !(g_rules_table[rule].severity & LYR_OPT_IN) || is_listed(enabled, g_rules_table[rule].id);
  g_lyr_asks_for_answers = g_is_on[LYR_RULE_ERROR_005];
}

/* Who did it, as far as the call, the callback that runs and the object tell. */
struct who { uint32_t thread, addon; const struct lyr_frame *frame; const struct lyr_callback *within; };

static void write_finding(uint32_t number, const struct lyr_call *call, enum lyr_rule rule, const struct lyr_object *object,
                          const struct lyr_note *notes, uint32_t now, struct who who) {
  uint8_t body[8192], *p = agt_put_varint(body, number);
  p = lyr_put_text(p, g_rules_table[rule].id, 64);
  *p++ = g_rules_table[rule].severity & 15;
  *p++ = who.frame ? who.frame->phase : LYR_PHASE_NONE;
  p = agt_put_varint(p, atomic_load(&g_seq));
  p = agt_put_varint(p, agt_clock_us());
  p = agt_put_varint(p, who.thread);
  p = lyr_put_text(p, lyr_addon_path(who.addon ? who.addon : who.within ? who.within->addon : 0), 4096);
  p = lyr_put_text(p, who.within ? who.within->name : "", 64);
  p = lyr_put_text(p, call->function < LYR_FUNCTIONS ? g_lyr_functions[call->function].name : "", 64);
  *p++ = object ? object->type : 0;
  p = put_stacks(p, now, object);
  p = put_notes(p, notes);
  agt_meta_write(AGT_META_FINDING, body, (size_t)(p - body));
}

void lyr_report(const struct lyr_call *call, enum lyr_rule rule, const struct lyr_object *object,
                const struct lyr_note *notes) {
  if (!g_is_on[rule]) return;
  struct agt_thread *thread = agt_thread_enter();
  if (!thread) return; /* inside the agent already: there is no telling what is held */
  uint32_t now = call->caller.pc ? agt_stack_walk(thread, call->caller) : object ? object->created : 0;
  uint32_t number = number_of(rule, now);
  if (number) {
    const struct lyr_frame *frame = call->self ? lyr_frame(call->self) : NULL;
    const struct lyr_callback *within = frame ? frame->callback : !call->caller.pc && object ? object->within : NULL;
    uint32_t addon = call->self ? call->self->addon : 0;
    if (call->function == LYR_FUNCTIONS) { /* no call of the addon's is under way */
      if (object && object->addon) addon = object->addon;
      else if (within) addon = within->addon;
    }
    write_finding(number, call, rule, object, notes, now, (struct who){thread->index, addon, frame, within});
  }
  agt_thread_leave(thread);
  if (AGT_UNLIKELY(g_lyr_action != LYR_LOG)) act(call, rule);
}

void lyr_report_of_object(enum lyr_rule rule, const struct lyr_object *object) {
  uint32_t number = g_is_on[rule] ? number_of(rule, object->created) : 0;
  struct lyr_call call = {.function = LYR_FUNCTIONS};
  struct who who = {object->env ? object->env->owner->thread_index : 0, object->addon, NULL, object->within};
  if (number) write_finding(number, &call, rule, object, NULL, object->created, who);
}

void lyr_findings_write(void) {
  pthread_mutex_lock(&g_findings.lock);
  for (uint32_t i = 0; i < KNOWN; i++) {
    struct known *known = &g_findings.known[i];
    if (known->count == known->written) continue;
    uint8_t body[24];
    uint8_t *p = agt_put_varint(body, known->number);
    p = agt_put_varint(p, known->count);
    agt_meta_write(AGT_META_FINDING_REPEATED, body, (size_t)(p - body));
    known->written = known->count;
  }
  pthread_mutex_unlock(&g_findings.lock);
}
