//! platforms: w3i6mv w3i3mv=w3i6mv
/* Guard pages: who meets one, the program's own access or a system service, and what is left of it. */
#include "last-error.h"
#define PAGE 4096

static volatile char *page;
static int faults;
static DWORD code;
static int offset, kind;

static LONG NTAPI handler(EXCEPTION_POINTERS *e) {
  code = e->ExceptionRecord->ExceptionCode;
  if (code != 0x80000001 && code != 0xC0000005) return EXCEPTION_CONTINUE_SEARCH;
  kind = (int)e->ExceptionRecord->ExceptionInformation[0];
  offset = (int)((char *)e->ExceptionRecord->ExceptionInformation[1] - (char *)page);
  faults++;
  DWORD old;
  if (code == 0xC0000005) VirtualProtect((void *)page, PAGE, PAGE_READWRITE, &old);
  return EXCEPTION_CONTINUE_EXECUTION;
}

static DWORD protection(void) {
  MEMORY_BASIC_INFORMATION m;
  VirtualQuery((void *)page, &m, sizeof m);
  return m.Protect;
}

static void arm(DWORD base) {
  DWORD old;
  VirtualProtect((void *)page, PAGE, base | PAGE_GUARD, &old);
  faults = 0, code = 0, offset = -1, kind = -1;
}

#define SEEN(name) \
  do { \
    OBSERVE3(name ".seen", faults, offset, kind); \
    OBSERVE_HEX(name ".protection", protection()); \
  } while (0)

int main(void) {
  DWORD n, old;
  AddVectoredExceptionHandler(1, handler);
  page = VirtualAlloc(0, 2 * PAGE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE | PAGE_GUARD);
  OBSERVE_HEX("allocated", protection());
  SEEN("at-first");
  n = page[5];
  SEEN("read");
  n = page[5];
  SEEN("read-again");
  arm(PAGE_READWRITE);
  page[9] = 1;
  SEEN("write-put-back");
  arm(PAGE_READONLY);
  page[17] = 2;
  SEEN("write-to-readonly");
  arm(PAGE_READWRITE);
  OBSERVE_BOOL("protect-over-guard", VirtualProtect((void *)page, PAGE, PAGE_READWRITE | PAGE_GUARD, &old));
  OBSERVE_HEX("protect-over-guard.old", old);
  OBSERVE_BOOL("commit-over-guard", VirtualAlloc((void *)page, PAGE, MEM_COMMIT, PAGE_READWRITE));
  SEEN("committed-again");
  arm(PAGE_READWRITE);
  MEMORY_BASIC_INFORMATION m;
  OBSERVE("query-of-guard", VirtualQuery((void *)page, &m, sizeof m) == sizeof m);
  SEEN("queried");
  OBSERVE_ERROR("query-into-guard", VirtualQuery(&m, (void *)page, sizeof m));
  SEEN("query-into");
  OBSERVE("query-into-again", VirtualQuery(&m, (void *)page, sizeof m) == sizeof m);
  arm(PAGE_READWRITE);
  OBSERVE_BOOL("protect-into-guard", VirtualProtect((void *)(page + PAGE), PAGE, PAGE_READONLY, (DWORD *)page));
  SEEN("protect-into");
  arm(PAGE_READWRITE);
  OBSERVE_BOOL("lock-guard", VirtualLock((void *)page, PAGE));
  SEEN("lock");
  OBSERVE_BOOL("lock-again", VirtualLock((void *)page, PAGE));
  OBSERVE_BOOL("unlock", VirtualUnlock((void *)page, PAGE));
  HANDLE semaphore = CreateSemaphoreA(0, 0, 5, 0);
  arm(PAGE_READWRITE);
  OBSERVE_BOOL("semaphore-into-guard", ReleaseSemaphore(semaphore, 1, (LONG *)page));
  SEEN("semaphore-into");
  OBSERVE_DWORD("semaphore-was-not-released", WaitForSingleObject(semaphore, 0));
  arm(PAGE_READWRITE);
  HANDLE copy = 0;
  OBSERVE_BOOL("duplicate-into-guard", DuplicateHandle(GetCurrentProcess(), semaphore, GetCurrentProcess(), (HANDLE *)page, 0, 0, DUPLICATE_SAME_ACCESS));
  SEEN("duplicate-into");
  arm(PAGE_READWRITE);
  DWORD status = 0;
  OBSERVE_BOOL("exit-code-into-guard", GetExitCodeThread(GetCurrentThread(), (DWORD *)page));
  SEEN("exit-code-into");
  arm(PAGE_READWRITE);
  LARGE_INTEGER *counter = (LARGE_INTEGER *)page;
  OBSERVE_BOOL("counter-into-guard", QueryPerformanceFrequency(counter));
  SEEN("counter-into");
  arm(PAGE_READWRITE);
  GetSystemInfo((SYSTEM_INFO *)page);
  OBSERVE("system-info-into.seen", faults);
  arm(PAGE_READWRITE);
  OBSERVE("name-in-guard", GetModuleFileNameA(0, (char *)page, 64) != 0);
  SEEN("name-in");
  arm(PAGE_READWRITE);
  OBSERVE_BOOL("write-from-guard", WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), (void *)page, 4, &n, 0));
  SEEN("write-from");
  arm(PAGE_READWRITE);
  VirtualProtect((void *)page, PAGE, PAGE_NOACCESS, &old);
  OBSERVE_BOOL("write-from-noaccess", WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), (void *)page, 4, &n, 0));
  SEEN("write-from-noaccess");
  OBSERVE_ERROR("query-into-noaccess", VirtualQuery(&m, (void *)page, sizeof m));
  SEEN("query-into-noaccess");
  OBSERVE_BOOL("semaphore-into-noaccess", ReleaseSemaphore(semaphore, 1, (LONG *)page));
  OBSERVE_BOOL("duplicate-into-noaccess", DuplicateHandle(GetCurrentProcess(), semaphore, GetCurrentProcess(), (HANDLE *)page, 0, 0, DUPLICATE_SAME_ACCESS));
  OBSERVE("no-exception", faults);
  OBSERVE_BOOL("exit-code-into-noaccess", GetExitCodeThread(GetCurrentThread(), (DWORD *)page));
  SEEN("exit-code-into-noaccess");
  VirtualProtect((void *)page, PAGE, PAGE_NOACCESS, &old);
  OBSERVE_BOOL("frequency-into-noaccess", QueryPerformanceFrequency(counter));
  SEEN("frequency-into-noaccess");
  return 0;
}
