//! platforms: w3i6mv w3i3mv=w3i6mv
/* Waitable timers: due times, periods, resets, completion routines, rights and names. */
#include "last-error.h"

static int calls;
static LPVOID told;
static FILETIME at;
static VOID CALLBACK routine(LPVOID argument, DWORD low, DWORD high) {
  calls++;
  told = argument;
  at.dwLowDateTime = low, at.dwHighDateTime = high;
}
static VOID NTAPI apc(ULONG_PTR data) { calls += (int)data; }

static LARGE_INTEGER in(LONGLONG milliseconds) { return (LARGE_INTEGER){.QuadPart = -10000 * milliseconds}; }

static ULONGLONG now(void) {
  FILETIME time;
  GetSystemTimeAsFileTime(&time);
  return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static void states(void) {
  LARGE_INTEGER due;
  HANDLE automatic = CreateWaitableTimerA(0, FALSE, 0), manual = CreateWaitableTimerA(0, TRUE, 0);
  OBSERVE_DWORD("new", WaitForSingleObject(automatic, 0));
  due = in(20);
  OBSERVE_BOOL("set", SetWaitableTimer(automatic, &due, 0, 0, 0, FALSE));
  OBSERVE_DWORD("early", WaitForSingleObject(automatic, 0));
  OBSERVE_DWORD("due", WaitForSingleObject(automatic, 2000));
  OBSERVE_DWORD("once", WaitForSingleObject(automatic, 60));
  OBSERVE_BOOL("manual.set", SetWaitableTimer(manual, &due, 0, 0, 0, FALSE));
  OBSERVE_DWORD("manual.due", WaitForSingleObject(manual, 2000));
  OBSERVE_DWORD("manual.stays", WaitForSingleObject(manual, 0));
  due = in(1000);
  SetWaitableTimer(manual, &due, 0, 0, 0, FALSE);
  OBSERVE_DWORD("manual.set-again", WaitForSingleObject(manual, 0));
  OBSERVE_BOOL("manual.cancel", CancelWaitableTimer(manual));
  OBSERVE_BOOL("manual.cancel-again", CancelWaitableTimer(manual));
  OBSERVE_DWORD("manual.cancelled", WaitForSingleObject(manual, 0));
  due.QuadPart = 0;
  SetWaitableTimer(manual, &due, 0, 0, 0, FALSE);
  OBSERVE_DWORD("at-0", WaitForSingleObject(manual, 100));
  CancelWaitableTimer(manual);
  OBSERVE_DWORD("cancel-keeps-the-state", WaitForSingleObject(manual, 0));
  due.QuadPart = now() + 30 * 10000;
  SetWaitableTimer(manual, &due, 0, 0, 0, FALSE);
  OBSERVE_DWORD("absolute.early", WaitForSingleObject(manual, 0));
  OBSERVE_DWORD("absolute.due", WaitForSingleObject(manual, 2000));
  due = in(20);
  SetWaitableTimer(automatic, &due, 20, 0, 0, FALSE);
  int seen = 0;
  for (int i = 0; i < 4; i++) seen += WaitForSingleObject(automatic, 2000) == WAIT_OBJECT_0;
  OBSERVE("period.four-times", seen);
  OBSERVE_BOOL("period.cancel", CancelWaitableTimer(automatic));
  OBSERVE_DWORD("period.cancelled", WaitForSingleObject(automatic, 50));
  OBSERVE_BOOL("period.negative", SetWaitableTimer(automatic, &due, -1, 0, 0, FALSE));
  HANDLE either[2] = {CreateEventA(0, 0, 0, 0), automatic};
  SetWaitableTimer(automatic, &due, 0, 0, 0, FALSE);
  OBSERVE_DWORD("among-others", WaitForMultipleObjects(2, either, FALSE, 2000));
  CloseHandle(automatic), CloseHandle(manual);
  OBSERVE_BOOL("closed", SetWaitableTimer(automatic, &due, 0, 0, 0, FALSE));
}

static void routines(void) {
  LARGE_INTEGER due = in(10);
  HANDLE timer = CreateWaitableTimerA(0, TRUE, 0);
  SetWaitableTimer(timer, &due, 0, routine, (LPVOID)0x1234, FALSE);
  Sleep(40);
  OBSERVE("routine.not-in-a-plain-sleep", calls);
  OBSERVE_DWORD("routine.alertable", SleepEx(0, TRUE));
  OBSERVE2("routine.called", calls, (LONG_PTR)told);
  ULONGLONG time = (ULONGLONG)at.dwHighDateTime << 32 | at.dwLowDateTime;
  OBSERVE("routine.at", now() - time < 2000 * 10000ull);
  SetWaitableTimer(timer, &due, 0, routine, 0, FALSE);
  OBSERVE_DWORD("routine.ends-a-sleep", SleepEx(2000, TRUE));
  SetWaitableTimer(timer, &due, 0, routine, 0, FALSE);
  OBSERVE_DWORD("routine.ends-a-wait", WaitForSingleObjectEx(CreateEventA(0, 0, 0, 0), 2000, TRUE));
  OBSERVE("routine.calls", calls);
  SetWaitableTimer(timer, &due, 10, routine, 0, FALSE);
  Sleep(100);
  calls = 0;
  SleepEx(0, TRUE);
  OBSERVE("routine.once-for-many-periods", calls);
  CancelWaitableTimer(timer);
  SleepEx(0, TRUE);
  calls = 0;
  SetWaitableTimer(timer, &due, 0, routine, 0, FALSE);
  Sleep(30);
  CancelWaitableTimer(timer);
  OBSERVE_DWORD("routine.cancelled", SleepEx(0, TRUE));
  SetWaitableTimer(timer, &due, 0, routine, 0, FALSE);
  Sleep(30);
  due = in(10000);
  SetWaitableTimer(timer, &due, 0, routine, 0, FALSE);
  OBSERVE_DWORD("routine.set-again", SleepEx(0, TRUE));
  OBSERVE("routine.none", calls);
  due = in(0);
  SetWaitableTimer(timer, &due, 0, routine, 0, FALSE);
  Sleep(20);
  QueueUserAPC(apc, GetCurrentThread(), 100);
  OBSERVE_DWORD("routine.before-a-later-apc", SleepEx(0, TRUE));
  OBSERVE("routine.both", calls);
}

static void names(void) {
  LARGE_INTEGER due = in(10000);
  OBSERVE_ERROR("name.first", CreateWaitableTimerA(0, TRUE, "mpsemu-timer") != 0);
  OBSERVE_ERROR("name.second", CreateWaitableTimerA(0, TRUE, "mpsemu-timer") != 0);
  OBSERVE_BOOL("name.open", OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "mpsemu-timer"));
  OBSERVE_BOOL("name.open-missing", OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "mpsemu-other"));
  OBSERVE_BOOL("name.open-event", OpenEventA(EVENT_ALL_ACCESS, FALSE, "mpsemu-timer"));
  OBSERVE_BOOL("name.event", CreateEventA(0, 0, 0, "mpsemu-timer"));
  HANDLE waits = OpenWaitableTimerA(SYNCHRONIZE, FALSE, "mpsemu-timer"), sets = OpenWaitableTimerA(TIMER_MODIFY_STATE, FALSE, "mpsemu-timer");
  OBSERVE_BOOL("right.waits-sets", SetWaitableTimer(waits, &due, 0, 0, 0, FALSE));
  OBSERVE_BOOL("right.waits-cancels", CancelWaitableTimer(waits));
  OBSERVE_DWORD("right.waits-waits", WaitForSingleObject(waits, 0));
  OBSERVE_BOOL("right.sets-sets", SetWaitableTimer(sets, &due, 0, 0, 0, FALSE));
  OBSERVE_DWORD("right.sets-waits", WaitForSingleObject(sets, 0));
  OBSERVE_BOOL("not-a-timer", SetWaitableTimer(CreateEventA(0, 0, 0, 0), &due, 0, 0, 0, FALSE));
  OBSERVE_BOOL("bad-due", SetWaitableTimer(sets, (LARGE_INTEGER *)16, 0, 0, 0, FALSE));
  OBSERVE_BOOL("flags", CreateWaitableTimerExA(0, 0, 0x80, TIMER_ALL_ACCESS));
  HANDLE manual = CreateWaitableTimerExA(0, 0, CREATE_WAITABLE_TIMER_MANUAL_RESET, TIMER_ALL_ACCESS);
  due = in(0);
  SetWaitableTimer(manual, &due, 0, 0, 0, FALSE);
  WaitForSingleObject(manual, 100);
  OBSERVE_DWORD("ex.manual", WaitForSingleObject(manual, 0));
}

int main(void) {
  states();
  routines();
  names();
  return 0;
}
