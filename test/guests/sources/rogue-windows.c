/* The orders of a rogue program on Windows: exceptions, handlers of every kind, contexts made up, threads, memory of every protection. */
#include <windows.h>
#include "rogue-mps.h"


/* What the handlers do; the script's place is that of the order that installed them. */
static struct { unsigned manners; Reader reader; } handling = {2, {0, 0}};
static CONTEXT start;
static volatile int started;

static void run(Reader *reader);

static LONG CALLBACK handler(EXCEPTION_POINTERS *pointers) {
  Reader reader = handling.reader;
  switch (handling.manners) {
  case 0: *(volatile int *)none = 1; break;
  case 1: RaiseException(0xe0000001, 0, 0, NULL); break;
  case 2: if (started++ < 100) NtContinue(&start, FALSE); break;
  case 3: for (;;) sink = 1;
  case 4: damage(&reader, pointers->ContextRecord, sizeof(CONTEXT)); return EXCEPTION_CONTINUE_EXECUTION;
  case 5: damage(&reader, pointers->ExceptionRecord, sizeof(EXCEPTION_RECORD)); break;
  case 6: recurse(below(&reader, 20000), 256); break;
  case 7: if (reader.depth++ < 3) run(&reader); break;
  case 8: return (LONG)word(&reader);
  default: break;
  }
  return EXCEPTION_CONTINUE_SEARCH;
}

static DWORD WINAPI thread(void *argument) {
  Reader reader = {(size_t)argument, 2};
  run(&reader);
  return 0;
}

static void threads(Reader *reader) {
  unsigned count = below(reader, 40), i;
  for (i = 0; i < count; ++i) {
    HANDLE made = CreateThread(NULL, below(reader, 3) ? 0 : word(reader), thread, (void *)(reader->at + 4 * i), (DWORD)(next(reader) & 0x10004), NULL);
    if (!made) return;
    keep((Word)made);
    switch (below(reader, 6)) {
    case 0: SuspendThread(made); break;
    case 1: TerminateThread(made, 1); break;
    case 2: WaitForSingleObject(made, 10); break;
    case 3: {
      CONTEXT context;
      memset(&context, 0, sizeof context);
      context.ContextFlags = CONTEXT_FULL;
      if (GetThreadContext(made, &context)) damage(reader, &context, sizeof context), SetThreadContext(made, &context);
      ResumeThread(made);
      break;
    }
    default: break;
    }
  }
}

static void install(Reader *reader) {
  handling.manners = below(reader, 11);
  handling.reader = *reader;
  switch (below(reader, 4)) {
  case 0: keep((Word)AddVectoredExceptionHandler(below(reader, 2), handler)); break;
  case 1: keep((Word)SetUnhandledExceptionFilter(handler)); break;
  case 2: keep((Word)AddVectoredExceptionHandler(0, (PVECTORED_EXCEPTION_HANDLER)word(reader))); break;
  default: keep(RemoveVectoredExceptionHandler((void *)word(reader))); break;
  }
}

/* The chain of handlers of IA-32 is the program's to smash; elsewhere what the unwinder reads is. */
static void chain(Reader *reader) {
#if defined __i386__
  Word first = word(reader);
  asm volatile("mov %0, %%fs:0" : : "r"(first));
#else
  damage(reader, (void *)(Word)(__builtin_frame_address(0)), 64);
#endif
}

static void memory(Reader *reader) {
  DWORD old;
  MEMORY_BASIC_INFORMATION information;
  void *at = (void *)word(reader);
  SIZE_T size = word(reader);
  DWORD flags = (DWORD)next(reader);
  switch (below(reader, 6)) {
  case 0: keep((Word)VirtualAlloc(at, size, flags, (DWORD)next(reader))); break;
  case 1: keep((Word)VirtualAlloc(NULL, size % 0x100000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)); break;
  case 2: keep((Word)VirtualFree(at, size, flags)); break;
  case 3: keep((Word)VirtualProtect(at, size, flags, below(reader, 2) ? &old : (DWORD *)word(reader))); break;
  case 4: keep((Word)VirtualProtect(at, 1, 1u << below(reader, 12), &old)); break;
  default: keep(VirtualQuery(at, below(reader, 2) ? &information : (MEMORY_BASIC_INFORMATION *)word(reader), below(reader, 2) ? sizeof information : size)); break;
  }
}

