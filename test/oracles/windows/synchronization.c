//! platforms: w3i6mv w3i3mv=w3i6mv
/* Events, mutexes, semaphores, critical sections, reader/writer locks and condition variables: states, counts and errors. */
#include "last-error.h"

static HANDLE mutex, done;
static CRITICAL_SECTION section;
static SRWLOCK lock;
static CONDITION_VARIABLE condition;
static int woken;

static DWORD in_thread(LPTHREAD_START_ROUTINE start, void *parameter) {
  DWORD code;
  HANDLE thread = CreateThread(0, 0, start, parameter, 0, 0);
  WaitForSingleObject(thread, INFINITE);
  GetExitCodeThread(thread, &code);
  CloseHandle(thread);
  return code;
}

static DWORD WINAPI takes(void *object) { return WaitForSingleObject(object, 0); }
static DWORD WINAPI releases(void *object) { return ReleaseMutex(object) ? 0 : GetLastError(); }
static DWORD WINAPI tries_section(void *parameter) { return TryEnterCriticalSection(&section); }
static DWORD WINAPI tries_lock(void *parameter) {
  BOOL exclusive = TryAcquireSRWLockExclusive(&lock), shared;
  if (exclusive) ReleaseSRWLockExclusive(&lock);
  shared = TryAcquireSRWLockShared(&lock);
  if (shared) ReleaseSRWLockShared(&lock);
  return exclusive * 10 + shared;
}
static DWORD WINAPI sleeps(void *parameter) {
  EnterCriticalSection(&section);
  SetEvent(done);
  BOOL result = SleepConditionVariableCS(&condition, &section, INFINITE);
  woken++;
  LeaveCriticalSection(&section);
  return result;
}

static void events(void) {
  HANDLE automatic = CreateEventA(0, 0, 1, 0), manual = CreateEventA(0, 1, 0, 0), pair[2] = {automatic, manual};
  OBSERVE_DWORD("event.automatic-set", WaitForSingleObject(automatic, 0));
  OBSERVE_DWORD("event.automatic-taken", WaitForSingleObject(automatic, 0));
  OBSERVE_DWORD("event.timeout", WaitForSingleObject(automatic, 10));
  OBSERVE_BOOL("event.set", SetEvent(manual));
  OBSERVE_DWORD("event.manual", WaitForSingleObject(manual, 0));
  OBSERVE_DWORD("event.manual-stays", WaitForSingleObject(manual, 0));
  OBSERVE_DWORD("event.any", WaitForMultipleObjects(2, pair, FALSE, 0));
  OBSERVE_DWORD("event.all-not", WaitForMultipleObjects(2, pair, TRUE, 0));
  SetEvent(automatic);
  OBSERVE_DWORD("event.any-lowest", WaitForMultipleObjects(2, pair, FALSE, 0));
  SetEvent(automatic);
  OBSERVE_DWORD("event.all", WaitForMultipleObjects(2, pair, TRUE, 0));
  OBSERVE_DWORD("event.all-took", WaitForSingleObject(automatic, 0));
  OBSERVE_BOOL("event.reset", ResetEvent(manual));
  OBSERVE_DWORD("event.reset-waits", WaitForSingleObject(manual, 0));
  OBSERVE_DWORD("multiple.none", WaitForMultipleObjects(0, pair, FALSE, 0));
  HANDLE many[65];
  for (int i = 0; i < 65; i++) many[i] = manual;
  OBSERVE_DWORD("multiple.65", WaitForMultipleObjects(65, many, FALSE, 0));
  pair[1] = (HANDLE)0x7770;
  OBSERVE_DWORD("multiple.bad", WaitForMultipleObjects(2, pair, FALSE, 0));
  OBSERVE_BOOL("event.set-bad", SetEvent((HANDLE)0x7770));
  OBSERVE_BOOL("event.set-mutex", SetEvent(mutex));
  OBSERVE_BOOL("event.reset-mutex", ResetEvent(mutex));
  OBSERVE_BOOL("event.close", CloseHandle(manual));
  OBSERVE_BOOL("event.set-closed", SetEvent(manual));
  OBSERVE_DWORD("event.wait-closed", WaitForSingleObject(manual, 0));
  SetLastError(5);
  HANDLE first = CreateEventA(0, 1, 1, "mpsemu-event");
  OBSERVE("named.first", GetLastError());
  HANDLE second = CreateEventA(0, 0, 0, "mpsemu-event");
  OBSERVE2("named.second", second != 0, GetLastError());
  OBSERVE_DWORD("named.keeps-state", WaitForSingleObject(second, 0));
  OBSERVE_BOOL("named.other-kind", CreateMutexA(0, 0, "mpsemu-event"));
  CloseHandle(first);
  SetLastError(5);
  first = CreateEventA(0, 0, 0, "mpsemu-event");
  OBSERVE("named.lives", GetLastError());
  CloseHandle(first), CloseHandle(second);
  SetLastError(5);
  first = CreateEventA(0, 0, 0, "mpsemu-event");
  OBSERVE("named.gone", GetLastError());
}

