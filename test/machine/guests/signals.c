/* Dies in a handler of a signal that came deep down: r, sent by raise; f, of a fault. With an a behind it the handler has a stack of its own. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static volatile int zero;
static char stack[65536];

__attribute__((noinline)) static void in_handler(int n) {
  zero = n;
  abort(); /* DIES */
}
static void handler(int signal) {
  in_handler(signal); /* HANDLER */
  zero = 4;
}
__attribute__((noinline)) static int inner(int n) {
  if (n == 'r')
    raise(SIGUSR1); /* RAISES */
  else
    *(volatile int *)(long)zero = 5; /* FAULTS */
  return n + zero;
}
__attribute__((noinline)) static int deep(int n, int kind) {
  if (n == 0)
    return inner(kind) + 1; /* DEEPEST */
  return deep(n - 1, kind) + 1; /* DEEPER */
}

int main(int argc, char **argv) {
  struct sigaction action;
  int kind = argc > 1 ? argv[1][0] : 'r';
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  if (argc > 1 && argv[1][1] == 'a') {
    stack_t alternate;
    memset(&alternate, 0, sizeof alternate);
    alternate.ss_sp = stack;
    alternate.ss_size = sizeof stack;
    sigaltstack(&alternate, 0);
    action.sa_flags |= SA_ONSTACK;
  }
  sigaction(SIGUSR1, &action, 0);
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGBUS, &action, 0);
  return deep(2, kind); /* MAIN */
}
