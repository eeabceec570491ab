//! platforms: w3i6mv w3i3mv=w3i6mv
/* Who gets what becomes signalled: waiters in line, pulses, signal-and-wait, suspended waiters, handles closed meanwhile. */
#include "last-error.h"

#define WAITERS 3
static HANDLE object, go, pair[2];
static volatile LONG order, served[WAITERS];
static volatile DWORD result[WAITERS];

static DWORD WINAPI waits(void *number) {
  int i = (int)(LONG_PTR)number;
  result[i] = WaitForSingleObject(object, 5000);
  served[i] = ++order;
  if (go) WaitForSingleObject(go, INFINITE); /* what it owns stays so */
  return result[i];
}

static DWORD WINAPI waits_for_all(void *number) {
  int i = (int)(LONG_PTR)number;
  result[i] = WaitForMultipleObjects(2, pair, TRUE, 5000);
  served[i] = ++order;
  WaitForSingleObject(go, INFINITE);
  return result[i];
}

static HANDLE begin(LPTHREAD_START_ROUTINE start, LONG_PTR number) {
  HANDLE thread = CreateThread(0, 0, start, (void *)number, 0, 0);
  Sleep(40); /* it waits */
  return thread;
}

static DWORD end(HANDLE thread) {
  DWORD code = 77;
  WaitForSingleObject(thread, INFINITE);
  GetExitCodeThread(thread, &code);
  CloseHandle(thread);
  return code;
}

static void handed_over(void) {
  object = CreateEventA(0, FALSE, FALSE, 0);
  HANDLE thread = begin(waits, 0);
  SetEvent(object);
  OBSERVE_DWORD("event.has-been-taken", WaitForSingleObject(object, 0));
  OBSERVE("event.taken-by", end(thread));
  object = CreateSemaphoreA(0, 0, 5, 0);
  thread = begin(waits, 0);
  LONG before = 9;
  ReleaseSemaphore(object, 1, &before);
  OBSERVE("semaphore.before", before);
  OBSERVE_DWORD("semaphore.has-been-taken", WaitForSingleObject(object, 0));
  OBSERVE("semaphore.taken-by", end(thread));
  object = CreateMutexA(0, TRUE, 0);
  go = CreateEventA(0, TRUE, FALSE, 0);
  thread = begin(waits, 0);
  ReleaseMutex(object);
  OBSERVE_DWORD("mutex.is-the-other's", WaitForSingleObject(object, 0));
  SetEvent(go);
  OBSERVE("mutex.taken-by", end(thread));
  go = 0;
  OBSERVE_DWORD("mutex.abandoned-by-it", WaitForSingleObject(object, 0));
  OBSERVE_BOOL("mutex.released", ReleaseMutex(object));
}

static void in_line(void) {
  HANDLE threads[WAITERS];
  object = CreateEventA(0, FALSE, FALSE, 0);
  order = 0;
  for (int i = 0; i < WAITERS; i++) threads[i] = begin(waits, i);
  for (int i = 0; i < WAITERS; i++) SetEvent(object), Sleep(30);
  WaitForMultipleObjects(WAITERS, threads, TRUE, INFINITE);
  OBSERVE3("line.first-come-first-served", served[0], served[1], served[2]);
  object = CreateSemaphoreA(0, 0, 5, 0);
  order = 0;
  served[0] = served[1] = served[2] = 0;
  for (int i = 0; i < WAITERS; i++) threads[i] = begin(waits, i);
  ReleaseSemaphore(object, 2, 0);
  Sleep(30);
  OBSERVE3("line.two-of-three", served[0] != 0, served[1] != 0, served[2] != 0);
  ReleaseSemaphore(object, 2, 0);
  WaitForMultipleObjects(WAITERS, threads, TRUE, INFINITE);
  OBSERVE_DWORD("line.one-left", WaitForSingleObject(object, 0));
  OBSERVE_DWORD("line.none-left", WaitForSingleObject(object, 0));
  /* A manual event lets all go. */
  object = CreateEventA(0, TRUE, FALSE, 0);
  for (int i = 0; i < WAITERS; i++) threads[i] = begin(waits, i);
  SetEvent(object);
  ResetEvent(object);
  for (int i = 0; i < WAITERS; i++) result[i] = 55;
  for (int i = 0; i < WAITERS; i++) result[i] = end(threads[i]);
  OBSERVE3("line.manual-set-and-reset", result[0], result[1], result[2]);
}

