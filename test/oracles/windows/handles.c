//! platforms: w3i6mv w3i3mv=w3i6mv
/* Handles: the rights of each kind of object, generic rights, duplicates, names, what a dead thread's handle is good for. */
#include "last-error.h"

static LONG before;

static HANDLE with(HANDLE handle, DWORD access) {
  HANDLE made = 0;
  DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &made, access, FALSE, 0);
  return made;
}

static void rights(void) {
  HANDLE event = CreateEventA(0, TRUE, FALSE, 0), semaphore = CreateSemaphoreA(0, 1, 5, 0), mutex = CreateMutexA(0, FALSE, 0);
  HANDLE waits = with(event, SYNCHRONIZE), sets = with(event, EVENT_MODIFY_STATE), none = with(event, 0);
  OBSERVE_BOOL("event.waits-sets", SetEvent(waits));
  OBSERVE_BOOL("event.waits-resets", ResetEvent(waits));
  OBSERVE_BOOL("event.waits-pulses", PulseEvent(waits));
  OBSERVE_DWORD("event.waits-waits", WaitForSingleObject(waits, 0));
  OBSERVE_BOOL("event.sets-sets", SetEvent(sets));
  OBSERVE_DWORD("event.sets-waits", WaitForSingleObject(sets, 0));
  OBSERVE_DWORD("event.none-waits", WaitForSingleObject(none, 0));
  OBSERVE_DWORD("event.among-others", WaitForMultipleObjects(2, (HANDLE[]){event, sets}, FALSE, 0));
  OBSERVE_BOOL("event.generic-read-sets", SetEvent(with(event, GENERIC_READ)));
  OBSERVE_BOOL("event.generic-write-sets", SetEvent(with(event, GENERIC_WRITE)));
  OBSERVE_DWORD("event.generic-write-waits", WaitForSingleObject(with(event, GENERIC_WRITE), 0));
  OBSERVE_DWORD("event.generic-execute-waits", WaitForSingleObject(with(event, GENERIC_EXECUTE), 0));
  OBSERVE_BOOL("event.generic-execute-sets", SetEvent(with(event, GENERIC_EXECUTE)));
  OBSERVE_BOOL("event.generic-all-sets", SetEvent(with(event, GENERIC_ALL)));
  OBSERVE_BOOL("event.maximum-sets", SetEvent(with(event, MAXIMUM_ALLOWED)));
  OBSERVE_BOOL("semaphore.waits-releases", ReleaseSemaphore(with(semaphore, SYNCHRONIZE), 1, 0));
  OBSERVE_BOOL("semaphore.releases", ReleaseSemaphore(with(semaphore, SEMAPHORE_MODIFY_STATE), 1, &before));
  OBSERVE("semaphore.before", before);
  OBSERVE_DWORD("semaphore.releases-waits", WaitForSingleObject(with(semaphore, SEMAPHORE_MODIFY_STATE), 0));
  OBSERVE_BOOL("semaphore.bad-place", ReleaseSemaphore(semaphore, 1, (LONG *)16));
  WaitForSingleObject(mutex, 0);
  OBSERVE_BOOL("mutex.none-releases", ReleaseMutex(with(mutex, 0)));
  OBSERVE_DWORD("mutex.modify-waits", WaitForSingleObject(with(mutex, MUTEX_MODIFY_STATE), 0));
  OBSERVE_DWORD("ex.waits", WaitForSingleObject(CreateEventExA(0, 0, CREATE_EVENT_INITIAL_SET, EVENT_MODIFY_STATE), 0));
  HANDLE ex = CreateEventExA(0, 0, CREATE_EVENT_INITIAL_SET | CREATE_EVENT_MANUAL_RESET, SYNCHRONIZE);
  WaitForSingleObject(ex, 0);
  OBSERVE_DWORD("ex.manual", WaitForSingleObject(ex, 0));
  OBSERVE_BOOL("ex.sets", SetEvent(ex));
  HANDLE owned = CreateMutexExA(0, 0, CREATE_MUTEX_INITIAL_OWNER, MUTEX_ALL_ACCESS);
  OBSERVE_BOOL("ex.mutex-owned", ReleaseMutex(owned));
  OBSERVE_DWORD("ex.semaphore", WaitForSingleObject(CreateSemaphoreExA(0, 1, 1, 0, 0, SYNCHRONIZE), 0));
  OBSERVE_BOOL("ex.semaphore-counts", CreateSemaphoreExA(0, 2, 1, 0, 0, SYNCHRONIZE));
}

