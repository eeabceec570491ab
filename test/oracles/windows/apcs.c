//! platforms: w3i6mv w3i3mv=w3i6mv
/* Asynchronous procedure calls: when they run, and what the wait that they end returns. */
#include "last-error.h"

static int order[16], count;
static HANDLE event, started;

static VOID NTAPI note(ULONG_PTR data) { order[count++] = (int)data; }
static VOID NTAPI note_and_queue(ULONG_PTR data) {
  order[count++] = (int)data;
  QueueUserAPC(note, GetCurrentThread(), data + 1);
}
static VOID NTAPI wait_inside(ULONG_PTR data) {
  order[count++] = (int)data;
  order[count++] = (int)SleepEx(0, TRUE);
}

static void ran(const char *name) {
  observe_text(name);
  for (int i = 0; i < count; i++) observe_number(order[i]);
  observe_end();
  count = 0;
}

static DWORD WINAPI sleeper(void *parameter) {
  SetEvent(started);
  return SleepEx((DWORD)(ULONG_PTR)parameter, TRUE);
}
static DWORD WINAPI waiter(void *parameter) {
  SetEvent(started);
  return WaitForSingleObjectEx(event, INFINITE, TRUE);
}
static DWORD WINAPI waits_for_two(void *parameter) {
  HANDLE both[2] = {event, CreateEventA(0, 1, 0, 0)};
  SetEvent(started);
  return WaitForMultipleObjectsEx(2, both, TRUE, INFINITE, TRUE);
}
static DWORD WINAPI not_alertable(void *parameter) {
  SetEvent(started);
  WaitForSingleObject(event, INFINITE);
  int before = count;
  SleepEx(0, TRUE);
  return before * 10 + count;
}
static DWORD WINAPI nothing(void *parameter) {
  order[count++] = 100;
  return 5;
}

static DWORD run(LPTHREAD_START_ROUTINE start, ULONG_PTR parameter, int queued) {
  DWORD code;
  HANDLE thread = CreateThread(0, 0, start, (void *)parameter, 0, 0);
  WaitForSingleObject(started, INFINITE);
  Sleep(50);
  for (int i = 0; i < queued; i++) QueueUserAPC(note, thread, i + 1);
  if (start == not_alertable) SetEvent(event);
  WaitForSingleObject(thread, INFINITE);
  GetExitCodeThread(thread, &code);
  CloseHandle(thread);
  return code;
}

int main(void) {
  event = CreateEventA(0, 0, 0, 0);
  started = CreateEventA(0, 0, 0, 0);
  OBSERVE("queue", QueueUserAPC(note, GetCurrentThread(), 1) != 0);
  ran("not-yet");
  OBSERVE("sleep-not-alertable", SleepEx(1, FALSE));
  ran("not-by-sleep");
  OBSERVE("wait-not-alertable", WaitForSingleObject(event, 1));
  ran("not-by-wait");
  OBSERVE("sleep-alertable", SleepEx(1000, TRUE));
  ran("by-sleep");
  OBSERVE("sleep-with-none", SleepEx(1, TRUE));
  for (int i = 0; i < 3; i++) QueueUserAPC(note, GetCurrentThread(), 10 + i);
  OBSERVE("sleep-0", SleepEx(0, TRUE));
  ran("in-order");
  QueueUserAPC(note_and_queue, GetCurrentThread(), 20);
  OBSERVE("sleep-queueing", SleepEx(0, TRUE));
  ran("one-that-queues-another");
  OBSERVE("nothing-left", SleepEx(0, TRUE));
  QueueUserAPC(wait_inside, GetCurrentThread(), 30);
  QueueUserAPC(note, GetCurrentThread(), 31);
  OBSERVE("sleep-nested", SleepEx(0, TRUE));
  ran("nested");
  QueueUserAPC(note, GetCurrentThread(), 40);
  SetEvent(event);
  OBSERVE("wait-on-signalled", WaitForSingleObjectEx(event, 0, TRUE));
  ran("signalled-first");
  OBSERVE("wait-unsignalled", WaitForSingleObjectEx(event, 0, TRUE));
  ran("at-the-next");
  NTSTATUS (NTAPI *test)(void) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtTestAlert");
  OBSERVE("test-alert", test());
  QueueUserAPC(note, GetCurrentThread(), 50);
  OBSERVE("test-alert-with-one", test());
  ran("by-test-alert");
  OBSERVE("thread-sleeping", run(sleeper, INFINITE, 2));
  ran("thread-sleeping.ran");
  OBSERVE("thread-waiting", run(waiter, 0, 1));
  ran("thread-waiting.ran");
  OBSERVE("thread-waiting-for-two", run(waits_for_two, 0, 1));
  ran("thread-waiting-for-two.ran");
  OBSERVE("thread-not-alertable", run(not_alertable, 0, 2));
  ran("thread-not-alertable.ran");
  DWORD code;
  HANDLE thread = CreateThread(0, 0, nothing, 0, CREATE_SUSPENDED, 0);
  OBSERVE("queue-before-start", QueueUserAPC(note, thread, 60) != 0);
  ResumeThread(thread);
  WaitForSingleObject(thread, INFINITE);
  ran("before-start.ran");
  OBSERVE_BOOL("queue-ended", QueueUserAPC(note, thread, 70));
  OBSERVE_BOOL("queue-no-thread", QueueUserAPC(note, event, 70));
  OBSERVE_BOOL("queue-0", QueueUserAPC(note, 0, 70));
  HANDLE poor;
  DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &poor, THREAD_QUERY_INFORMATION, 0, 0);
  OBSERVE_BOOL("queue-without-right", QueueUserAPC(note, poor, 70));
  return 0;
}
