/* A function overruns its array on the stack. First argument: how SIGABRT is met, n(ot at all), h(andler), b(locked), l(eft by longjmp). */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void say(const char *text) { write(2, text, strlen(text)); }
static jmp_buf past;
static void on_abort(int signal) {
  say(signal == SIGABRT ? "handler\n" : "other signal\n");
}
static void leave(int signal) {
  (void)signal;
  longjmp(past, 1);
}

__attribute__((noinline)) void fill(volatile char *place, int count, int value) {
  for (int i = 0; i < count; i++) place[i] = (char)value;
}

/* Its canary is behind the array on each of the CPUs. */
__attribute__((noinline)) int victim(int count, int value) {
  volatile char text[16];
  fill(text, count, value);
  return text[3];
}

int main(int argc, char **argv) {
  char way = argc > 1 ? argv[1][0] : 'n';
  printf("%d\n", victim(16, 'a'));
  fflush(stdout);
  if (way == 'h') signal(SIGABRT, on_abort);
  if (way == 'l') signal(SIGABRT, leave);
  if (way == 'b') {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGABRT);
    sigprocmask(SIG_BLOCK, &set, 0);
  }
  if (way == 'l' && setjmp(past) != 0) {
    /* main's own frame may be damaged, too. */
    say("left\n");
    _exit(3);
  }
  victim(40, 'b');
  say("survived\n");
  return 0;
}
