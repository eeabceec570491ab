/* Threads, handles, waits, locks, suspension. */
#include "win32.h"
static CRITICAL_SECTION cs;
static volatile long counter;
static HANDLE event, mutex;
static volatile int spins;
static void *srw, *condition;
static int ready_flag;
static __thread int own = 5;

static DWORD WINAPI worker(void *a) {
  own += (int)(ULONG_PTR)a;
  for (int i = 0; i < 300; i++) {
    EnterCriticalSection(&cs);
    long v = counter;
    for (volatile int k = 0; k < 5; k++);
    counter = v + 1;
    LeaveCriticalSection(&cs);
  }
  return own;
}
static DWORD WINAPI spinner(void *a) {
  SetEvent(event);
  for (;;) spins++;
}
static DWORD WINAPI holder(void *a) {
  WaitForSingleObject(mutex, INFINITE);
  SetEvent(event);
  ExitThread(9);
  return 0;
}
static DWORD WINAPI signaller(void *a) {
  AcquireSRWLockExclusive(&srw);
  ready_flag = 1;
  ReleaseSRWLockExclusive(&srw);
  WakeConditionVariable(&condition);
  return 0;
}
static DWORD WINAPI nothing(void *a) { return 1; }
static void replaced(void) { ExitThread(0x55); }
static int WINAPI once(void *o, void *p, void **c) {
  counter++;
  *c = (void *)0x40;
  return 1;
}
static void error(const char *name, int result, int failure) { show(name, result == failure ? GetLastError() : 0); }
static CONTEXT context;
extern volatile unsigned long tls_callback_reason;

void start(void) {
  show("attach", tls_callback_reason);
  InitializeCriticalSection(&cs);
  show("free", (DWORD)cs.LockCount);
  EnterCriticalSection(&cs);
  EnterCriticalSection(&cs);
  show("locked", (DWORD)cs.LockCount);
  show("recursion", cs.RecursionCount);
  show("owner", (ULONG_PTR)cs.OwningThread == GetCurrentThreadId());
  LeaveCriticalSection(&cs);
  LeaveCriticalSection(&cs);
  HANDLE t[3];
  DWORD id, code;
  for (int i = 0; i < 3; i++) t[i] = CreateThread(0, 0, worker, (void *)(ULONG_PTR)i, 0, &id);
  show("handle", (ULONG_PTR)t[0] % 4);
  show("all", WaitForMultipleObjects(3, t, 1, INFINITE));
  for (int i = 0; i < 3; i++) {
    GetExitCodeThread(t[i], &code);
    show("exit", code);
    show("close", CloseHandle(t[i]));
  }
  show("detach", tls_callback_reason);
  error("close-again", CloseHandle(t[0]), 0);
  show("counter", counter);
  show("own", own);

  event = CreateEventA(0, 0, 0, 0);
  show("timeout", WaitForSingleObject(event, 5));
  SetEvent(event);
  show("set", WaitForSingleObject(event, 0));
  show("reset", WaitForSingleObject(event, 0));
  HANDLE sem = CreateSemaphoreA(0, 1, 2, 0);
  show("sem", WaitForSingleObject(sem, 0));
  show("sem-empty", WaitForSingleObject(sem, 0));
  long before;
  error("sem-over", ReleaseSemaphore(sem, 3, &before), 0);
  show("sem-release", ReleaseSemaphore(sem, 2, &before));
  show("sem-before", before);
  mutex = CreateMutexA(0, 0, "m");
  CreateMutexA(0, 0, "m");
  show("exists", GetLastError());
  HANDLE h = CreateThread(0, 0, holder, 0, 0, 0);
  WaitForSingleObject(event, INFINITE);
  show("abandoned", WaitForSingleObject(mutex, INFINITE));
  GetExitCodeThread(h, &code);
  show("exitthread", code);
  show("release", ReleaseMutex(mutex));
  error("release-again", ReleaseMutex(mutex), 0);

  h = CreateThread(0, 0, signaller, 0, 0, 0);
  AcquireSRWLockExclusive(&srw);
  while (!ready_flag) SleepConditionVariableSRW(&condition, &srw, INFINITE, 0);
  show("srw-held", (ULONG_PTR)srw);
  ReleaseSRWLockExclusive(&srw);
  static void *block, *got;
  counter = 0;
  InitOnceExecuteOnce(&block, once, 0, &got);
  InitOnceExecuteOnce(&block, once, 0, &got);
  show("once", counter);
  show("once-context", (ULONG_PTR)got);

  h = CreateThread(0, 0, spinner, 0, 0, 0);
  WaitForSingleObject(event, INFINITE);
  show("suspend", SuspendThread(h));
  show("suspend-2", SuspendThread(h));
  int was = spins;
  Sleep(1);
  show("stopped", was == spins);
  for (int i = 0; i < 125; i++) SuspendThread(h);
  error("suspend-limit", SuspendThread(h), -1);
  for (int i = 0; i < 126; i++) ResumeThread(h);
  BYTE *bytes = (BYTE *)&context;
  for (unsigned i = 0; i < sizeof context; i++) bytes[i] = 0xa5;
  context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
  show("context", GetThreadContext(h, &context));
  show("pc", PC(&context) - (ULONG_PTR)spinner < 100);
  show("sp", SP(&context) < (ULONG_PTR)&context || 1);
#ifdef _WIN64
  show("untouched", context.FltSave.XmmRegisters[3].Low == 0xa5a5a5a5a5a5a5a5 && context.SegDs == 0xa5a5 && context.MxCsr == 0xa5a5a5a5);
#else
  show("untouched", context.FloatSave.ControlWord == 0xa5a5a5a5 && context.SegDs == 0xa5a5a5a5);
#endif
  context.ContextFlags = 0;
  error("context-0", GetThreadContext(h, &context), 0);
  context.ContextFlags = CONTEXT_CONTROL;
  GetThreadContext(h, &context);
  PC(&context) = (ULONG_PTR)replaced;
  show("setcontext", SetThreadContext(h, &context));
  HANDLE weak;
  DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &weak, 8, 0, 0);
  error("no-right", ResumeThread(weak), -1);
  show("resume", ResumeThread(h));
  show("joined", WaitForSingleObject(h, 100));
  GetExitCodeThread(h, &code);
  show("replaced", code);
  show("suspend-dead", SuspendThread(h) == (DWORD)-1);
  show("suspend-dead-error", GetLastError());
  context.ContextFlags = CONTEXT_CONTROL;
  error("context-dead", GetThreadContext(h, &context), 0);

  h = CreateThread(0, 0, nothing, (void *)0x77, 4, 0);
  context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
  GetThreadContext(h, &context);
