/* Flags that sigaction tells: kern_sigaction of sys/kern/kern_sig.c (FreeBSD), sigaction and setsigvec of bsd/kern/kern_sig.c (XNU). */
#include "observe.h"
#include <signal.h>

#ifndef SA_NOCLDSTOP
#define SA_NOCLDSTOP 8
#endif

static void handler(int signal) { }

static int flags_of(int signal) {
  struct sigaction old;
  memset(&old, 0x55, sizeof old);
  sigaction(signal, 0, &old);
  return old.sa_flags;
}

static void set(int signal, int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(signal, &action, 0);
}

int main(void) {
  OBSERVE("never-set", flags_of(SIGUSR1));
  set(SIGUSR1, 0);
  OBSERVE("none", flags_of(SIGUSR1));
  set(SIGUSR1, SA_RESETHAND | SA_NODEFER | SA_ONSTACK);
  OBSERVE("reset", flags_of(SIGUSR1));
  set(SIGCHLD, SA_NOCLDSTOP | SA_RESTART);
  OBSERVE("child", flags_of(SIGCHLD));
  return 0;
}
