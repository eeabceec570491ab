/* On one processor the thread with the highest priority runs, whatever the seed; background mode is below all but idle. */
#include <stdio.h>
#include <windows.h>

static volatile int order, when[3], ran;
static HANDLE event;

static DWORD WINAPI works(void *number) {
  for (volatile int i = 0; i < 20000; i++) continue;
  when[(LONG_PTR)number] = ++order;
  return 0;
}

static DWORD WINAPI waits(void *number) {
  WaitForSingleObject(event, INFINITE);
  when[(LONG_PTR)number] = ++order;
  return 0;
}

static DWORD WINAPI runs(void *unused) {
  ran = 1;
  return 0;
}

static HANDLE start(LPTHREAD_START_ROUTINE routine, LONG_PTR number, int priority) {
  HANDLE thread = CreateThread(0, 0, routine, (void *)number, CREATE_SUSPENDED, 0);
  SetThreadPriority(thread, priority);
  ResumeThread(thread);
  return thread;
}

static void spin(int times) {
  for (volatile int i = 0; i < times; i++) continue;
}

static void refused(const char *what, BOOL result) { printf("%s %d %lu\n", what, result, GetLastError()); }

int main(void) {
  HANDLE self = GetCurrentThread(), threads[3];
  SetThreadPriority(self, THREAD_PRIORITY_TIME_CRITICAL);
  threads[0] = start(works, 0, THREAD_PRIORITY_LOWEST);
  threads[1] = start(works, 1, THREAD_PRIORITY_HIGHEST);
  threads[2] = start(works, 2, THREAD_PRIORITY_NORMAL);
  WaitForMultipleObjects(3, threads, TRUE, INFINITE);
  printf("lowest %d, highest %d, normal %d\n", when[0], when[1], when[2]);

  SetThreadPriority(self, THREAD_PRIORITY_NORMAL);
  event = CreateEvent(0, FALSE, FALSE, 0);
  order = 0;
  threads[0] = start(waits, 0, THREAD_PRIORITY_ABOVE_NORMAL);
  SetEvent(event);
  printf("woken %d, before who wakes it %d\n", when[0], ++order);

  threads[1] = start(runs, 0, THREAD_PRIORITY_IDLE);
  spin(50000);
  printf("an idle one while another runs: %d\n", ran);
  SwitchToThread();
  while (!ran) SwitchToThread();
  printf("and when that lets it: %d\n", ran);

  ran = 0;
  start(runs, 0, THREAD_PRIORITY_LOWEST);
  spin(50000);
  printf("lowest: %d\n", ran);
  printf("background %d", SetThreadPriority(self, THREAD_MODE_BACKGROUND_BEGIN));
  spin(50000);
  printf(", and then %d\n", ran);
  printf("priority in it %d\n", GetThreadPriority(self));
  refused("again", SetThreadPriority(self, THREAD_MODE_BACKGROUND_BEGIN));
  printf("end %d\n", SetThreadPriority(self, THREAD_MODE_BACKGROUND_END));
  refused("end again", SetThreadPriority(self, THREAD_MODE_BACKGROUND_END));
  refused("of another", SetThreadPriority(threads[0], THREAD_MODE_BACKGROUND_BEGIN));
  return 0;
}
