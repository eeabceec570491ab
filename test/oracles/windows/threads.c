//! platforms: w3i6mv w3i3mv=w3i6mv
/* Threads: counts of suspension, contexts by their groups, exit codes, rights of handles. */
#include "last-error.h"

static HANDLE ready, go;
static volatile LONG turns;

static DWORD WINAPI returns(void *parameter) { return (DWORD)(ULONG_PTR)parameter; }
static DWORD WINAPI exits(void *parameter) { ExitThread(23); }
static DWORD WINAPI waits(void *parameter) {
  SetEvent(ready);
  WaitForSingleObject(go, INFINITE);
  return 1;
}
static DWORD WINAPI spins(void *parameter) {
  SetEvent(ready);
  for (;;) turns++;
}

static DWORD exit_code(HANDLE thread) {
  DWORD code = 0xdead;
  GetExitCodeThread(thread, &code);
  return code;
}

static void ends(void) {
  DWORD id = 0, code;
  HANDLE thread = CreateThread(0, 0, returns, (void *)17, CREATE_SUSPENDED, &id);
  OBSERVE("create", thread != 0 && id != 0);
  OBSERVE("create.id", GetThreadId(thread) == id);
  OBSERVE("create.still-active", exit_code(thread));
  OBSERVE_DWORD("create.wait", WaitForSingleObject(thread, 0));
  OBSERVE_DWORD("create.resume", ResumeThread(thread));
  OBSERVE_DWORD("return.wait", WaitForSingleObject(thread, INFINITE));
  OBSERVE("return.code", exit_code(thread));
  OBSERVE_DWORD("ended.resume", ResumeThread(thread));
  OBSERVE_DWORD("ended.suspend", SuspendThread(thread));
  OBSERVE_BOOL("ended.terminate", TerminateThread(thread, 3));
  OBSERVE("ended.code", exit_code(thread));
  OBSERVE("ended.id", GetThreadId(thread) == id);
  OBSERVE_BOOL("ended.close", CloseHandle(thread));
  OBSERVE_BOOL("ended.close-again", CloseHandle(thread));
  OBSERVE_BOOL("ended.exit-code-of-closed", GetExitCodeThread(thread, &code));
  thread = CreateThread(0, 0, exits, 0, 0, 0);
  WaitForSingleObject(thread, INFINITE);
  OBSERVE("exit.code", exit_code(thread));
  CloseHandle(thread);
  thread = CreateThread(0, 0, waits, 0, 0, 0);
  WaitForSingleObject(ready, INFINITE);
  OBSERVE_BOOL("terminate", TerminateThread(thread, 44));
  WaitForSingleObject(thread, INFINITE);
  OBSERVE("terminate.code", exit_code(thread));
  CloseHandle(thread);
  thread = CreateThread(0, 0, waits, 0, CREATE_SUSPENDED, 0);
  OBSERVE_BOOL("terminate-suspended", TerminateThread(thread, 45));
  WaitForSingleObject(thread, INFINITE);
  OBSERVE("terminate-suspended.code", exit_code(thread));
  CloseHandle(thread);
}

static void counts(void) {
  HANDLE thread = CreateThread(0, 0, spins, 0, 0, 0);
  WaitForSingleObject(ready, INFINITE);
  OBSERVE_DWORD("suspend", SuspendThread(thread));
  LONG before = turns;
  Sleep(20);
  OBSERVE("suspend.stands", turns == before);
  OBSERVE_DWORD("suspend-again", SuspendThread(thread));
  OBSERVE_DWORD("resume", ResumeThread(thread));
  Sleep(20);
  OBSERVE("resume.still-stands", turns == before);
  OBSERVE_DWORD("resume-again", ResumeThread(thread));
  Sleep(50);
  OBSERVE("resume.runs", turns != before);
  OBSERVE_DWORD("resume-running", ResumeThread(thread));
  DWORD last = 0;
  for (int i = 0; i < 127; i++) last = SuspendThread(thread);
  OBSERVE("suspend.126-before", last);
  OBSERVE_DWORD("suspend.too-often", SuspendThread(thread));
  for (int i = 0; i < 126; i++) last = ResumeThread(thread);
  OBSERVE("resume.2-before", last);
  CONTEXT context;
  memset(&context, 0x55, sizeof context);
  context.ContextFlags = CONTEXT_CONTROL;
  OBSERVE_BOOL("context.control", GetThreadContext(thread, &context));
#ifdef _WIN64
#define PC Rip
#define ACCUMULATOR Rax
#define COUNTER Rcx
#define PATTERN 0x5555555555555555
#else
#define PC Eip
#define ACCUMULATOR Eax
#define COUNTER Ecx
#define PATTERN 0x55555555
#endif
  OBSERVE("context.control.pc-in-function", (ULONG_PTR)context.PC - (ULONG_PTR)spins < 4096);
  OBSERVE("context.control.integer-untouched", context.ACCUMULATOR == PATTERN);
  OBSERVE("context.control.flags", context.ContextFlags == CONTEXT_CONTROL);
  context.PC = PATTERN;
  context.ContextFlags = CONTEXT_INTEGER;
  OBSERVE_BOOL("context.integer", GetThreadContext(thread, &context));
  OBSERVE("context.integer.pc-untouched", context.PC == PATTERN);
  OBSERVE("context.integer.filled", context.ACCUMULATOR != PATTERN || context.COUNTER != PATTERN);
  context.ContextFlags = CONTEXT_FULL;
  OBSERVE_BOOL("context.full", GetThreadContext(thread, &context));
  ULONG_PTR pc = context.PC;
  context.ContextFlags = CONTEXT_INTEGER;
  context.COUNTER = 0x1234;
  OBSERVE_BOOL("context.set", SetThreadContext(thread, &context));
  context.ContextFlags = CONTEXT_FULL;
  context.COUNTER = 0;
  GetThreadContext(thread, &context);
  OBSERVE("context.set.kept", context.COUNTER);
  OBSERVE("context.set.pc", context.PC == pc);
  OBSERVE_BOOL("context.no-place", GetThreadContext(thread, 0));
  OBSERVE_BOOL("context.set-no-place", SetThreadContext(thread, 0));
  OBSERVE_BOOL("context.no-thread", GetThreadContext(ready, &context));
  TerminateThread(thread, 0);
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
}

