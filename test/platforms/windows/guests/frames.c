/* IA-32 frame handlers by hand: search, continue, unwind. */
#include "win32.h"
typedef struct REGISTRATION {
  struct REGISTRATION *Next;
  void *Handler;
} REGISTRATION;
API void WINAPI RtlUnwind(void *, void *, EXCEPTION_RECORD *, void *);
static void *resume_esp, *resume_ebp;
static int inner(EXCEPTION_RECORD *r, REGISTRATION *f, CONTEXT *c, void *d) {
  text("inner ");
  number(r->ExceptionCode);
  text(" ");
  number(r->ExceptionFlags);
  text("\n");
  if (r->ExceptionCode == 0xE0000002 && !(r->ExceptionFlags & 6)) return 0;
  return 1;
}
static int outer(EXCEPTION_RECORD *r, REGISTRATION *f, CONTEXT *c, void *d) {
  text("outer ");
  number(r->ExceptionCode);
  text("\n");
  if (r->ExceptionCode == 0xE0000003) *(volatile int *)0 = 1; /* nested */
  if (r->ExceptionCode == 0xC0000005) text(r->ExceptionFlags & 0x10 ? "nested\n" : "not nested\n");
  RtlUnwind(f, 0, r, (void *)0x77);
  text("unwound\n");
  __asm__ volatile("movl %0, %%ecx; movl %1, %%edx; movl %%ecx, %%esp; movl %%edx, %%ebp; jmp *(%%esp)" : : "m"(resume_esp), "m"(resume_ebp) : "ecx", "edx");
  return 1;
}
static void guarded(DWORD code) {
  __asm__ volatile("pushl %%ebp; pushl %%ebx; pushl %%esi; pushl %%edi\n"
                   "pushl %2; pushl %%fs:0; movl %%esp, %%fs:0\n"
                   "movl %%esp, %%esi; pushl $1f; movl %%esp, %3; movl %%ebp, %4\n"
                   "pushl %1; pushl %%fs:0; movl %%esp, %%fs:0\n"
                   "pushl $0; pushl $0; pushl $0; pushl %0; calll *%5\n"
                   "movl %%fs:0, %%esp; popl %%fs:0; addl $4, %%esp; addl $4, %%esp; jmp 2f\n"
                   "1: addl $4, %%esp\n"
                   "2: popl %%fs:0; addl $4, %%esp\n"
                   "popl %%edi; popl %%esi; popl %%ebx; popl %%ebp"
                   : : "b"(code), "r"(inner), "r"(outer), "m"(resume_esp), "m"(resume_ebp), "r"(RaiseException) : "memory", "esi");
}
void start(void) {
  ULONG_PTR chain = TEB_WORD(0, 0);
  guarded(0xE0000002);
  text("continued\n");
  guarded(0xE0000001);
  text("after\n");
  guarded(0xE0000003);
  show("chain", TEB_WORD(0, 0) == chain);
  ExitProcess(0);
}
