/* Threads one after another, and as many at once as there are: "one" or "all". */
#include <stdio.h>
#ifdef _WIN32
#include <windows.h>
typedef HANDLE thread;
static HANDLE go;
static DWORD WINAPI run(void *wait) { return wait ? WaitForSingleObject(go, INFINITE) : 0; }
static int start(thread *t, void *wait) {
  *t = CreateThread(0, 65536, run, wait, 0x10000, 0);
  return *t ? 0 : (int)GetLastError();
}
static void join(thread t) { WaitForSingleObject(t, INFINITE), CloseHandle(t); }
#else
#include <pthread.h>
typedef pthread_t thread;
static pthread_mutex_t go = PTHREAD_MUTEX_INITIALIZER;
static void *run(void *wait) {
  if (wait) pthread_mutex_lock(&go), pthread_mutex_unlock(&go);
  return 0;
}
static pthread_attr_t small;
static int start(thread *t, void *wait) { return pthread_create(t, &small, run, wait); }
static void join(thread t) { pthread_join(t, 0); }
#endif
static thread all[20000];

int main(int argc, char **argv) {
  int n = 0, error = 0;
#ifdef _WIN32
  go = CreateEventA(0, TRUE, FALSE, 0);
#else
  pthread_attr_init(&small), pthread_attr_setstacksize(&small, 131072);
  pthread_mutex_lock(&go);
#endif
  if (argv[1][0] == 'o') {
    for (; n < 3000 && !(error = start(&all[0], 0)); n++) join(all[0]);
    printf("%d, error %d\n", n, error);
    return 0;
  }
  while (n < 20000 && !(error = start(&all[n], &go))) n++;
#ifdef _WIN32
  SetEvent(go);
#else
  pthread_mutex_unlock(&go);
#endif
  for (int i = 0; i < n; i++) join(all[i]);
  printf("%s, error %d\n", n > 100 ? "many" : "few", error);
  return 0;
}
