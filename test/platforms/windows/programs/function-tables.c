/* Code that a program has made, on x86-64: with its table an exception is unwound through it. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static __attribute__((noinline)) void raise(void) { RaiseException(0xE0000042, 0, 0, 0); }

/* push rbx; sub rsp, 20h; call rcx; nop; add rsp, 20h; pop rbx; ret */
static const unsigned char code[] = {0x53, 0x48, 0x83, 0xEC, 0x20, 0xFF, 0xD1, 0x90, 0x48, 0x83, 0xC4, 0x20, 0x5B, 0xC3};
/* UNWIND_INFO: a prologue of 5 bytes with UWOP_ALLOC_SMALL 20h and UWOP_PUSH_NONVOL rbx. */
static const unsigned char info[] = {1, 5, 2, 0, 5, 0x32, 1, 0x30};

int main(void) {
  unsigned char *made = VirtualAlloc(0, 4096, MEM_COMMIT, PAGE_EXECUTE_READWRITE);
  DWORD64 base = 0;
  memcpy(made, code, sizeof code);
  memcpy(made + 64, info, sizeof info);
  RUNTIME_FUNCTION *function = (RUNTIME_FUNCTION *)(made + 128);
  *function = (RUNTIME_FUNCTION){0, sizeof code, 64};
  printf("add %d\n", RtlAddFunctionTable(function, 1, (DWORD64)made));
  int found = RtlLookupFunctionEntry((DWORD64)made + 7, &base, 0) == function;
  printf("lookup %d %d\n", found, base == (DWORD64)made);
  __try {
    ((void (*)(void (*)(void)))made)(raise);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    printf("caught\n");
  }
  printf("delete %d\n", RtlDeleteFunctionTable(function));
  printf("delete again %d\n", RtlDeleteFunctionTable(function));
  return 0;
}
