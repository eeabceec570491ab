/* A fault whose signal is blocked repeats on macOS until something else changes (threadsignal of bsd/kern/kern_sig.c), and the signal waits. */
#include "observe.h"
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

static char *volatile page;
static volatile int caught;

static void handler(int signal) { caught++; }

static void *helper(void *argument) {
  volatile int i;
  for (i = 0; i < 100000; i++);
  mprotect(page, getpagesize(), PROT_READ | PROT_WRITE);
  return 0;
}

int main(void) {
  pthread_t thread;
  sigset_t set, pending;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  sigaction(SIGBUS, &action, 0);
  page = mmap(0, getpagesize(), PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
  sigemptyset(&set), sigaddset(&set, SIGBUS);
  pthread_create(&thread, 0, helper, 0);
  pthread_sigmask(SIG_BLOCK, &set, 0);
  *page = 1;
  OBSERVE("caught-while-blocked", caught);
  sigpending(&pending);
  OBSERVE("pending", sigismember(&pending, SIGBUS));
  pthread_sigmask(SIG_UNBLOCK, &set, 0);
  OBSERVE("caught", caught);
  pthread_join(thread, 0);
  /* Ignored: forgotten each time. */
  signal(SIGBUS, SIG_IGN);
  mprotect(page, getpagesize(), PROT_NONE);
  pthread_create(&thread, 0, helper, 0);
  *page = 2;
  sigpending(&pending);
  OBSERVE("ignored-pending", sigismember(&pending, SIGBUS));
  return 0;
}
