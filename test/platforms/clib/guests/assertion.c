/* A failed assertion, with a handler of SIGABRT. */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
static void handler(int signal) { printf("handler %d\n", signal == SIGABRT); }
int main(int argc, char **argv) {
  signal(SIGABRT, handler);
  assert(argc == 2);
  return 0;
}
