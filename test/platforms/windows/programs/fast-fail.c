/* __fastfail with the code that is given: nobody is asked. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

static LONG NTAPI vectored(PEXCEPTION_POINTERS pointers) {
  printf("a handler was asked\n");
  return EXCEPTION_CONTINUE_SEARCH;
}

static __attribute__((noinline)) void fail(int code) { __asm__ volatile("int $0x29" : : "c"(code)); }

int main(int argc, char **argv) {
  AddVectoredExceptionHandler(1, vectored);
  SetUnhandledExceptionFilter(vectored);
  __try {
    fail(atoi(argv[1]));
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    printf("a frame handler was asked\n");
  }
  return 0;
}
