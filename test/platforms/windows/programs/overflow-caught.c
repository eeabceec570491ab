/* A stack overflow is caught by __except, again and again. */
#include <malloc.h>
#include <stdio.h>
#include <windows.h>

static __attribute__((noinline)) int deeper(int depth) {
  volatile char room[9000];
  if (depth < 0) return 0;
  room[0] = (char)depth;
  return deeper(depth + 1) + room[0];
}

static int overflow(void) {
  int caught = 0;
  __try {
    deeper(0);
  } __except (GetExceptionCode() == EXCEPTION_STACK_OVERFLOW ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
    caught = 1;
  }
  return caught;
}

int main(void) {
  for (int i = 0; i < 3; i++) {
    int caught = overflow();
    printf("caught %d, reset %d\n", caught, _resetstkoflw());
  }
  return 0;
}
