/* Exceptions: what a vectored handler sees of each kind, and what it may change. */
#include "win32.h"
static char *page;
static EXCEPTION_RECORD seen;
static CONTEXT context;
static ULONG_PTR frame, information_place;
static int order[8], count, second_calls;
static volatile int skip;
static long WINAPI second(EXCEPTION_POINTERS *p) {
  second_calls++;
  return 0;
}
static long WINAPI handler(EXCEPTION_POINTERS *p) {
  DWORD old;
  seen = *p->ExceptionRecord;
  context = *p->ContextRecord;
  frame = (ULONG_PTR)p->ExceptionRecord - (ULONG_PTR)p->ContextRecord;
  information_place = SP(p->ContextRecord) - (ULONG_PTR)p->ContextRecord;
  if (seen.ExceptionCode == 0xC0000005 && seen.ExceptionInformation[1] - (ULONG_PTR)page < 0x1000) {
    VirtualProtect(page, 0x1000, 0x40, &old);
    return -1;
  }
  if (seen.ExceptionCode == 0xE0001234 || seen.ExceptionCode == 0x80000001) return -1;
  PC(p->ContextRecord) += skip;
  return -1;
}
static void shown(const char *name) {
  text(name);
  text(": ");
  number(seen.ExceptionCode);
  text(" flags ");
  number(seen.ExceptionFlags);
  text(" parameters");
  for (DWORD i = 0; i < seen.NumberParameters; i++) {
    text(" ");
    number(seen.ExceptionInformation[i] - (ULONG_PTR)page < 0x1000 ? seen.ExceptionInformation[i] - (ULONG_PTR)page : seen.ExceptionInformation[i]);
  }
  text(PC(&context) == (ULONG_PTR)seen.ExceptionAddress ? "\n" : " elsewhere\n");
}
void start(void) {
  DWORD old;
  page = VirtualAlloc(0, 0x1000, 0x3000, 0x40);
  void *h2 = AddVectoredExceptionHandler(0, second);
  AddVectoredExceptionHandler(1, handler);

  VirtualProtect(page, 0x1000, 1, &old);
  SetLastError(77);
  (void)*(volatile char *)(page + 0x21);
  show("lasterror", GetLastError());
  shown("read");
  VirtualProtect(page, 0x1000, 0x20, &old);
  *(volatile char *)(page + 0x22) = 1;
  shown("write");
  page[0] = (char)0xc3;
  VirtualProtect(page, 0x1000, 4, &old);
  ((void (*)(void))page)();
  shown("execute");
  VirtualProtect(page, 0x1000, 0x104, &old);
  *(volatile char *)(page + 0x23) = 1;
  shown("guard");
  VirtualProtect(page, 0x1000, 4, &old);
  show("unguarded", old);

  skip = 2;
#ifdef _WIN64
  DWORD64 odd = 0x8000000000001000;
  __asm__ volatile("movb (%0), %%al" : : "c"(odd) : "eax");
  shown("non-canonical");
#endif
  __asm__ volatile("xorl %%ecx, %%ecx; divl %%ecx" : : : "eax", "ecx", "edx");
  shown("divide");
  __asm__ volatile("movl $1, %%ecx; movl $1, %%edx; divl %%ecx" : : : "eax", "ecx", "edx");
  shown("overflow");
  __asm__ volatile("ud2");
  shown("illegal");
  skip = 1;
  __asm__ volatile("int3");
  shown("breakpoint");
  __asm__ volatile("hlt");
  shown("privileged");
  ULONG_PTR args[2] = {0x11, 0x22};
  RaiseException(0xE0001234, 0, 2, args);
  text("raised: ");
  number(seen.ExceptionCode);
  text(" ");
  number(seen.ExceptionInformation[1]);
  text("\n");

  /* The CONTEXT's registers, at their places. */
  VirtualProtect(page, 0x1000, 1, &old);
#ifdef _WIN64
  show("record-at", frame);
  show("sp-aligned", (ULONG_PTR)&context % 16 == 0);
  DWORD64 flags = 0;
  __asm__ volatile("movq $0x11, %%rbx; movq $0x12, %%rsi; movq $0x13, %%rdi; movq $0x14, %%r8; movq $0x15, %%r15; movq %0, %%rax; movq %%rax, %%xmm7; movb (%%rax), %%cl"
                   : : "m"(page) : "rax", "rbx", "rcx", "rsi", "rdi", "r8", "r15", "xmm7", "memory");
  show("rax", context.Rax == (ULONG_PTR)page);
  show("rbx", context.Rbx);
  show("rsi", context.Rsi);
  show("rdi", context.Rdi);
  show("r8", context.R8);
  show("r15", context.R15);
  show("xmm7", context.FltSave.XmmRegisters[7].Low == (ULONG_PTR)page);
  show("segcs", context.SegCs);
  show("segss", context.SegSs);
  show("mxcsr", context.MxCsr);
  show("x87", context.FltSave.ControlWord);
#else
  show("record-at", frame);
  __asm__ volatile("pushl %%ebp; movl %0, %%eax; movl $0x11, %%ebx; movl $0x12, %%esi; movl $0x13, %%edi; movl $0x14, %%ebp; movb (%%eax), %%cl; popl %%ebp"
                   : : "m"(page) : "eax", "ebx", "ecx", "esi", "edi", "memory");
  show("eax", context.Eax == (ULONG_PTR)page);
  show("ebx", context.Ebx);
  show("esi", context.Esi);
  show("edi", context.Edi);
  show("ebp", context.Ebp);
  show("segcs", context.SegCs);
  show("segss", context.SegSs);
  show("segfs", context.SegFs);
  show("x87", context.FloatSave.ControlWord & 0xffff);
#endif
  show("second", second_calls);
  show("removed", RemoveVectoredExceptionHandler(h2));
  show("removed-again", RemoveVectoredExceptionHandler(h2));
  ExitProcess(0);
}
