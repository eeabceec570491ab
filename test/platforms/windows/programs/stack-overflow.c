/* A stack overflow is met, handled and met again once the guard is put back. */
#include <setjmp.h>
#include <stdio.h>
#include <windows.h>
#include <malloc.h>

static jmp_buf out;
static int overflows, violations, others;

static LONG NTAPI handler(EXCEPTION_POINTERS *e) {
  DWORD code = e->ExceptionRecord->ExceptionCode;
  if (code == EXCEPTION_STACK_OVERFLOW) overflows++;
  else if (code == EXCEPTION_ACCESS_VIOLATION) violations++;
  else others++;
  longjmp(out, 1);
}

static int deeper(int depth) {
  volatile char room[2048];
  if (depth < 0) return 0;
  room[0] = (char)depth;
  return deeper(depth + 1) + room[0];
}

static DWORD limit(void) {
  ULONG_PTR low, high, bottom;
#ifdef _WIN64
  __asm__ volatile("movq %%gs:0x10, %0" : "=r"(bottom));
#else
  __asm__ volatile("movl %%fs:8, %0" : "=r"(bottom));
#endif
  GetCurrentThreadStackLimits(&low, &high);
  return (DWORD)(bottom - low);
}

static void dive(const char *name) {
  if (!setjmp(out)) deeper(0);
  printf("%s %d %d %d\n", name, overflows, violations, others);
}

int main(void) {
  AddVectoredExceptionHandler(1, handler);
  dive("first");
  printf("limit-after %d\n", (int)limit());
  printf("reset %d\n", (int)_resetstkoflw());
  dive("second");
  printf("reset-again %d\n", (int)_resetstkoflw());
  dive("third");
  ULONG guarantee = 0x8000;
  printf("guarantee %d\n", (int)SetThreadStackGuarantee(&guarantee));
  printf("reset-with-guarantee %d\n", (int)_resetstkoflw());
  dive("fourth");
  return 0;
}
