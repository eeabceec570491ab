/* Two loops of two instructions a turn, entered from different places: known shares of the whole. */
#include <stdint.h>

#if defined(__aarch64__)
#define TURNS(n) __asm__ volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(n) : : "cc")
#else
#define TURNS(n) __asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(n) : : "cc")
#endif

__attribute__((noinline)) static void long_loop(void) {
  uintptr_t n = 300000;
  TURNS(n);
}

__attribute__((noinline)) static void short_loop(void) {
  uintptr_t n = 100000;
  TURNS(n);
}

__attribute__((noinline)) static void both(void) {
  long_loop();
  short_loop();
  __asm__ volatile("");
}

int main(void) {
  both();
  short_loop();
  return 0;
}
