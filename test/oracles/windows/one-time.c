//! platforms: w3i6mv w3i3mv=w3i6mv
/* One-time initialisation in all its modes, waiting on addresses, critical sections' fields. */
#include "last-error.h"

static INIT_ONCE once;
static volatile LONG calls;
static BOOL pending;
static PVOID context;

static BOOL CALLBACK makes(PINIT_ONCE which, PVOID parameter, PVOID *result) {
  calls++;
  if (result) *result = (PVOID)((ULONG_PTR)parameter & ~3ull);
  return parameter != 0;
}

#define BEGIN(name, flags) \
  do { \
    pending = 7, context = (PVOID)0x777; \
    OBSERVE_BOOL(name, InitOnceBeginInitialize(&once, flags, &pending, &context)); \
    OBSERVE2(name ".gives", pending, (LONG_PTR)context); \
  } while (0)

static void modes(void) {
  BEGIN("check.at-first", INIT_ONCE_CHECK_ONLY);
  BEGIN("begin", 0);
  BEGIN("check.under-way", INIT_ONCE_CHECK_ONLY);
  BEGIN("async.while-begun", INIT_ONCE_ASYNC);
  OBSERVE_BOOL("complete.async", InitOnceComplete(&once, INIT_ONCE_ASYNC, 0));
  OBSERVE_BOOL("complete.odd-context", InitOnceComplete(&once, 0, (PVOID)0x1001));
  OBSERVE_BOOL("complete.failed-with-context", InitOnceComplete(&once, INIT_ONCE_INIT_FAILED, (PVOID)0x1000));
  OBSERVE_BOOL("complete.failed", InitOnceComplete(&once, INIT_ONCE_INIT_FAILED, 0));
  BEGIN("begin-again", 0);
  OBSERVE_BOOL("complete", InitOnceComplete(&once, 0, (PVOID)0x1000));
  OBSERVE_BOOL("complete.again", InitOnceComplete(&once, 0, (PVOID)0x2000));
  BEGIN("begin.done", 0);
  BEGIN("check.done", INIT_ONCE_CHECK_ONLY);
  BEGIN("async.done", INIT_ONCE_ASYNC);
  InitOnceInitialize(&once);
  BEGIN("async.first", INIT_ONCE_ASYNC);
  BEGIN("async.second", INIT_ONCE_ASYNC);
  BEGIN("async.check", INIT_ONCE_CHECK_ONLY);
  BEGIN("begin.while-async", 0);
  BEGIN("check-and-async", INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC);
  OBSERVE_BOOL("async.complete-plain", InitOnceComplete(&once, 0, (PVOID)0x1000));
  OBSERVE_BOOL("async.complete-failed", InitOnceComplete(&once, INIT_ONCE_ASYNC | INIT_ONCE_INIT_FAILED, 0));
  OBSERVE_BOOL("async.complete", InitOnceComplete(&once, INIT_ONCE_ASYNC, (PVOID)0x1000));
  OBSERVE_BOOL("async.complete-too-late", InitOnceComplete(&once, INIT_ONCE_ASYNC, (PVOID)0x2000));
  BEGIN("async.result", INIT_ONCE_CHECK_ONLY);
  InitOnceInitialize(&once);
  OBSERVE_BOOL("complete.never-begun", InitOnceComplete(&once, 0, 0));
  OBSERVE_BOOL("execute.fails", InitOnceExecuteOnce(&once, makes, 0, &context));
  OBSERVE_BOOL("execute", InitOnceExecuteOnce(&once, makes, (PVOID)0x40, &context));
  OBSERVE2("execute.context", (LONG_PTR)context, calls);
  OBSERVE_BOOL("execute.again", InitOnceExecuteOnce(&once, makes, (PVOID)0x80, &context));
  OBSERVE2("execute.again-context", (LONG_PTR)context, calls);
  OBSERVE_BOOL("execute.no-context", InitOnceExecuteOnce(&once, makes, 0, 0));
}

static DWORD WINAPI begins(void *unused) { return InitOnceBeginInitialize(&once, 0, &pending, &context) * 10 + pending; }

