/*
 * Libraries that block all signals on their threads (so that the program's handlers run elsewhere) mean the program's
 * signals, not the sampler's: it is left out of every mask. libc's own masking does not pass here.
 */
#include "sampler.h"

#include <errno.h>
#include <signal.h>

static int (*real_pthread_sigmask)(int, const sigset_t *, sigset_t *);
static int (*real_sigprocmask)(int, const sigset_t *, sigset_t *);

extern int g_smp_signal;

/* Before main: the look-up takes the loader's lock, and a mask may be set where that must not be waited for. */
void smp_mask_resolve(void) {
  agt_next((void **)&real_pthread_sigmask, "pthread_sigmask");
  agt_next((void **)&real_sigprocmask, "sigprocmask");
}

/* `set` without our signal, in `own`. */
static const sigset_t *without_ours(int how, const sigset_t *set, sigset_t *own) {
  if (AGT_LIKELY(!g_smp_signal) || !set || how == SIG_UNBLOCK || sigismember(set, g_smp_signal) != 1) return set;
  *own = *set;
  sigdelset(own, g_smp_signal);
  return own;
}

AGT_EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *before) {
  sigset_t own;
  if (!agt_next((void **)&real_pthread_sigmask, "pthread_sigmask")) return ENOSYS;
  return real_pthread_sigmask(how, without_ours(how, set, &own), before);
}

AGT_EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *before) {
  sigset_t own;
  if (!agt_next((void **)&real_sigprocmask, "sigprocmask")) {
    errno = ENOSYS;
    return -1;
  }
  return real_sigprocmask(how, without_ours(how, set, &own), before);
}