static void threads(void) {
  HANDLE self, handle;
  DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &self, 0, FALSE, DUPLICATE_SAME_ACCESS);
  DWORD code = 0;
  CONTEXT context;
  context.ContextFlags = CONTEXT_CONTROL;
  handle = with(self, THREAD_QUERY_LIMITED_INFORMATION);
  OBSERVE_BOOL("thread.limited-code", GetExitCodeThread(handle, &code));
  OBSERVE("thread.limited-id", GetThreadId(handle) == GetCurrentThreadId());
  OBSERVE_BOOL("thread.limited-priority", SetThreadPriority(handle, 0));
  OBSERVE("thread.limited-get-priority", GetThreadPriority(handle));
  OBSERVE_DWORD("thread.limited-suspends", SuspendThread(handle));
  OBSERVE_DWORD("thread.limited-resumes", ResumeThread(handle));
  OBSERVE_BOOL("thread.limited-context", GetThreadContext(handle, &context));
  OBSERVE_BOOL("thread.limited-sets", SetThreadContext(handle, &context));
  OBSERVE_BOOL("thread.limited-terminates", TerminateThread(handle, 1));
  OBSERVE_BOOL("thread.limited-apc", QueueUserAPC((PAPCFUNC)threads, handle, 0));
  OBSERVE_DWORD("thread.limited-waits", WaitForSingleObject(handle, 0));
  handle = with(self, THREAD_SET_LIMITED_INFORMATION);
  OBSERVE_BOOL("thread.set-limited-priority", SetThreadPriority(handle, 1));
  OBSERVE_DWORD("thread.set-limited-get", GetThreadPriority(handle));
  OBSERVE("thread.priority-is", GetThreadPriority(self));
  handle = with(self, GENERIC_READ);
  OBSERVE_BOOL("thread.generic-read-code", GetExitCodeThread(handle, &code));
  OBSERVE_BOOL("thread.generic-read-context", GetThreadContext(handle, &context));
  OBSERVE_BOOL("thread.generic-read-terminates", TerminateThread(handle, 1));
  handle = with(self, GENERIC_WRITE);
  OBSERVE_DWORD("thread.generic-write-resumes", ResumeThread(handle));
  OBSERVE_BOOL("thread.generic-write-code", GetExitCodeThread(handle, &code));
  handle = with(self, GENERIC_EXECUTE);
  OBSERVE_DWORD("thread.generic-execute-waits", WaitForSingleObject(handle, 0));
  OBSERVE_BOOL("thread.generic-execute-code", GetExitCodeThread(handle, &code));
  handle = OpenThread(SYNCHRONIZE, FALSE, GetCurrentThreadId());
  OBSERVE_DWORD("thread.open-waits", WaitForSingleObject(handle, 0));
  OBSERVE_BOOL("thread.open-code", GetExitCodeThread(handle, &code));
}

