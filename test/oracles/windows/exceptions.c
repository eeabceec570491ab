//! platforms: w3i6mv w3i3mv=w3i6mv
/* Exceptions: what a handler sees of each kind, and in which order handlers are asked. */
#include "last-error.h"

static int order[32], count;
static EXCEPTION_RECORD seen;
static CONTEXT at;
static volatile int skip, answer = EXCEPTION_CONTINUE_EXECUTION;
static char *page;

#ifdef _WIN64
#define PC Rip
#else
#define PC Eip
#endif

static void noted(const char *name) {
  observe_text(name);
  for (int i = 0; i < count; i++) observe_number(order[i]);
  observe_end();
  count = 0;
}

static LONG NTAPI keeper(EXCEPTION_POINTERS *e) {
  seen = *e->ExceptionRecord;
  at = *e->ContextRecord;
  e->ContextRecord->PC += skip;
  order[count++] = 1;
  return answer;
}
static LONG NTAPI passes(EXCEPTION_POINTERS *e) { return order[count++] = 2, EXCEPTION_CONTINUE_SEARCH; }
static LONG NTAPI passes_too(EXCEPTION_POINTERS *e) { return order[count++] = 3, EXCEPTION_CONTINUE_SEARCH; }
static LONG NTAPI continued(EXCEPTION_POINTERS *e) { return order[count++] = 4, EXCEPTION_CONTINUE_SEARCH; }
static LONG WINAPI last(EXCEPTION_POINTERS *e) { return order[count++] = 5, EXCEPTION_CONTINUE_EXECUTION; }

static void show(const char *name) {
  observe_text(name);
  observe_text(" 0x"), observe_digits(seen.ExceptionCode, 16);
  observe_number(seen.ExceptionFlags & 1), observe_number(seen.NumberParameters);
  observe_number(seen.ExceptionAddress == (PVOID)at.PC);
  for (DWORD i = 0; i < seen.NumberParameters && i < 3; i++) {
    ULONG_PTR word = seen.ExceptionInformation[i];
    observe_number((char *)word >= page && (char *)word < page + 65536 ? (LONG_PTR)((char *)word - page) : (LONG_PTR)word);
  }
  observe_end();
  count = 0;
}

int main(void) {
  PVOID handler = AddVectoredExceptionHandler(1, keeper);
  page = VirtualAlloc(0, 65536, MEM_RESERVE, PAGE_READWRITE);
  ULONG_PTR words[16] = {5, 6, 7};
  RaiseException(0xE0000001, 0, 0, 0);
  show("raise");
  RaiseException(0xE0000002, 0, 3, words);
  show("raise.three");
  RaiseException(0xE0000003, 0, 3, 0);
  show("raise.no-words");
  RaiseException(0xF0000004, 0xff00, 16, words);
  show("raise.too-many");
  RaiseException(0, 0, 0, 0);
  show("raise.0");

#ifdef _WIN64
#define AT(text) __asm__ volatile(text : : "a"(page + 0x123), "d"((ULONG_PTR)0) : "memory", "cc", "ecx")
  skip = 2;
  AT("movb (%%rax), %%cl");
  show("read");
  AT("movb %%cl, (%%rax)");
  show("write");
  AT("divl %%edx");
#else
#define AT(text) __asm__ volatile(text : : "a"(page + 0x123), "d"(0) : "memory", "cc", "ecx")
  skip = 2;
  AT("movb (%%eax), %%cl");
  show("read");
  AT("movb %%cl, (%%eax)");
  show("write");
  AT("divl %%edx");
#endif
  show("divide");
  skip = 2;
  AT("ud2");
  show("illegal");
  skip = 1;
  AT("hlt");
  show("privileged");
  AT("int3");
  show("breakpoint");
  skip = 0;
  AddVectoredExceptionHandler(0, passes);
  PVOID first = AddVectoredExceptionHandler(1, passes_too);
  RaiseException(0xE0000005, 0, 0, 0);
  noted("order.first-before");
  answer = EXCEPTION_CONTINUE_SEARCH;
  SetUnhandledExceptionFilter(last);
  RaiseException(0xE0000006, 0, 0, 0);
  noted("order.filter-last");
  PVOID after = AddVectoredContinueHandler(1, continued);
  RaiseException(0xE0000007, 0, 0, 0);
  noted("order.continue-handler");
  OBSERVE("remove", RemoveVectoredExceptionHandler(first) != 0);
  OBSERVE("remove.again", RemoveVectoredExceptionHandler(first));
  OBSERVE("remove.other-list", RemoveVectoredExceptionHandler(after));
  OBSERVE("remove.continue", RemoveVectoredContinueHandler(after) != 0);
  RaiseException(0xE0000008, 0, 0, 0);
  noted("order.removed");
  OBSERVE("filter.previous", SetUnhandledExceptionFilter(0) == last);
  return 0;
}
