/* The router: sources, their lifetime and their statistics; backends do the waiting. */
#include "event_loop.h"

#include <errno.h>
#include <time.h>

#include "event_loop_uv_api.h"

uint64_t tc_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void tc_deliver_sampled(tc_loop *loop, tc_source *source, uint32_t value) {
  const uint64_t before_ns = tc_now_ns();
  source->callback(source->data, value); /* source may be gone after this */
  const uint64_t elapsed_ns = tc_now_ns() - before_ns;
  loop->counts.sampled++;
  loop->counts.sampled_ns += elapsed_ns;
  if (elapsed_ns > loop->counts.sampled_ns_max) loop->counts.sampled_ns_max = elapsed_ns;
  if (loop->sampled != NULL) loop->sampled(loop->context, elapsed_ns);
}

static size_t handle_size_bytes(void) {
  const size_t poll = uv_handle_size(TC_UV_POLL), timer = uv_handle_size(TC_UV_TIMER),
               signal = uv_handle_size(TC_UV_SIGNAL);
  const size_t largest = poll > timer ? poll : timer;
  return largest > signal ? largest : signal;
}

size_t tc_source_size_bytes(const tc_backend *backend) {
  return sizeof(tc_source) + (backend->start == tc_backend_uv.start ? handle_size_bytes() : 0);
}

tc_status tc_loop_create(const tc_loop_options *options, tc_loop **loop_out) {
  if (options->backend == NULL) return TC_ERR_ARGUMENT;
  tc_loop *loop = calloc(1, sizeof *loop);
  if (loop == NULL) return TC_ERR_MEMORY;
  loop->backend = *options->backend;
  loop->is_inline = options->is_inline;
  loop->pool = options->pool;
  loop->platform = options->platform;
  loop->sampled = options->sampled;
  loop->closed = options->closed;
  loop->context = options->context;
  loop->handle_size_bytes = tc_source_size_bytes(options->backend) - sizeof(tc_source);
  tc_status status = TC_ERR_ARGUMENT;
  if (seam_vtable_seal(&loop->backend.head, &loop->backend.open, SEAM_VTABLE_ENTRIES(tc_backend, open)))
    status = loop->backend.open(loop);
  if (status != TC_OK) {
    free(loop);
    return status;
  }
  *loop_out = loop;
  return TC_OK;
}

void tc_loop_closed(tc_loop *loop) {
  if (loop->closed != NULL) loop->closed(loop->context);
  free(loop);
}

void tc_loop_destroy(tc_loop *loop) {
  if (loop == NULL || loop->is_closing) return;
  loop->is_closing = true;
  while (loop->sources != NULL) tc_loop_remove(loop->sources);
  loop->backend.close(loop);
}

static tc_source *source_allocate(tc_loop *loop) {
  const size_t size_bytes = sizeof(tc_source) + loop->handle_size_bytes;
  const bool is_pooled = loop->pool != NULL && loop->pool->free_count > 0 &&
                         loop->pool->options.object_size_bytes >= size_bytes;
  tc_source *source = is_pooled ? seam_pool_acquire(loop->pool) : malloc(size_bytes);
  if (source == NULL) return NULL;
  memset(source, 0, size_bytes);
  source->is_pooled = is_pooled;
  return source;
}

void tc_source_free(tc_source *source) {
  if (source->is_pooled) seam_pool_release(source->loop->pool, source);
  else free(source);
}

static tc_status add(tc_loop *loop, const tc_source *wanted, tc_source **source_out) {
  if (loop->is_closing) return TC_ERR_STATE;
  if (wanted->callback == NULL) return TC_ERR_ARGUMENT;
  tc_source *source = source_allocate(loop);
  if (source == NULL) return TC_ERR_MEMORY;
  const bool is_pooled = source->is_pooled;
  *source = *wanted;
  source->is_pooled = is_pooled;
  source->loop = loop;
  source->sequence = ++loop->next_sequence;
  const tc_status status = loop->backend.start(loop, source);
  if (status != TC_OK) return status; /* start has given the memory back, for libuv may hold on to it */
  source->cookie = TC_SOURCE_COOKIE ^ (uint64_t)(uintptr_t)source;
  source->next = loop->sources;
  if (loop->sources != NULL) loop->sources->previous = source;
  loop->sources = source;
  loop->source_count++;
  *source_out = source;
  return TC_OK;
}

tc_status tc_loop_add_fd(tc_loop *loop, int fd, uint32_t interest, tc_event_callback callback, void *data,
                         tc_source **source_out) {
  if (fd < 0 || interest == 0 || (interest & ~(TC_READABLE | TC_WRITABLE)) != 0) return TC_ERR_ARGUMENT;
  const tc_source wanted = {.callback = callback, .data = data, .kind = TC_EVENT_FD, .interest = interest, .number = fd};
  return add(loop, &wanted, source_out);
}

tc_status tc_loop_add_timer(tc_loop *loop, uint64_t first_ns, uint64_t every_ns, bool is_precise,
                            tc_event_callback callback, void *data, tc_source **source_out) {
  const uint64_t limit_ns = UINT64_C(1) << 62;
  if (first_ns > limit_ns || every_ns > limit_ns) return TC_ERR_RANGE;
  const tc_source wanted = {.callback = callback, .data = data, .kind = TC_EVENT_TIMER, .is_precise = is_precise,
                            .number = -1, .first_ns = first_ns, .every_ns = every_ns};
  return add(loop, &wanted, source_out);
}

tc_status tc_loop_add_signal(tc_loop *loop, int signal_number, tc_event_callback callback, void *data,
                             tc_source **source_out) {
  if (signal_number <= 0 || signal_number > 64) return TC_ERR_ARGUMENT;
  const tc_source wanted = {.callback = callback, .data = data, .kind = TC_EVENT_SIGNAL, .number = signal_number};
  return add(loop, &wanted, source_out);
}

tc_status tc_loop_modify_fd(tc_source *source, uint32_t interest) {
  if (source->kind != TC_EVENT_FD || (interest & ~(TC_READABLE | TC_WRITABLE)) != 0 || interest == 0)
    return TC_ERR_ARGUMENT;
  if (source->cookie == 0) return TC_ERR_STATE;
  const uint32_t before = source->interest;
  source->interest = interest;
  const tc_status status = source->loop->backend.modify(source->loop, source);
  if (status != TC_OK) source->interest = before;
  return status;
}

void tc_loop_remove(tc_source *source) {
  tc_loop *loop = source->loop;
  if (source->cookie == 0) return;
  source->cookie = 0;
  if (source->previous != NULL) source->previous->next = source->next;
  else loop->sources = source->next;
  if (source->next != NULL) source->next->previous = source->previous;
  loop->source_count--;
  loop->backend.stop(loop, source);
}
