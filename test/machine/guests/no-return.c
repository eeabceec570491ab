/* Dies in ways that a compiler knows don't return; the argument chooses. The functions stand so that a call's return address lies in the next one. */
#include <assert.h>
#include <setjmp.h>
#include <stdlib.h>

static volatile int zero;
static jmp_buf back;

__attribute__((noinline)) static void die(void) {
  abort(); /* ABORTS */
}
__attribute__((noinline)) static void never_called_a(void) { zero += 1; }

__attribute__((noinline, noreturn)) static void fatal(int n) {
  zero = n;
  abort(); /* FATAL ABORTS */
}
__attribute__((noinline)) static void never_called_b(void) { zero += 2; }

__attribute__((noinline, noreturn)) static void middle(int n) {
  fatal(n + 1); /* CALLS FATAL */
}
__attribute__((noinline)) static void never_called_c(void) { zero += 3; }

__attribute__((noinline)) static void checks(int n) {
  zero = n + zero;
  assert(zero == 12345); /* ASSERTS */
}
__attribute__((noinline)) static void never_called_d(void) { zero += 4; }

static void at_end(void) {
  fatal(9); /* EXIT HANDLER */
}

__attribute__((noinline)) static void jumps(void) { longjmp(back, 1); }

__attribute__((noinline)) static int tail_end(int n) {
  zero = n;
  *(volatile int *)(long)zero = 3; /* TAIL END */
  return n;
}
__attribute__((noinline)) static int tail(int n) {
  return tail_end(n + zero); /* TAIL */
}
__attribute__((noinline)) static int wild(int n) {
  int (*volatile f)(int) = (int (*)(int))0x1234567L;
  return f(n) + 1; /* WILD */
}

int main(int argc, char **argv) {
  (void)argv;
  switch (argc > 1 ? argv[1][0] : '?') {
  case 'a': die(); break; /* MAIN a */
  case 'm': middle(1); break; /* MAIN m */
  case 's': checks(argc); break; /* MAIN s */
  case 'x': atexit(at_end); exit(3); /* MAIN x */
  case 'j':
    if (setjmp(back) == 0) jumps();
    fatal(7); /* MAIN j */
    break;
  case 't': zero += tail(0) + 1; break; /* MAIN t */
  case 'w': zero += wild(1) + 1; break; /* MAIN w */
  case 'd': assert(argc == 99); break; /* MAIN d */
  case 'l': abort(); /* MAIN l */
  default: never_called_a(); never_called_b(); never_called_c(); never_called_d();
  }
  return zero;
}