static void mutexes(void) {
  OBSERVE_DWORD("mutex.take", WaitForSingleObject(mutex, 0));
  OBSERVE_DWORD("mutex.take-again", WaitForSingleObject(mutex, 0));
  OBSERVE("mutex.other-waits", in_thread(takes, mutex));
  OBSERVE("mutex.other-releases", in_thread(releases, mutex));
  OBSERVE_BOOL("mutex.release", ReleaseMutex(mutex));
  OBSERVE("mutex.still-owned", in_thread(takes, mutex));
  OBSERVE_BOOL("mutex.release-again", ReleaseMutex(mutex));
  OBSERVE_BOOL("mutex.release-too-often", ReleaseMutex(mutex));
  OBSERVE("mutex.other-takes", in_thread(takes, mutex));
  OBSERVE_DWORD("mutex.abandoned", WaitForSingleObject(mutex, 0));
  OBSERVE_BOOL("mutex.abandoned-release", ReleaseMutex(mutex));
  OBSERVE_DWORD("mutex.abandoned-once", WaitForSingleObject(mutex, 0));
  ReleaseMutex(mutex);
  in_thread(takes, mutex);
  HANDLE pair[2] = {CreateEventA(0, 0, 0, 0), mutex};
  OBSERVE_DWORD("mutex.abandoned-second", WaitForMultipleObjects(2, pair, FALSE, 0));
  ReleaseMutex(mutex);
  OBSERVE_BOOL("mutex.release-event", ReleaseMutex(pair[0]));
  OBSERVE("mutex.initially-owned", in_thread(takes, CreateMutexA(0, 1, 0)));
}

static void semaphores(void) {
  LONG before = 77;
  HANDLE semaphore = CreateSemaphoreA(0, 2, 3, 0);
  OBSERVE_DWORD("semaphore.take", WaitForSingleObject(semaphore, 0));
  OBSERVE_DWORD("semaphore.take-second", WaitForSingleObject(semaphore, 0));
  OBSERVE_DWORD("semaphore.take-third", WaitForSingleObject(semaphore, 0));
  OBSERVE_BOOL("semaphore.release-2", ReleaseSemaphore(semaphore, 2, &before));
  OBSERVE("semaphore.before", before);
  OBSERVE_BOOL("semaphore.release-too-many", ReleaseSemaphore(semaphore, 2, &before));
  OBSERVE_BOOL("semaphore.release-one", ReleaseSemaphore(semaphore, 1, &before));
  OBSERVE("semaphore.before-last", before);
  OBSERVE_BOOL("semaphore.release-0", ReleaseSemaphore(semaphore, 0, 0));
  OBSERVE_BOOL("semaphore.release-negative", ReleaseSemaphore(semaphore, -1, 0));
  OBSERVE_BOOL("semaphore.release-mutex", ReleaseSemaphore(mutex, 1, 0));
  OBSERVE_BOOL("semaphore.create-above", CreateSemaphoreA(0, 4, 3, 0));
  OBSERVE_BOOL("semaphore.create-negative", CreateSemaphoreA(0, -1, 3, 0));
  OBSERVE_BOOL("semaphore.create-no-maximum", CreateSemaphoreA(0, 0, 0, 0));
}

static void locks(void) {
  DWORD code;
  InitializeCriticalSection(&section);
  OBSERVE3("section.at-first", section.LockCount, section.RecursionCount, (LONG_PTR)section.OwningThread);
  EnterCriticalSection(&section);
  OBSERVE("section.recursion", section.RecursionCount);
  OBSERVE("section.owner", (ULONG_PTR)section.OwningThread == GetCurrentThreadId());
  OBSERVE("section.again", TryEnterCriticalSection(&section));
  OBSERVE("section.recursion-2", section.RecursionCount);
  OBSERVE("section.other", in_thread(tries_section, 0));
  LeaveCriticalSection(&section);
  OBSERVE("section.other-still", in_thread(tries_section, 0));
  LeaveCriticalSection(&section);
  OBSERVE("section.left", (ULONG_PTR)section.OwningThread);
  OBSERVE_BOOL("section.and-spin", InitializeCriticalSectionAndSpinCount(&section, 100));
  InitializeSRWLock(&lock);
  OBSERVE("lock.free", in_thread(tries_lock, 0));
  AcquireSRWLockShared(&lock);
  OBSERVE("lock.shared", in_thread(tries_lock, 0));
  ReleaseSRWLockShared(&lock);
  AcquireSRWLockExclusive(&lock);
  OBSERVE("lock.exclusive", in_thread(tries_lock, 0));
  OBSERVE("lock.exclusive-again", TryAcquireSRWLockExclusive(&lock));
  ReleaseSRWLockExclusive(&lock);
  OBSERVE("lock.released", in_thread(tries_lock, 0));
  InitializeConditionVariable(&condition);
  EnterCriticalSection(&section);
  OBSERVE_BOOL("condition.timeout", SleepConditionVariableCS(&condition, &section, 10));
  OBSERVE("condition.owned-again", section.RecursionCount);
  LeaveCriticalSection(&section);
  AcquireSRWLockShared(&lock);
  OBSERVE_BOOL("condition.timeout-shared", SleepConditionVariableSRW(&condition, &lock, 10, 1));
  ReleaseSRWLockShared(&lock);
  HANDLE threads[2];
  for (int i = 0; i < 2; i++) {
    threads[i] = CreateThread(0, 0, sleeps, 0, 0, 0);
    WaitForSingleObject(done, INFINITE);
  }
  EnterCriticalSection(&section);
  LeaveCriticalSection(&section);
  /* Both have released the section; now they sleep. */
  Sleep(100);
  WakeConditionVariable(&condition);
  Sleep(50);
  OBSERVE("condition.woke-one", woken);
  WakeAllConditionVariable(&condition);
  WaitForMultipleObjects(2, threads, TRUE, INFINITE);
  OBSERVE("condition.woke-all", woken);
  GetExitCodeThread(threads[0], &code);
  OBSERVE("condition.result", code);
}

int main(void) {
  mutex = CreateMutexA(0, 0, 0);
  done = CreateEventA(0, 0, 0, 0);
  events();
  mutexes();
  semaphores();
  locks();
  return 0;
}