static void rights(void) {
  DWORD id, code;
  CONTEXT context;
  HANDLE thread = CreateThread(0, 0, waits, 0, 0, &id), opened;
  WaitForSingleObject(ready, INFINITE);
  OBSERVE_BOOL("open-none", OpenThread(THREAD_ALL_ACCESS, 0, 0));
  OBSERVE_BOOL("open-unknown", OpenThread(THREAD_ALL_ACCESS, 0, 0x7ffffff0));
  OBSERVE_BOOL("open", opened = OpenThread(THREAD_QUERY_INFORMATION, 0, id));
  OBSERVE("open.same", GetThreadId(opened) == id);
  OBSERVE_BOOL("query-only.exit-code", GetExitCodeThread(opened, &code));
  OBSERVE_DWORD("query-only.suspend", SuspendThread(opened));
  OBSERVE_DWORD("query-only.resume", ResumeThread(opened));
  context.ContextFlags = CONTEXT_CONTROL;
  OBSERVE_BOOL("query-only.context", GetThreadContext(opened, &context));
  OBSERVE_BOOL("query-only.terminate", TerminateThread(opened, 1));
  OBSERVE_DWORD("query-only.wait", WaitForSingleObject(opened, 0));
  CloseHandle(opened);
  OBSERVE_BOOL("open-suspend", opened = OpenThread(THREAD_SUSPEND_RESUME, 0, id));
  OBSERVE_DWORD("suspend-only.suspend", SuspendThread(opened));
  OBSERVE_BOOL("suspend-only.context", GetThreadContext(opened, &context));
  OBSERVE_DWORD("suspend-only.resume", ResumeThread(opened));
  OBSERVE_BOOL("suspend-only.exit-code", GetExitCodeThread(opened, &code));
  CloseHandle(opened);
  OBSERVE_BOOL("open-synchronize", opened = OpenThread(0x100000, 0, id));
  OBSERVE_DWORD("synchronize-only.wait", WaitForSingleObject(opened, 0));
  OBSERVE_DWORD("synchronize-only.suspend", SuspendThread(opened));
  CloseHandle(opened);
  OBSERVE_BOOL("duplicate-bad", DuplicateHandle(GetCurrentProcess(), (HANDLE)0x7774, GetCurrentProcess(), &opened, 0, 0, DUPLICATE_SAME_ACCESS));
  OBSERVE_BOOL("duplicate-bad-process", DuplicateHandle(ready, thread, GetCurrentProcess(), &opened, 0, 0, DUPLICATE_SAME_ACCESS));
  OBSERVE_BOOL("duplicate", DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &opened, 0, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
  SetEvent(go);
  OBSERVE_DWORD("duplicate.wait", WaitForSingleObject(opened, INFINITE));
  OBSERVE("current.pseudo", (LONG_PTR)GetCurrentThread());
  OBSERVE("current.pseudo-process", (LONG_PTR)GetCurrentProcess());
  OBSERVE("current.id", GetThreadId(GetCurrentThread()) == GetCurrentThreadId());
  OBSERVE_DWORD("wait-0", WaitForSingleObject(0, 0));
  OBSERVE_DWORD("suspend-0", SuspendThread(0));
  OBSERVE_DWORD("suspend-event", SuspendThread(ready));
  OBSERVE_BOOL("exit-code-event", GetExitCodeThread(ready, &code));
  OBSERVE_ERROR("id-of-event", GetThreadId(ready));
}

static void slots(void) {
  DWORD slot = TlsAlloc();
  OBSERVE("tls.alloc", slot != TLS_OUT_OF_INDEXES);
  OBSERVE_ERROR("tls.get", (ULONG_PTR)TlsGetValue(slot));
  OBSERVE_BOOL("tls.set", TlsSetValue(slot, &slot));
  OBSERVE("tls.set.kept", TlsGetValue(slot) == &slot);
  OBSERVE_BOOL("tls.free", TlsFree(slot));
  OBSERVE_BOOL("tls.free-again", TlsFree(slot));
  OBSERVE("tls.alloc-again", TlsAlloc() == slot);
  OBSERVE_ERROR("tls.alloc-again.zero", (ULONG_PTR)TlsGetValue(slot));
  OBSERVE_ERROR("tls.get-beyond", (ULONG_PTR)TlsGetValue(1088));
  OBSERVE_BOOL("tls.set-beyond", TlsSetValue(1088, &slot));
  OBSERVE_BOOL("tls.free-beyond", TlsFree(1088));
  OBSERVE_ERROR("tls.get-none", (ULONG_PTR)TlsGetValue(TLS_OUT_OF_INDEXES));
  OBSERVE_BOOL("tls.set-expansion", TlsSetValue(1000, &slot));
  OBSERVE("tls.get-expansion", TlsGetValue(1000) == &slot);
}

int main(void) {
  ready = CreateEventA(0, 0, 0, 0);
  go = CreateEventA(0, 1, 0, 0);
  ends();
  counts();
  rights();
  slots();
  return 0;
}