static void waits_for_it(void) {
  DWORD code;
  InitOnceInitialize(&once);
  InitOnceBeginInitialize(&once, 0, &pending, 0);
  HANDLE thread = CreateThread(0, 0, begins, 0, 0, 0);
  OBSERVE_DWORD("other.waits", WaitForSingleObject(thread, 50));
  InitOnceComplete(&once, 0, (PVOID)0x1000);
  WaitForSingleObject(thread, INFINITE);
  GetExitCodeThread(thread, &code);
  OBSERVE("other.done", code);
  InitOnceInitialize(&once);
  InitOnceBeginInitialize(&once, 0, &pending, 0);
  thread = CreateThread(0, 0, begins, 0, 0, 0);
  Sleep(30);
  InitOnceComplete(&once, INIT_ONCE_INIT_FAILED, 0);
  WaitForSingleObject(thread, INFINITE);
  GetExitCodeThread(thread, &code);
  OBSERVE("other.takes-over", code);
}

typedef BOOL (WINAPI *WAIT_ON)(volatile VOID *address, PVOID compare, SIZE_T size, DWORD milliseconds);
typedef VOID (WINAPI *WAKE)(PVOID address);
static WAIT_ON wait_on;
static WAKE wake_one, wake_all;
static volatile ULONGLONG value = 0x1122334455667788ull;
static volatile LONG order, woken[3];

static DWORD WINAPI waits_on(void *number) {
  ULONGLONG same = value;
  DWORD result = wait_on(&value, &same, 8, 5000) ? 0 : GetLastError();
  woken[(LONG_PTR)number] = ++order;
  return result;
}

static void addresses(void) {
  HMODULE base = GetModuleHandleA("kernelbase.dll");
  wait_on = (WAIT_ON)GetProcAddress(base, "WaitOnAddress");
  wake_one = (WAKE)GetProcAddress(base, "WakeByAddressSingle"), wake_all = (WAKE)GetProcAddress(base, "WakeByAddressAll");
  ULONGLONG same = value;
  BYTE byte = 0x88, other = 0x87;
  WORD word = 0x7788;
  DWORD dword = 0x55667788;
  OBSERVE_BOOL("address.other-value", wait_on(&value, &other, 1, 1000));
  OBSERVE_BOOL("address.byte", wait_on(&value, &byte, 1, 10));
  OBSERVE_BOOL("address.word", wait_on(&value, &word, 2, 10));
  OBSERVE_BOOL("address.dword", wait_on(&value, &dword, 4, 10));
  OBSERVE_BOOL("address.qword", wait_on(&value, &same, 8, 10));
  OBSERVE_BOOL("address.at-once", wait_on(&value, &same, 8, 0));
  OBSERVE_BOOL("address.size-3", wait_on(&value, &same, 3, 0));
  OBSERVE_BOOL("address.size-0", wait_on(&value, &same, 0, 0));
  wake_one((PVOID)&value);
  HANDLE threads[3];
  DWORD code;
  for (LONG_PTR i = 0; i < 3; i++) threads[i] = CreateThread(0, 0, waits_on, (void *)i, 0, 0), Sleep(30);
  wake_one((PVOID)&value);
  Sleep(30);
  OBSERVE3("address.one", woken[0], woken[1], woken[2]);
  wake_all((PVOID)((char *)&value + 4));
  Sleep(30);
  OBSERVE("address.another", order);
  wake_all((PVOID)&value);
  WaitForMultipleObjects(3, threads, TRUE, INFINITE);
  OBSERVE("address.all", order);
  GetExitCodeThread(threads[2], &code);
  OBSERVE("address.result", code);
}

static void sections(void) {
  CRITICAL_SECTION section;
  OBSERVE_BOOL("section.spin", InitializeCriticalSectionAndSpinCount(&section, 4000));
  OBSERVE_BOOL("section.ex", InitializeCriticalSectionEx(&section, 4000, 0));
  EnterCriticalSection(&section);
  OBSERVE2("section.entered", section.RecursionCount, (ULONG_PTR)section.OwningThread == GetCurrentThreadId());
  LeaveCriticalSection(&section);
  OBSERVE2("section.left", section.LockCount, section.RecursionCount);
  DeleteCriticalSection(&section);
  OBSERVE3("section.deleted", (LONG_PTR)section.OwningThread, section.RecursionCount, (LONG_PTR)section.LockSemaphore);
}

int main(void) {
  modes();
  waits_for_it();
  addresses();
  sections();
  return 0;
}