static void priorities(void) {
  static const int known[] = {-15, -2, -1, 0, 1, 2, 15, -3, 3, 7, -7, 16, -16, 100};
  static const char *const names[] = {"priority.idle", "priority.lowest", "priority.below", "priority.normal", "priority.above", "priority.highest",
    "priority.critical", "priority.-3", "priority.3", "priority.7", "priority.-7", "priority.16", "priority.-16", "priority.100"};
  HANDLE self = GetCurrentThread();
  for (int i = 0; i < 14; i++) {
    SetThreadPriority(self, 0);
    OBSERVE_BOOL(names[i], SetThreadPriority(self, known[i]));
    char text[32];
    int n = 0;
    for (const char *p = names[i]; *p;) text[n++] = *p++;
    for (const char *p = ".is"; *p;) text[n++] = *p++;
    text[n] = 0;
    OBSERVE(text, GetThreadPriority(self));
  }
  SetThreadPriority(self, 0);
  OBSERVE_DWORD("priority.of-nothing", GetThreadPriority((HANDLE)0x7770) == 0x7fffffff);
  OBSERVE_BOOL("priority.of-event", SetThreadPriority(CreateEventA(0, 0, 0, 0), 0));
  BOOL disabled = 7;
  OBSERVE_BOOL("boost.get", GetThreadPriorityBoost(self, &disabled));
  OBSERVE("boost.is", disabled);
  OBSERVE_BOOL("boost.set", SetThreadPriorityBoost(self, TRUE));
  GetThreadPriorityBoost(self, &disabled);
  OBSERVE("boost.disabled", disabled);
  OBSERVE("class", GetPriorityClass(GetCurrentProcess()));
  OBSERVE_BOOL("class.set", SetPriorityClass(GetCurrentProcess(), HIGH_PRIORITY_CLASS));
  OBSERVE("class.high", GetPriorityClass(GetCurrentProcess()));
  OBSERVE_BOOL("class.unknown", SetPriorityClass(GetCurrentProcess(), 0x77));
  OBSERVE_BOOL("class.of-thread", GetPriorityClass(GetCurrentThread()));
  SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS);
}

static void names(void) {
  HANDLE event = CreateEventA(0, TRUE, TRUE, "mpsemu-names");
  OBSERVE_DWORD("name.open", WaitForSingleObject(OpenEventA(SYNCHRONIZE, FALSE, "mpsemu-names"), 0));
  OBSERVE_DWORD("name.open-wide", WaitForSingleObject(OpenEventW(SYNCHRONIZE, FALSE, L"mpsemu-names"), 0));
  OBSERVE_BOOL("name.open-modify-only-sets", SetEvent(OpenEventA(EVENT_MODIFY_STATE, FALSE, "mpsemu-names")));
  OBSERVE_DWORD("name.open-modify-only-waits", WaitForSingleObject(OpenEventA(EVENT_MODIFY_STATE, FALSE, "mpsemu-names"), 0));
  OBSERVE_BOOL("name.case", OpenEventA(SYNCHRONIZE, FALSE, "MPSEMU-names"));
  OBSERVE_BOOL("name.missing", OpenMutexA(SYNCHRONIZE, FALSE, "mpsemu-missing"));
  OBSERVE_BOOL("name.other-kind", OpenSemaphoreA(SYNCHRONIZE, FALSE, "mpsemu-names"));
  OBSERVE_BOOL("name.null", OpenEventA(SYNCHRONIZE, FALSE, 0));
  OBSERVE_ERROR("name.local", CreateEventA(0, 0, 0, "Local\\mpsemu-names") != 0);
  OBSERVE_ERROR("name.again-ex", CreateEventExA(0, "mpsemu-names", 0, SYNCHRONIZE) != 0);
  OBSERVE_ERROR("name.wide-again", CreateEventW(0, 0, 0, L"mpsemu-names") != 0);
  OBSERVE_ERROR("name.semaphore", CreateSemaphoreA(0, 1, 1, "mpsemu-semaphore") != 0);
  OBSERVE_ERROR("name.semaphore-again", CreateSemaphoreA(0, 5, 9, "mpsemu-semaphore") != 0);
  OBSERVE_ERROR("name.mutex", CreateMutexA(0, FALSE, "mpsemu-mutex") != 0);
  OBSERVE_ERROR("name.mutex-again", CreateMutexA(0, TRUE, "mpsemu-mutex") != 0);
  HANDLE mutex = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "mpsemu-mutex");
  OBSERVE_BOOL("name.mutex-not-owned", ReleaseMutex(mutex));
  CloseHandle(event);
}

