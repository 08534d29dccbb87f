/* Signals for the epoll backend: a handler that writes the number to a pipe. signalfd would need the
 * signal blocked in every thread of the process, and Node's threads are not ours to change. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "event_loop_epoll.h"

#define SIGNALS_MAX 65

static struct {
  pthread_mutex_t lock;
  _Atomic int fds[SIGNALS_MAX]; /* fd + 1, so that 0 is nobody; read by the handler */
  struct sigaction before[SIGNALS_MAX]; /* guarded by lock; the handler reads only watched entries */
} g_signals = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Signals: safe. Errno: kept. */
static void on_signal(int number, siginfo_t *info, void *context) {
  const int saved_errno = errno;
  const int fd = atomic_load_explicit(&g_signals.fds[number], memory_order_acquire) - 1;
  if (fd >= 0) {
    const unsigned char byte = (unsigned char)number;
    /* A full pipe means that 64 KiB of signals wait already. */
    const ssize_t written = write(fd, &byte, 1);
    (void)written;
    const struct sigaction *before = &g_signals.before[number];
    if ((before->sa_flags & SA_SIGINFO) != 0) before->sa_sigaction(number, info, context);
    else if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN) before->sa_handler(number);
  }
  errno = saved_errno;
}

tc_status tc_signal_watch(int signal_number, int fd) {
  if (signal_number <= 0 || signal_number >= SIGNALS_MAX) return TC_ERR_ARGUMENT;
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigfillset(&action.sa_mask);
  tc_status status = TC_OK;
  pthread_mutex_lock(&g_signals.lock);
  if (atomic_load_explicit(&g_signals.fds[signal_number], memory_order_relaxed) != 0) status = TC_ERR_STATE;
  else if (sigaction(signal_number, NULL, &g_signals.before[signal_number]) != 0) status = TC_ERR_ARGUMENT;
  else {
    atomic_store_explicit(&g_signals.fds[signal_number], fd + 1, memory_order_release);
    if (sigaction(signal_number, &action, NULL) != 0) {
      atomic_store_explicit(&g_signals.fds[signal_number], 0, memory_order_release);
      status = TC_ERR_ARGUMENT; /* SIGKILL, SIGSTOP */
    }
  }
  pthread_mutex_unlock(&g_signals.lock);
  return status;
}

void tc_signal_unwatch(int signal_number) {
  if (signal_number <= 0 || signal_number >= SIGNALS_MAX) return;
  pthread_mutex_lock(&g_signals.lock);
  sigaction(signal_number, &g_signals.before[signal_number], NULL);
  atomic_store_explicit(&g_signals.fds[signal_number], 0, memory_order_release);
  pthread_mutex_unlock(&g_signals.lock);
}