static void wild_call(Reader *reader) {
  Word a[4];
  unsigned i;
  for (i = 0; i < COUNT(a); ++i) a[i] = word(reader);
  switch (below(reader, 14)) {
  case 0: keep((Word)CloseHandle((HANDLE)a[0])); break;
  case 1: keep(WaitForMultipleObjects((DWORD)a[0] % 80, (HANDLE *)a[1], (BOOL)a[2], 5)); break;
  case 2: keep((Word)HeapAlloc((HANDLE)a[0], (DWORD)a[1], a[2])); break;
  case 3: keep((Word)HeapFree(GetProcessHeap(), 0, (void *)a[0])); break;
  case 4: EnterCriticalSection((CRITICAL_SECTION *)a[0]); break;
  case 5: keep(QueueUserAPC((PAPCFUNC)a[0], GetCurrentThread(), a[1])), SleepEx(0, TRUE); break;
  case 6: keep((Word)CreateFiber(a[0], (LPFIBER_START_ROUTINE)a[1], (void *)a[2])); break;
  case 7: keep((Word)ConvertThreadToFiber((void *)a[0])); break;
  case 8: SwitchToFiber((void *)a[0]); break;
  case 9: keep((Word)CreateFileA((char *)a[0], (DWORD)a[1], (DWORD)a[2], NULL, (DWORD)a[3], 0, NULL)); break;
  case 10: { DWORD done; keep((Word)WriteFile((HANDLE)a[0], (void *)a[1], (DWORD)a[2], &done, NULL)); break; }
  case 11: keep((Word)MapViewOfFile((HANDLE)a[0], (DWORD)a[1], 0, 0, a[3])); break;
  case 12: keep((Word)GetProcAddress((HMODULE)a[0], (char *)a[1])); break;
  default: keep(TlsAlloc()), TlsSetValue((DWORD)a[0], (void *)a[1]); break;
  }
}

static void context(Reader *reader) {
  CONTEXT made;
  volatile int again = 0;
  memset(&made, 0, sizeof made);
  RtlCaptureContext(&made);
  if (again++ > 0) return;
  damage(reader, &made, sizeof made);
  switch (below(reader, 4)) {
  case 0: SetThreadContext(GetCurrentThread(), &made); break;
#if defined __x86_64__
  case 1: RtlRestoreContext(&made, NULL); break;
#endif
  case 2: NtContinue((CONTEXT *)word(reader), FALSE); break;
  default: NtContinue(&made, (BOOLEAN)next(reader)); break;
  }
}

static void order(Reader *reader) {
  ULONG_PTR arguments[EXCEPTION_MAXIMUM_PARAMETERS] = {0};
  switch (below(reader, 12)) {
  case 0: wild_call(reader); break;
  case 1: damage(reader, scratch, sizeof scratch / 4); break;
  case 2: context(reader); break;
  case 3: install(reader); break;
  case 4: RaiseException((DWORD)word(reader), (DWORD)next(reader), below(reader, 20), below(reader, 4) ? arguments : (ULONG_PTR *)word(reader)); break;
  case 5: jump(reader); break;
  case 6: if (below(reader, 2)) memory(reader); else RtlUnwind((void *)word(reader), (void *)word(reader), NULL, NULL); break;
  case 7: if (reader->depth < 2) threads(reader); break;
  case 8: run_code(reader); break;
  case 9: keep(recurse(below(reader, 100000), below(reader, 5000))); break;
  case 10: if (below(reader, 3)) touch(reader); else chain(reader); break;
  default: mps_order(reader); break;
  }
}

static void run(Reader *reader) {
  while (reader->at < length) {
    if (reader->depth == 0) RtlCaptureContext(&start);
    if (reader->at < length) order(reader);
  }
}

int main(void) {
  Reader reader = {0, 0};
  none = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
  readable = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
  executable = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);
  edge = (char *)VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE, PAGE_READWRITE) + PAGE;
  VirtualAlloc(edge - PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE);
  gone = edge + 16 * PAGE;
  freed = malloc(100);
  free(freed);
  functions[0] = (Word)main, functions[1] = (Word)handler, functions[2] = (Word)thread, functions[3] = (Word)puts;
  functions[4] = (Word)abort, functions[5] = (Word)mps_arena_collect, functions[6] = (Word)longjmp, functions[7] = (Word)exit;
  SetUnhandledExceptionFilter(handler);
  AddVectoredExceptionHandler(0, handler);
  begin_mps();
  read_script();
  run(&reader);
  return 0;
}