static void flags(void) {
  DWORD is = 77;
  SECURITY_ATTRIBUTES inherits = {sizeof inherits, 0, TRUE};
  HANDLE event = CreateEventA(&inherits, 0, 0, 0), plain = CreateEventA(0, 0, 0, 0), copy;
  OBSERVE_BOOL("flags.get", GetHandleInformation(event, &is));
  OBSERVE("flags.inherits", is);
  GetHandleInformation(plain, &is);
  OBSERVE("flags.plain", is);
  OBSERVE_BOOL("flags.protect", SetHandleInformation(plain, 2, 2));
  OBSERVE_BOOL("flags.protected", CloseHandle(plain));
  OBSERVE_BOOL("flags.duplicate-protected", DuplicateHandle(GetCurrentProcess(), plain, GetCurrentProcess(), &copy, 0, TRUE, DUPLICATE_SAME_ACCESS));
  GetHandleInformation(copy, &is);
  OBSERVE("flags.duplicate", is);
  OBSERVE_BOOL("flags.unprotect", SetHandleInformation(plain, 2, 0));
  OBSERVE_BOOL("flags.close", CloseHandle(plain));
  OBSERVE_BOOL("flags.close-again", CloseHandle(plain));
  OBSERVE_BOOL("duplicate.closed", DuplicateHandle(GetCurrentProcess(), plain, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
  OBSERVE_BOOL("duplicate.not-a-process", DuplicateHandle(event, event, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
  OBSERVE_BOOL("duplicate.close-source", DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
  /* The value may be used again at once. */
  OBSERVE("duplicate.source-closed", copy == event || !SetEvent(event));
  OBSERVE_BOOL("duplicate.lives", SetEvent(copy));
  OBSERVE_BOOL("duplicate.bad-place", DuplicateHandle(GetCurrentProcess(), copy, GetCurrentProcess(), (HANDLE *)16, 0, FALSE, DUPLICATE_SAME_ACCESS));
  OBSERVE_BOOL("close.null", CloseHandle(0));
  OBSERVE_BOOL("close.invalid", CloseHandle((HANDLE)0x7770));
}

static DWORD WINAPI ends(void *code) { return (DWORD)(ULONG_PTR)code; }

static void dead(void) {
  DWORD code, id;
  CONTEXT context;
  context.ContextFlags = CONTEXT_CONTROL;
  HANDLE thread = CreateThread(0, 0, ends, (void *)259, 0, &id);
  OBSERVE_DWORD("dead.wait", WaitForSingleObject(thread, INFINITE));
  OBSERVE_DWORD("dead.wait-again", WaitForSingleObject(thread, 0));
  OBSERVE_BOOL("dead.code", GetExitCodeThread(thread, &code));
  OBSERVE("dead.code-is", code);
  OBSERVE("dead.id", GetThreadId(thread) == id);
  OBSERVE_BOOL("dead.open", OpenThread(THREAD_ALL_ACCESS, FALSE, id));
  OBSERVE_DWORD("dead.suspend", SuspendThread(thread));
  OBSERVE_DWORD("dead.resume", ResumeThread(thread));
  OBSERVE_BOOL("dead.set-priority", SetThreadPriority(thread, 1));
  OBSERVE_BOOL("dead.boost", SetThreadPriorityBoost(thread, 1));
  OBSERVE_BOOL("dead.apc", QueueUserAPC((PAPCFUNC)ends, thread, 0));
  OBSERVE_DWORD("dead.all", WaitForMultipleObjects(2, (HANDLE[]){thread, CreateEventA(0, 0, 1, 0)}, TRUE, 0));
}

int main(void) {
  rights();
  threads();
  priorities();
  names();
  flags();
  dead();
  return 0;
}
