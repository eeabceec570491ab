/* Ways for a process to end, one for each value of WAY. */
#include "win32.h"
static int deep(volatile char *p) {
  char b[3000];
  b[0] = p[0] + 1;
  return deep(b) + b[0];
}
static long WINAPI search(EXCEPTION_POINTERS *p) { return 0; }
static long WINAPI filter(EXCEPTION_POINTERS *p) {
  text("filter\n");
  return 1;
}
int start(void *peb) {
  AddVectoredExceptionHandler(1, search);
  show("peb", (ULONG_PTR)peb == TEB_WORD(0x30, 0x60));
#if WAY == 0
  return 0x2a;
#elif WAY == 1
  *(volatile int *)0 = 1;
#elif WAY == 2
  ((void (*)(void))0x1234)();
#elif WAY == 3
  volatile char c = 0;
  return deep(&c);
#elif WAY == 4
  volatile int zero = 0;
  return 5 / zero;
#elif WAY == 5
  __asm__ volatile("ud2");
#elif WAY == 6
  SetUnhandledExceptionFilter(filter);
  RaiseException(0xE0000001, 1, 0, 0);
#elif WAY == 7
  __asm__ volatile("movl $7, %%ecx; int $0x29" : : : "ecx");
#elif WAY == 8
  WaitForSingleObject(CreateEventA(0, 0, 0, 0), INFINITE);
#elif WAY == 9
  __asm__ volatile("syscall");
#endif
  return 0;
}
