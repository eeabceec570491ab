/* Declarations for the test guests, from the documentation of the Win32 API; no C library. */
typedef unsigned char BYTE;
typedef unsigned short WORD;
typedef unsigned long DWORD;
typedef unsigned long long DWORD64;
typedef void *HANDLE;
#ifdef _WIN64
typedef unsigned long long ULONG_PTR;
#else
typedef unsigned long ULONG_PTR;
#endif
#define API __declspec(dllimport)
#define WINAPI __stdcall
#define INFINITE 0xffffffffu

typedef struct { DWORD ExceptionCode, ExceptionFlags; void *ExceptionRecord, *ExceptionAddress; DWORD NumberParameters; ULONG_PTR ExceptionInformation[15]; } EXCEPTION_RECORD;
typedef struct { DWORD ControlWord, StatusWord, TagWord, ErrorOffset, ErrorSelector, DataOffset, DataSelector; BYTE RegisterArea[80]; DWORD Cr0NpxState; } FLOATING_SAVE_AREA;
#ifdef _WIN64
typedef struct { DWORD64 Low, High; } __attribute__((aligned(16))) M128;
typedef struct { WORD ControlWord, StatusWord; BYTE TagWord, r1; WORD ErrorOpcode; DWORD ErrorOffset; WORD ErrorSelector, r2; DWORD DataOffset; WORD DataSelector, r3; DWORD MxCsr, MxCsr_Mask; M128 FloatRegisters[8], XmmRegisters[16]; BYTE r4[96]; } XSAVE_FORMAT;
typedef struct __attribute__((aligned(16))) {
  DWORD64 PHome[6]; DWORD ContextFlags, MxCsr; WORD SegCs, SegDs, SegEs, SegFs, SegGs, SegSs; DWORD EFlags; DWORD64 Dr[6];
  DWORD64 Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15, Rip;
  XSAVE_FORMAT FltSave; M128 VectorRegister[26]; DWORD64 VectorControl, DebugControl, Last[4];
} CONTEXT;
#define CONTEXT_CPU 0x100000
#define PC(c) ((c)->Rip)
#define SP(c) ((c)->Rsp)
#else
typedef struct {
  DWORD ContextFlags, Dr0, Dr1, Dr2, Dr3, Dr6, Dr7; FLOATING_SAVE_AREA FloatSave; DWORD SegGs, SegFs, SegEs, SegDs, Edi, Esi, Ebx, Edx, Ecx, Eax, Ebp, Eip, SegCs, EFlags, Esp, SegSs; BYTE ExtendedRegisters[512];
} CONTEXT;
#define CONTEXT_CPU 0x10000
#define PC(c) ((c)->Eip)
#define SP(c) ((c)->Esp)
#endif
#define CONTEXT_CONTROL (CONTEXT_CPU | 1)
#define CONTEXT_INTEGER (CONTEXT_CPU | 2)
typedef struct { EXCEPTION_RECORD *ExceptionRecord; CONTEXT *ContextRecord; } EXCEPTION_POINTERS;
typedef struct { void *BaseAddress, *AllocationBase; DWORD AllocationProtect; ULONG_PTR RegionSize; DWORD State, Protect, Type; } MEMORY_BASIC_INFORMATION;
typedef struct { WORD Architecture, r; DWORD PageSize; void *Minimum, *Maximum; ULONG_PTR Mask; DWORD Processors, Type, Granularity; WORD Level, Revision; } SYSTEM_INFO;
typedef struct { void *DebugInfo; long LockCount, RecursionCount; HANDLE OwningThread, LockSemaphore; ULONG_PTR SpinCount; } CRITICAL_SECTION;

