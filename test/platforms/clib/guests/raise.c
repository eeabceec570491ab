/* raise, with and without a handler. */
#include <signal.h>
#include <stdio.h>
static void handler(int signal) { printf("handler %d\n", signal); }
int main(void) {
  signal(SIGTERM, handler);
  printf("%d\n", raise(SIGTERM));
  raise(SIGTERM);
  return 0;
}