static void pulses(void) {
  HANDLE threads[WAITERS];
  object = CreateEventA(0, TRUE, FALSE, 0);
  for (int i = 0; i < WAITERS; i++) threads[i] = begin(waits, i);
  OBSERVE_BOOL("pulse.manual", PulseEvent(object));
  OBSERVE_DWORD("pulse.manual-after", WaitForSingleObject(object, 0));
  for (int i = 0; i < WAITERS; i++) result[i] = end(threads[i]);
  OBSERVE3("pulse.manual-all", result[0], result[1], result[2]);
  object = CreateEventA(0, FALSE, FALSE, 0);
  order = 0;
  served[0] = served[1] = 0;
  threads[0] = begin(waits, 0), threads[1] = begin(waits, 1);
  OBSERVE_BOOL("pulse.automatic", PulseEvent(object));
  Sleep(30);
  OBSERVE2("pulse.automatic-one", served[0], served[1]);
  OBSERVE_DWORD("pulse.automatic-after", WaitForSingleObject(object, 0));
  SetEvent(object);
  OBSERVE2("pulse.both-end", end(threads[0]), end(threads[1]));
  OBSERVE_BOOL("pulse.nobody", PulseEvent(object));
  OBSERVE_DWORD("pulse.nobody-after", WaitForSingleObject(object, 0));
  SetEvent(object);
  OBSERVE_BOOL("pulse.set", PulseEvent(object));
  OBSERVE_DWORD("pulse.set-after", WaitForSingleObject(object, 0));
  OBSERVE_BOOL("pulse.mutex", PulseEvent(CreateMutexA(0, 0, 0)));
  OBSERVE_BOOL("pulse.bad", PulseEvent((HANDLE)0x7770));
}

static void all_of_them(void) {
  pair[0] = CreateEventA(0, FALSE, FALSE, 0), pair[1] = CreateMutexA(0, TRUE, 0);
  go = CreateEventA(0, TRUE, FALSE, 0);
  HANDLE thread = begin(waits_for_all, 0);
  SetEvent(pair[0]);
  /* Nothing is taken before everything is there. */
  OBSERVE_DWORD("all.not-taken-yet", WaitForSingleObject(pair[0], 0));
  SetEvent(pair[0]);
  ReleaseMutex(pair[1]);
  OBSERVE_DWORD("all.taken", WaitForSingleObject(pair[0], 0));
  OBSERVE_DWORD("all.mutex-taken", WaitForSingleObject(pair[1], 0));
  SetEvent(go);
  OBSERVE("all.result", end(thread));
  go = 0;
  OBSERVE_DWORD("all.mutex-abandoned", WaitForSingleObject(pair[1], 0));
  HANDLE both[2] = {pair[0], pair[1]};
  OBSERVE_DWORD("all.twice-the-same", WaitForMultipleObjects(2, (HANDLE[]){pair[0], pair[0]}, TRUE, 0));
  OBSERVE_DWORD("any.twice-the-same", WaitForMultipleObjects(2, (HANDLE[]){pair[0], pair[0]}, FALSE, 0));
  OBSERVE_DWORD("all.own-mutex", (SetEvent(pair[0]), WaitForMultipleObjects(2, both, TRUE, 0)));
  ReleaseMutex(pair[1]);
  OBSERVE_BOOL("all.own-mutex-twice", ReleaseMutex(pair[1]));
  OBSERVE_BOOL("all.own-mutex-once-only", ReleaseMutex(pair[1]));
  HANDLE event = CreateEventA(0, TRUE, TRUE, 0);
  OBSERVE_DWORD("multiple.bad-after-signalled", WaitForMultipleObjects(2, (HANDLE[]){event, (HANDLE)0x7770}, FALSE, 0));
  OBSERVE_DWORD("multiple.null", WaitForMultipleObjects(1, (HANDLE[]){0}, FALSE, 0));
  OBSERVE_DWORD("multiple.process", WaitForMultipleObjects(2, (HANDLE[]){GetCurrentProcess(), event}, FALSE, 0));
  OBSERVE_DWORD("multiple.thread", WaitForMultipleObjects(2, (HANDLE[]){GetCurrentThread(), event}, FALSE, 0));
}