API void *WINAPI VirtualAlloc(void *, ULONG_PTR, DWORD, DWORD);
API int WINAPI VirtualFree(void *, ULONG_PTR, DWORD);
API int WINAPI VirtualProtect(void *, ULONG_PTR, DWORD, DWORD *);
API ULONG_PTR WINAPI VirtualQuery(const void *, MEMORY_BASIC_INFORMATION *, ULONG_PTR);
API void WINAPI GetSystemInfo(SYSTEM_INFO *);
API HANDLE WINAPI GetProcessHeap(void);
API void *WINAPI HeapAlloc(HANDLE, DWORD, ULONG_PTR);
API int WINAPI HeapFree(HANDLE, DWORD, void *);
API ULONG_PTR WINAPI HeapSize(HANDLE, DWORD, const void *);
API HANDLE WINAPI GetStdHandle(DWORD);
API int WINAPI WriteFile(HANDLE, const void *, DWORD, DWORD *, void *);
API void WINAPI ExitProcess(DWORD);
API void WINAPI ExitThread(DWORD);
API DWORD WINAPI GetLastError(void);
API void WINAPI SetLastError(DWORD);
API void *WINAPI AddVectoredExceptionHandler(DWORD, long(WINAPI *)(EXCEPTION_POINTERS *));
API DWORD WINAPI RemoveVectoredExceptionHandler(void *);
API void *WINAPI SetUnhandledExceptionFilter(long(WINAPI *)(EXCEPTION_POINTERS *));
API void WINAPI RaiseException(DWORD, DWORD, DWORD, const ULONG_PTR *);
API HANDLE WINAPI CreateThread(void *, ULONG_PTR, DWORD(WINAPI *)(void *), void *, DWORD, DWORD *);
API int WINAPI GetExitCodeThread(HANDLE, DWORD *);
API int WINAPI TerminateThread(HANDLE, DWORD);
API HANDLE WINAPI GetCurrentThread(void);
API HANDLE WINAPI GetCurrentProcess(void);
API DWORD WINAPI GetCurrentThreadId(void);
API DWORD WINAPI SuspendThread(HANDLE);
API DWORD WINAPI ResumeThread(HANDLE);
API int WINAPI GetThreadContext(HANDLE, CONTEXT *);
API int WINAPI SetThreadContext(HANDLE, const CONTEXT *);
API int WINAPI DuplicateHandle(HANDLE, HANDLE, HANDLE, HANDLE *, DWORD, int, DWORD);
API int WINAPI CloseHandle(HANDLE);
API DWORD WINAPI WaitForSingleObject(HANDLE, DWORD);
API DWORD WINAPI WaitForMultipleObjects(DWORD, const HANDLE *, int, DWORD);
API HANDLE WINAPI CreateEventA(void *, int, int, const char *);
API int WINAPI SetEvent(HANDLE);
API int WINAPI ResetEvent(HANDLE);
API HANDLE WINAPI CreateMutexA(void *, int, const char *);
API int WINAPI ReleaseMutex(HANDLE);
API HANDLE WINAPI CreateSemaphoreA(void *, long, long, const char *);
API int WINAPI ReleaseSemaphore(HANDLE, long, long *);
API void WINAPI InitializeCriticalSection(CRITICAL_SECTION *);
API void WINAPI EnterCriticalSection(CRITICAL_SECTION *);
API int WINAPI TryEnterCriticalSection(CRITICAL_SECTION *);
API void WINAPI LeaveCriticalSection(CRITICAL_SECTION *);
API void WINAPI DeleteCriticalSection(CRITICAL_SECTION *);
API void WINAPI AcquireSRWLockExclusive(void *);
API void WINAPI ReleaseSRWLockExclusive(void *);
API void WINAPI InitializeConditionVariable(void *);
API int WINAPI SleepConditionVariableSRW(void *, void *, DWORD, DWORD);
API void WINAPI WakeConditionVariable(void *);
API int WINAPI InitOnceExecuteOnce(void *, int(WINAPI *)(void *, void *, void **), void *, void **);
API void WINAPI Sleep(DWORD);
API DWORD WINAPI TlsAlloc(void);
API int WINAPI TlsFree(DWORD);
API void *WINAPI TlsGetValue(DWORD);
API int WINAPI TlsSetValue(DWORD, void *);
API int WINAPI QueryPerformanceCounter(DWORD64 *);
API void *WINAPI GetModuleHandleA(const char *);
API void *WINAPI GetProcAddress(void *, const char *);

static void text(const char *s) {
  DWORD n = 0, written;
  while (s[n]) n++;
  WriteFile(GetStdHandle((DWORD)-11), s, n, &written, 0);
}
static void number(DWORD64 v) {
  char b[20];
  int i = 19;
  b[i] = 0;
  do b[--i] = "0123456789abcdef"[v & 15]; while (v >>= 4);
  text(b + i);
}
/* 'name value' in hexadecimal: what the test compares. */
static void show(const char *name, DWORD64 v) {
  text(name);
  text(" ");
  number(v);
  text("\n");
}
#define TEB_WORD(offset32, offset64) teb_word(sizeof(void *) == 8 ? offset64 : offset32)
static ULONG_PTR teb_word(ULONG_PTR offset) {
  ULONG_PTR w;
#ifdef _WIN64
  __asm__ volatile("movq %%gs:(%1), %0" : "=r"(w) : "r"(offset));
#else
  __asm__ volatile("movl %%fs:(%1), %0" : "=r"(w) : "r"(offset));
#endif
  return w;
}
int _fltused;
