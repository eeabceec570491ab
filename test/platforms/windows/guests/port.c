/* The MPS's port seen from a program: barriers, and what is scanned of a stopped thread and of the calling one. */
#include "win32.h"
API void WINAPI port_setup(void *page);
API int WINAPI port_register(void);
API int WINAPI port_find(int thread, void *cold, ULONG_PTR value);
API int WINAPI port_find_own(void *cold, ULONG_PTR value);
API void WINAPI port_protect(void *page, int mode);
API int WINAPI port_hits(void);
API int WINAPI port_dead(int thread);
/* Added to what port_find_own is to find, so that its own argument is not it. */
#define SOUGHT 0x100000
static HANDLE event, quit;
static void *cold;
static int id;
static volatile int go;
static DWORD WINAPI holder(void *a) {
  ULONG_PTR slot = 0x5107;
  __asm__ volatile("" : : "r"(&slot) : "memory");
  cold = (void *)TEB_WORD(4, 8);
  id = port_register();
  SetEvent(event);
#ifdef _WIN64
  __asm__ volatile("pushq %%rbx; movq $0x4321, %%rbx; movq $0x9876, %%rax; movq %%rax, %%xmm6; movq $0, %%rax; movq $0xabcd, %%rcx; 1: movq $0xdead, -8(%%rsp); cmpl $0, go(%%rip); je 1b; popq %%rbx" : : : "rax", "rcx", "xmm6", "memory");
#else
  __asm__ volatile("pushl %%ebx; movl $0x4321, %%ebx; movl $0xabcd, %%ecx; 1: movl $0xdead, -4(%%esp); cmpl $0, _go; je 1b; popl %%ebx" : : : "ecx", "memory");
#endif
  WaitForSingleObject(quit, INFINITE);
  return 0;
}
void start(void) {
  char *page = VirtualAlloc(0, 0x2000, 0x3000, 0x40);
  port_setup(page);
  port_protect(page, 3);
  volatile char c = page[7];
  show("read-hits", port_hits());
  port_protect(page, 2);
  c = page[8];
  show("no-hits", port_hits());
  page[9] = 1;
  show("write-hits", port_hits());
  port_protect(page, 3);
  SetLastError(0);
  DWORD n;
  show("system-call", WriteFile(GetStdHandle((DWORD)-11), page, 1, &n, 0));
  show("noaccess", GetLastError());
  show("still", port_hits());
  event = CreateEventA(0, 0, 0, 0);
  quit = CreateEventA(0, 1, 0, 0);
  HANDLE h = CreateThread(0, 0, holder, 0, 0, 0);
  WaitForSingleObject(event, INFINITE);
  Sleep(1);
  show("register", port_find(id, cold, 0x4321));
  show("scratch-register", port_find(id, cold, 0xabcd));
  show("stack-slot", port_find(id, cold, 0x5107));
  show("below-sp", port_find(id, cold, 0xdead));
  show("vector", port_find(id, cold, 0x9876));
  show("cold-below-sp", port_find(id, (void *)8, 0x4321));
  go = 1;
  Sleep(1);
  show("blocked-slot", port_find(id, cold, 0x5107));
  show("blocked-gone", port_find(id, cold, 0x4321));
  SetEvent(quit);
  WaitForSingleObject(h, INFINITE);
  show("dead", port_dead(id));
  ULONG_PTR slot = 0x600d;
  int found;
  __asm__ volatile("" : : "r"(&slot) : "memory");
  show("own-slot", port_find_own((void *)TEB_WORD(4, 8), SOUGHT + 0x600d));
#ifdef _WIN64
  __asm__ volatile("pushq %%rbx; subq $0x30, %%rsp; movq $0x7777, %%rbx; movq $0x8888, %%rax; movq %%rax, %%xmm6; leaq 0x60(%%rsp), %%rcx; movq $0x107777, %%rdx; callq *__imp_port_find_own(%%rip); movl %%eax, %0; leaq 0x60(%%rsp), %%rcx; movq $0x108888, %%rdx; callq *__imp_port_find_own(%%rip); shll $4, %%eax; addl %%eax, %0; addq $0x30, %%rsp; popq %%rbx"
                   : "=&D"(found) : : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm6", "memory");
#else
  __asm__ volatile("pushl %%ebx; movl $0x7777, %%ebx; leal 0x20(%%esp), %%eax; pushl $0x107777; pushl %%eax; calll *%%edx; popl %%ebx" : "=a"(found) : "d"(port_find_own) : "ecx", "memory");
#endif
  show("own-register", found);
  ExitProcess(0);
}
