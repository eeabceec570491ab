/* Locks in memory that a handler has to open first, as a collector's barrier does: what was begun is done once. */
#include <stdio.h>
#include <windows.h>

static char *page;
static int opened;
static CRITICAL_SECTION *section;
static CONDITION_VARIABLE condition;
static volatile LONG entered;

static LONG CALLBACK open_page(EXCEPTION_POINTERS *exception) {
  DWORD old;
  if (exception->ExceptionRecord->ExceptionCode != EXCEPTION_ACCESS_VIOLATION) return EXCEPTION_CONTINUE_SEARCH;
  opened++;
  VirtualProtect(page, 8192, PAGE_READWRITE, &old);
  return EXCEPTION_CONTINUE_EXECUTION;
}

static void protect(DWORD protection) {
  DWORD old;
  opened = 0;
  VirtualProtect(page, 8192, protection, &old);
}

static DWORD WINAPI enterer(void *unused) {
  (void)unused;
  EnterCriticalSection(section);
  entered++;
  LeaveCriticalSection(section);
  return 0;
}

static HANDLE start(void) { return CreateThread(0, 0, enterer, 0, 0, 0); }

/* `at`: in the page, and over the border of two. */
static void sections(int at) {
  HANDLE thread;
  int result;
  section = (CRITICAL_SECTION *)(page + at);
  protect(PAGE_READWRITE);
  InitializeCriticalSection(section);
  EnterCriticalSection(section);
  entered = 0;
  thread = start();
  protect(PAGE_READONLY);
  result = SleepConditionVariableCS(&condition, section, 200);
  printf("slept %d entered %ld opened %d\n", result, entered, opened > 0);
  WaitForSingleObject(thread, INFINITE);
  thread = start();
  Sleep(10);
  protect(PAGE_READONLY);
  LeaveCriticalSection(section);
  WaitForSingleObject(thread, INFINITE);
  printf("left: count %ld recursion %ld entered %ld\n", section->LockCount, section->RecursionCount, entered);
  EnterCriticalSection(section);
  thread = start();
  protect(PAGE_READONLY);
  Sleep(10);
  LeaveCriticalSection(section);
  WaitForSingleObject(thread, INFINITE);
  printf("waited: count %ld recursion %ld entered %ld\n", section->LockCount, section->RecursionCount, entered);
}

int main(void) {
  static INIT_ONCE once;
  int result;
  page = VirtualAlloc(0, 8192, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
  AddVectoredExceptionHandler(1, open_page);
  result = InitOnceBeginInitialize(&once, 0, (BOOL *)page, 0);
  printf("once %d pending %d opened %d\n", result, *(BOOL *)page, opened);
  printf("complete %d\n", InitOnceComplete(&once, 0, 0));
  sections(0);
  sections(4096 - 16);
  return 0;
}
