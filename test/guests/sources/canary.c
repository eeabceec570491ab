/* What the stack protector compares with, where the compiled code finds it, in two threads. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

#if defined(__linux__) && defined(__x86_64__)
static uintptr_t canary(void) {
  uintptr_t value;
  __asm__("mov %%fs:0x28, %0" : "=r"(value));
  return value;
}
#elif defined(__linux__) && defined(__i386__)
static uintptr_t canary(void) {
  uintptr_t value;
  __asm__("mov %%gs:0x14, %0" : "=r"(value));
  return value;
}
#else
extern uintptr_t __stack_chk_guard;
static uintptr_t canary(void) { return *(volatile uintptr_t *)&__stack_chk_guard; }
#endif

static void *other(void *place) {
  *(uintptr_t *)place = canary();
  return 0;
}

int main(void) {
  pthread_t thread;
  uintptr_t there = 0;
  pthread_create(&thread, 0, other, &there);
  pthread_join(thread, 0);
  printf("%s %d\n", there == canary() ? "same" : "different", (int)(canary() & 0xff));
  printf("%llx\n", (unsigned long long)canary());
  return 0;
}
