//! platforms: w3i6mv w3i3mv=w3i6mv
/* __try, __except, __finally and __leave: who is asked and what is run, in which order. */
#include "last-error.h"
#include <stdlib.h>
#define NI __attribute__((noinline))
static NI void crash(volatile int *p) { *p = 1; }
static NI void raise(int c) { RaiseException(c, 0, 0, 0); }
static int trail[64], n;
static void mark(int m) { trail[n++] = m; }
static void show(const char *name) {
  observe_text(name);
  for (int i = 0; i < n; i++) observe_number(trail[i]);
  observe_end();
  n = 0;
}
static NI void simple(void) { __try { mark(1); raise(0xE0000001); mark(99); } __except (mark(GetExceptionCode() & 0xf), EXCEPTION_EXECUTE_HANDLER) { mark(2); } mark(3); }
static NI void fault(void) { __try { crash(0); mark(99); } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION ? 1 : 0) { mark(2); } }
static NI void fin(void) { __try { mark(1); } __finally { mark(AbnormalTermination()); } mark(3); }
static NI void inner(void) { __try { __try { raise(0xE0000002); } __finally { mark(10 + AbnormalTermination()); } } __except (mark(5), 0) { mark(99); } }
static NI void outer(void) { __try { inner(); } __except (mark(6), 1) { mark(7); } }
static NI int cont(EXCEPTION_POINTERS *p) { mark(p->ExceptionRecord->ExceptionCode & 0xf); return -1; }
static NI void go_on(void) { __try { mark(1); raise(0xE0000004); mark(2); } __except (cont(GetExceptionInformation())) { mark(99); } mark(3); }
static NI void nested_fin(void) { __try { __try { raise(0xE0000005); } __finally { mark(1); raise(0xE0000006); } } __except (mark(GetExceptionCode() & 15), 1) { mark(8); } }
static NI void leave_(int x) { __try { mark(1); if (x) __leave; mark(2); } __finally { mark(3); } mark(4); }
static NI int filter_raises(void) { __try { raise(0xE0000009); } __except (1) { mark(20); } return 1; }
static NI void nested_filter(void) { __try { raise(0xE0000003); } __except (filter_raises()) { mark(21); } }
static NI void rethrow(void) { __try { __try { raise(0xE0000001); } __except (1) { mark(1); raise(0xE0000002); } } __except (mark(GetExceptionCode() & 15), 1) { mark(22); } }
static LONG NTAPI veh(EXCEPTION_POINTERS *p) { mark(40); return 0; }
static int cmp(const void *a, const void *b) { raise(0xE000000B); return 0; }
static NI void through(void) { int v[4] = {4, 3, 2, 1}; __try { qsort(v, 4, sizeof *v, cmp); mark(99); } __except (mark(GetExceptionCode() & 15), 1) { mark(22); } }
int main(void) {
  nested_fin(); show("nested-finally"); leave_(1); show("leave"); leave_(0); show("no-leave"); nested_filter(); show("filter-raises"); rethrow(); show("rethrow"); 
  PVOID h = AddVectoredExceptionHandler(1, veh); outer(); show("vectored-first"); RemoveVectoredExceptionHandler(h);
  through(); show("through-qsort");
  return 0;
}