static void suspended(void) {
  object = CreateEventA(0, FALSE, FALSE, 0);
  order = 0;
  served[0] = served[1] = 0;
  HANDLE thread = begin(waits, 0);
  OBSERVE("suspended.suspend", SuspendThread(thread));
  Sleep(30);
  OBSERVE("suspended.resume", ResumeThread(thread));
  SetEvent(object);
  OBSERVE("suspended.result", end(thread));
  /* The end of a handle ends no wait. */
  HANDLE twin;
  DuplicateHandle(GetCurrentProcess(), object, GetCurrentProcess(), &twin, 0, FALSE, DUPLICATE_SAME_ACCESS);
  thread = begin(waits, 0);
  OBSERVE_BOOL("closed.meanwhile", CloseHandle(object));
  SetEvent(twin);
  OBSERVE("closed.result", end(thread));
  /* A thread that is terminated takes nothing. */
  object = twin;
  thread = begin(waits, 0);
  TerminateThread(thread, 5);
  WaitForSingleObject(thread, INFINITE);
  SetEvent(object);
  OBSERVE_DWORD("terminated.took-nothing", WaitForSingleObject(object, 0));
}

static HANDLE ping, pong;
static volatile int rounds;
static DWORD WINAPI answers(void *unused) {
  for (int i = 0; i < 50; i++) {
    if (SignalObjectAndWait(pong, ping, 5000, FALSE) != WAIT_OBJECT_0) return 1;
    rounds++;
  }
  return 0;
}

static void signal_and_wait(void) {
  ping = CreateEventA(0, FALSE, FALSE, 0), pong = CreateEventA(0, FALSE, FALSE, 0);
  HANDLE thread = CreateThread(0, 0, answers, 0, 0, 0);
  WaitForSingleObject(pong, INFINITE);
  for (int i = 0; i < 49; i++) SignalObjectAndWait(ping, pong, 5000, FALSE);
  SetEvent(ping);
  OBSERVE("signal.ping-pong", end(thread));
  OBSERVE("signal.rounds", rounds);
  OBSERVE_DWORD("signal.times-out", SignalObjectAndWait(ping, pong, 10, FALSE));
  OBSERVE_DWORD("signal.and-signals", WaitForSingleObject(ping, 0));
  OBSERVE_DWORD("signal.itself", SignalObjectAndWait(ping, ping, 0, FALSE));
  HANDLE mutex = CreateMutexA(0, TRUE, 0), semaphore = CreateSemaphoreA(0, 1, 1, 0);
  OBSERVE_DWORD("signal.mutex", SignalObjectAndWait(mutex, pong, 0, FALSE));
  OBSERVE_DWORD("signal.mutex-not-owned", SignalObjectAndWait(mutex, pong, 0, FALSE));
  OBSERVE_DWORD("signal.semaphore-full", SignalObjectAndWait(semaphore, pong, 0, FALSE));
  OBSERVE_DWORD("signal.semaphore-taken", SignalObjectAndWait(ping, semaphore, 0, FALSE));
  OBSERVE_DWORD("signal.semaphore", SignalObjectAndWait(semaphore, ping, 0, FALSE));
  OBSERVE_DWORD("signal.thread", SignalObjectAndWait(GetCurrentThread(), pong, 0, FALSE));
  OBSERVE_DWORD("signal.bad", SignalObjectAndWait((HANDLE)0x7770, pong, 0, FALSE));
  OBSERVE_DWORD("signal.wait-bad", SignalObjectAndWait(ping, (HANDLE)0x7770, 0, FALSE));
  OBSERVE_DWORD("signal.not-where-the-wait-is-bad", WaitForSingleObject(ping, 0));
}

int main(void) {
  handed_over();
  in_line();
  pulses();
  all_of_them();
  suspended();
  signal_and_wait();
  return 0;
}