#ifdef _WIN64
  show("start-args", context.Rcx == (ULONG_PTR)nothing && context.Rdx == 0x77 && context.Rsp % 16 == 8);
#else
  show("start-args", context.Eax == (ULONG_PTR)nothing && context.Ebx == 0x77);
#endif
  show("at-ntdll", PC(&context) == (ULONG_PTR)GetProcAddress(GetModuleHandleA("ntdll"), "RtlUserThreadStart"));
  show("terminate", TerminateThread(h, 0x66));
  GetExitCodeThread(h, &code);
  show("terminated", code);
  show("procaddress", ((DWORD(WINAPI *)(void))GetProcAddress(GetModuleHandleA("KERNEL32.DLL"), "GetCurrentThreadId"))() == GetCurrentThreadId());
  error("no-procaddress", GetProcAddress(GetModuleHandleA("kernel32"), "Nothing") != 0, 0);
  error("no-module", GetModuleHandleA("nowhere.dll") != 0, 0);
  DWORD slot = TlsAlloc();
  show("tls-0", (ULONG_PTR)TlsGetValue(slot));
  TlsSetValue(slot, (void *)0x99);
  show("tls", TEB_WORD(0xe10, 0x1480) == 0x99 && slot == 0);
  show("tls-get", (ULONG_PTR)TlsGetValue(slot));
  DWORD last = 0;
  for (int i = 0; i < 70; i++) last = TlsAlloc();
  TlsSetValue(last, (void *)0x98);
  show("tls-expansion", (ULONG_PTR)TlsGetValue(last));
  DWORD64 a, b;
  QueryPerformanceCounter(&a);
  Sleep(20);
  QueryPerformanceCounter(&b);
  show("slept", b - a >= 200000);
  ExitProcess(0);
}
