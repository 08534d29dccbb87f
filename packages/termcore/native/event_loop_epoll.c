/* The router over raw epoll: timers in a heap behind one timerfd, signals through a pipe. Linux only. */
#include "event_loop_epoll.h"

#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EVENTS_PER_TURN 64

static tc_epoll *state_of(const tc_loop *loop) { return loop->state; }

static tc_status system_status(void) {
  if (errno == EEXIST) return TC_ERR_STATE;
  if (errno == ENOMEM || errno == ENOSPC) return TC_ERR_MEMORY;
  return errno == EBADF || errno == EINVAL ? TC_ERR_ARGUMENT : TC_ERR_SYSTEM;
}

static bool watch(tc_epoll *state, int fd, void *key) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = key};
  return epoll_ctl(state->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void free_state(tc_epoll *state) {
  const int fds[4] = {state->epoll_fd, state->timer_fd, state->signal_pipe[0], state->signal_pipe[1]};
  for (int index = 0; index < 4; index++)
    if (fds[index] >= 0) close(fds[index]);
  tc_timer_heap_free(&state->timers);
  free(state);
}

static tc_status epoll_open(tc_loop *loop) {
  tc_epoll *state = calloc(1, sizeof *state);
  if (state == NULL) return TC_ERR_MEMORY;
  state->signal_pipe[0] = state->signal_pipe[1] = state->timer_fd = -1;
  state->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (state->epoll_fd >= 0) state->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (state->timer_fd < 0 || pipe2(state->signal_pipe, O_NONBLOCK | O_CLOEXEC) != 0 ||
      !watch(state, state->timer_fd, &state->timer_fd) || !watch(state, state->signal_pipe[0], state->signal_pipe)) {
    const tc_status status = system_status();
    free_state(state);
    return status;
  }
  loop->state = state;
  return TC_OK;
}

/* Wakes the epoll descriptor when the earliest timer is due; disarms it when there is none. */
static void arm_timer_fd(tc_epoll *state) {
  const tc_source *first = tc_timer_heap_first(&state->timers);
  const uint64_t due_ns = first != NULL ? first->due_ns : 0;
  if (due_ns == state->armed_ns) return;
  state->armed_ns = due_ns;
  const struct itimerspec when = {
      .it_value = {.tv_sec = (time_t)(due_ns / 1000000000u), .tv_nsec = (long)(due_ns % 1000000000u)}};
  timerfd_settime(state->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static uint32_t to_epoll(uint32_t interest) {
  return EPOLLRDHUP | ((interest & TC_READABLE) ? EPOLLIN : 0u) | ((interest & TC_WRITABLE) ? EPOLLOUT : 0u);
}

/* As libuv: an error or a full hangup makes everything asked for ready, so that a read or write tells. */
static uint32_t from_epoll(uint32_t events, uint32_t interest) {
  uint32_t value = ((events & EPOLLIN) ? TC_READABLE : 0u) | ((events & EPOLLOUT) ? TC_WRITABLE : 0u);
  value &= interest;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) value |= interest;
  if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0) value |= TC_HANGUP;
  return value | ((events & EPOLLERR) ? TC_ERROR : 0u);
}

static tc_status epoll_start(tc_loop *loop, tc_source *source) {
  tc_epoll *state = state_of(loop);
  tc_status status = TC_OK;
  if (source->kind == TC_EVENT_TIMER) {
    source->due_ns = tc_now_ns() + (source->first_ns == 0 ? 1 : source->first_ns);
    if (!tc_timer_heap_add(&state->timers, source)) status = TC_ERR_MEMORY;
    arm_timer_fd(state);
  } else if (source->kind == TC_EVENT_FD) {
    struct epoll_event event = {.events = to_epoll(source->interest), .data.ptr = source};
    if (epoll_ctl(state->epoll_fd, EPOLL_CTL_ADD, source->number, &event) != 0) status = system_status();
  } else {
    status = tc_signal_watch(source->number, state->signal_pipe[1]);
  }
  if (status != TC_OK) tc_source_free(source);
  return status;
}

static tc_status epoll_modify(tc_loop *loop, tc_source *source) {
  struct epoll_event event = {.events = to_epoll(source->interest), .data.ptr = source};
  if (epoll_ctl(state_of(loop)->epoll_fd, EPOLL_CTL_MOD, source->number, &event) == 0) return TC_OK;
  return system_status();
}

static void epoll_stop(tc_loop *loop, tc_source *source) {
  tc_epoll *state = state_of(loop);
  if (source->kind == TC_EVENT_TIMER) {
    tc_timer_heap_remove(&state->timers, source);
    arm_timer_fd(state);
  } else if (source->kind == TC_EVENT_FD) {
    /* Fails harmlessly when the descriptor was closed first, which removed it. */
    epoll_ctl(state->epoll_fd, EPOLL_CTL_DEL, source->number, NULL);
  } else {
    tc_signal_unwatch(source->number);
  }
  if (!state->is_running) {
    tc_source_free(source);
    return;
  }
  source->next = state->dead; /* this turn's reports may still name it */
  state->dead = source;
}

static void epoll_finish(tc_loop *loop) {
  free_state(state_of(loop));
  tc_loop_closed(loop);
}

static void epoll_close(tc_loop *loop) {
  if (!state_of(loop)->is_running) epoll_finish(loop); /* else at the end of the turn */
}

static void epoll_deliver(tc_loop *loop, tc_source *source, uint32_t value) { tc_deliver(loop, source, value); }

static void run_timers(tc_loop *loop, tc_epoll *state, uint64_t newest) {
  const uint64_t now_ns = tc_now_ns();
  /* All that are due leave the heap first, so that one added by a callback cannot come in this turn. */
  const size_t count = tc_timer_heap_take_due(&state->timers, now_ns, newest);
  for (size_t index = 0; index < count; index++) {
    tc_source *source = state->timers.taken[index];
    if (source->cookie == 0) continue;
    uint64_t expirations = 1;
    if (source->every_ns != 0) {
      expirations += (now_ns - source->due_ns) / source->every_ns;
      source->due_ns += expirations * source->every_ns;
      tc_timer_heap_add(&state->timers, source); /* there is room: it was in */
    }
    tc_route(loop, source, expirations > UINT32_MAX ? UINT32_MAX : (uint32_t)expirations);
  }
}

static void run_signals(tc_loop *loop, tc_epoll *state, uint64_t newest) {
  unsigned char numbers[64];
  const ssize_t size = read(state->signal_pipe[0], numbers, sizeof numbers);
  for (ssize_t index = 0; index < size; index++) {
    for (tc_source *source = loop->sources; source != NULL;) {
      const bool matches = source->kind == TC_EVENT_SIGNAL && source->number == numbers[index];
      tc_source *const this = source;
      if (matches && this->sequence <= newest) tc_route(loop, this, (uint32_t)this->number);
      if (this->cookie == 0) break; /* it removed itself; each signal has one source here */
      source = this->next;
    }
  }
}

static void end_turn(tc_loop *loop, tc_epoll *state) {
  state->is_running = false;
  while (state->dead != NULL) {
    tc_source *source = state->dead;
    state->dead = source->next;
    tc_source_free(source);
  }
  arm_timer_fd(state);
  if (loop->is_closing) epoll_finish(loop);
}

static uint64_t delivered_total(const tc_loop *loop) {
  return loop->counts.delivered[0] + loop->counts.delivered[1] + loop->counts.delivered[2];
}

tc_status tc_loop_run_epoll(tc_loop *loop, int timeout_ms, uint32_t *delivered_out) {
  if (loop->backend.start != epoll_start) return TC_ERR_ARGUMENT;
  tc_epoll *state = state_of(loop);
  if (state->is_running || loop->is_closing) return TC_ERR_STATE;
  struct epoll_event events[EVENTS_PER_TURN];
  const uint64_t before = delivered_total(loop);
  const uint64_t newest = loop->next_sequence;
  state->is_running = true;
  int count = epoll_wait(state->epoll_fd, events, EVENTS_PER_TURN, timeout_ms);
  const int error = count < 0 ? errno : 0;
  bool has_signals = false, has_timer = false;
  run_timers(loop, state, newest);
  for (int index = 0; index < count; index++) {
    void *const key = events[index].data.ptr;
    if (key == state->signal_pipe) has_signals = true;
    if (key == &state->timer_fd) has_timer = true;
    if (key == state->signal_pipe || key == &state->timer_fd) continue;
    tc_source *source = key;
    const uint32_t value = from_epoll(events[index].events, source->interest);
    if (value != 0) tc_route(loop, source, value);
    else loop->counts.refused++;
  }
  if (has_signals) run_signals(loop, state, newest);
  uint64_t unused = 0;
  if (has_timer && read(state->timer_fd, &unused, sizeof unused) > 0) state->armed_ns = UINT64_MAX; /* arm again */
  if (delivered_out != NULL) *delivered_out = (uint32_t)(delivered_total(loop) - before);
  end_turn(loop, state);
  return error == 0 || error == EINTR ? TC_OK : TC_ERR_SYSTEM;
}

int tc_loop_epoll_fd(const tc_loop *loop) { return state_of(loop)->epoll_fd; }

const tc_backend tc_backend_epoll = {.open = epoll_open,
                                     .close = epoll_close,
                                     .start = epoll_start,
                                     .modify = epoll_modify,
                                     .stop = epoll_stop,
                                     .deliver = epoll_deliver};
#else
/* A vtable of NULLs: tc_loop_create refuses it with TC_ERR_ARGUMENT. */
const tc_backend tc_backend_epoll = {.open = NULL};
tc_status tc_loop_run_epoll(tc_loop *loop, int timeout_ms, uint32_t *delivered_out) {
  (void)loop, (void)timeout_ms, (void)delivered_out;
  return TC_ERR_SYSTEM;
}
int tc_loop_epoll_fd(const tc_loop *loop) {
  (void)loop;
  return -1;
}
#endif
