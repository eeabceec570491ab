//! platforms: w3i6mv w3i3mv=w3i6mv
/* Instructions that trap, as a vectored handler sees them: software interrupts, divisions, what only a kernel may execute. */
#include "last-error.h"

static unsigned char *code;
static unsigned length;
static EXCEPTION_RECORD record;
static long long at;
static DWORD flags;

static LONG NTAPI handler(PEXCEPTION_POINTERS pointers) {
  CONTEXT *context = pointers->ContextRecord;
  record = *pointers->ExceptionRecord;
  flags = context->EFlags;
#ifdef _WIN64
  at = (long long)(context->Rip - (ULONG_PTR)code);
  context->Rip = (ULONG_PTR)code + length;
#else
  at = (long long)(int)(context->Eip - (ULONG_PTR)code);
  context->Eip = (ULONG_PTR)code + length;
#endif
  context->EFlags &= ~0x100;
  return EXCEPTION_CONTINUE_EXECUTION;
}

/** The code, the address of the exception and the PC as distances, TF and AC, and the parameters. */
static void run(const char *name, const char *bytes, unsigned count) {
  memset(code, 0x90, 64);
  memcpy(code, bytes, count);
  code[length = count] = 0xc3;
  record.ExceptionCode = 0;
  long long result = ((long long (*)(void))code)();
#ifdef _WIN64
  __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~0x40000ull);
#else
  __builtin_ia32_writeeflags_u32(__builtin_ia32_readeflags_u32() & ~0x40000u);
#endif
  observe_text(name), observe_text(" 0x"), observe_digits(record.ExceptionCode, 16);
  if (record.ExceptionCode == 0) {
    observe_number(result >> 18 & 1), observe_end();
    return;
  }
  observe_number((long long)((ULONG_PTR)record.ExceptionAddress - (ULONG_PTR)code)), observe_number(at);
  observe_number(flags >> 8 & 1), observe_number(flags >> 18 & 1), observe_number(record.NumberParameters);
  for (DWORD i = 0; i < record.NumberParameters; i++) {
    observe_text(" 0x");
    observe_digits(record.ExceptionInformation[i] == (ULONG_PTR)-1 ? 0xffffffff : record.ExceptionInformation[i], 16);
  }
  observe_end();
}

#define RUN(name, bytes) run(name, bytes, sizeof bytes - 1)

int main(void) {
  code = VirtualAlloc(0, 4096, MEM_COMMIT, PAGE_EXECUTE_READWRITE);
  AddVectoredExceptionHandler(1, handler);
  RUN("int3", "\xcc");
  RUN("int-3", "\xcd\x03");
  RUN("icebp", "\xf1");
  RUN("int-0", "\xcd\x00");
  RUN("int-1", "\xcd\x01");
  RUN("int-4", "\xcd\x04");
  RUN("int-5", "\xcd\x05");
  RUN("int-6", "\xcd\x06");
  RUN("int-d", "\xcd\x0d");
  RUN("int-e", "\xcd\x0e");
  RUN("int-20", "\xcd\x20");
  RUN("int-2b", "\xcd\x2b");
  RUN("int-2c", "\xcd\x2c");
  RUN("int-2d-0", "\x31\xc0\xcd\x2d\x90\x90");
  RUN("int-2d-7", "\xb8\x07\x00\x00\x00\xcd\x2d\x90\x90");
  RUN("int-30", "\xcd\x30");
  RUN("int-ff", "\xcd\xff");
  RUN("ud2", "\x0f\x0b");
  RUN("ud0", "\x0f\xff\xc0");
  RUN("lock-nop", "\xf0\x90");
  RUN("hlt", "\xf4");
  RUN("cli", "\xfa");
  RUN("sti", "\xfb");
  RUN("in", "\xec");
  RUN("out", "\xee");
  RUN("in-immediate", "\xe4\x10");
  RUN("insb", "\x6c");
  RUN("rdmsr", "\x0f\x32");
  RUN("wrmsr", "\x0f\x30");
  RUN("mov-cr0", "\x0f\x20\xc0");
  RUN("wbinvd", "\x0f\x09");
  RUN("clts", "\x0f\x06");
  RUN("lgdt", "\x0f\x01\x14\x24");
  RUN("divide-0", "\x31\xc9\x31\xd2\xf7\xf1");
  RUN("divide-byte-0", "\x31\xc9\xf6\xf1");
  RUN("divide-signed-0", "\x31\xc9\x99\xf7\xf9");
  RUN("divide-overflow", "\xba\x05\x00\x00\x00\xb9\x02\x00\x00\x00\xf7\xf1");
  RUN("divide-signed-overflow", "\xb8\x00\x00\x00\x80\x99\x83\xc9\xff\xf7\xf9");
  RUN("divide-byte-overflow", "\xb8\x00\x7f\x00\x00\xb1\x01\xf6\xf1");
  RUN("divide-16-overflow", "\xba\x05\x00\x00\x00\x66\xb9\x02\x00\x66\xf7\xf1");
  RUN("single-step", "\x9c\x80\x4c\x24\x01\x01\x9d\x90\x90");
  RUN("aligned-check-off", "\x9c\x58");
  RUN("misaligned-store", "\x9c\x80\x4c\x24\x02\x04\x9d\x89\x44\x24\xf1\x9c\x58");
  RUN("misaligned-load", "\x9c\x80\x4c\x24\x02\x04\x9d\x8b\x44\x24\xf2\x9c\x58");
  RUN("misaligned-byte", "\x9c\x80\x4c\x24\x02\x04\x9d\x8a\x44\x24\xf1\x9c\x58");
  RUN("movaps-misaligned", "\x0f\x28\x44\x24\xf5");
  return 0;
}
