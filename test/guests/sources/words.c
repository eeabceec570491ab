/* Words that the operating system only passes on come out as they went in: each is printed where it arrives. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static const uint64_t wide[] = {
  0xffffffffffffffffu, 0xdeadbeefcafef00du, 0x7ff8000000000001u, 0xfffe000000000003u, 0x8000000000000001u, 0x0020000000000001u, 5,
};
#define COUNT (sizeof wide / sizeof wide[0])

static void show(const char *where, uintptr_t word) {
  uint64_t all = word;
  printf("%s %08x%08x\n", where, (unsigned)(all >> 32), (unsigned)all);
  fflush(stdout);
}

#ifdef _WIN32
#include <process.h>
#include <windows.h>

static DWORD slot;

static DWORD WINAPI created(void *argument) {
  show("argument", (uintptr_t)argument);
  return (DWORD)(uintptr_t)argument;
}

static unsigned __stdcall begun(void *argument) {
  show("begun", (uintptr_t)argument);
  return 0;
}

static LONG NTAPI handler(EXCEPTION_POINTERS *pointers) {
  const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
  DWORD i;
  for (i = 0; i < record->NumberParameters; ++i) show("information", record->ExceptionInformation[i]);
  return EXCEPTION_CONTINUE_EXECUTION;
}

static BOOL CALLBACK initialise(INIT_ONCE *once, void *parameter, void **context) {
  (void)once;
  show("once", (uintptr_t)parameter);
  *context = (void *)((uintptr_t)parameter & ~(uintptr_t)3);
  return TRUE;
}

static void pass(uintptr_t word) {
  HANDLE thread = CreateThread(NULL, 0, created, (void *)word, 0, NULL);
  DWORD code = 0;
  INIT_ONCE once = INIT_ONCE_STATIC_INIT;
  void *context = NULL;
  ULONG_PTR information[2];
  WaitForSingleObject(thread, INFINITE);
  GetExitCodeThread(thread, &code);
  show("code", code);
  thread = (HANDLE)_beginthreadex(NULL, 0, begun, (void *)word, 0, NULL);
  WaitForSingleObject(thread, INFINITE);
  TlsSetValue(slot, (void *)word);
  show("specific", (uintptr_t)TlsGetValue(slot));
  InitOnceExecuteOnce(&once, initialise, (void *)word, &context);
  show("context", (uintptr_t)context);
  information[0] = 0;
  information[1] = word;
  RaiseException(0xe0000001, 0, 2, information);
}

int main(void) {
  unsigned i;
  slot = TlsAlloc();
  AddVectoredExceptionHandler(1, handler);
  for (i = 0; i < COUNT; ++i) pass((uintptr_t)wide[i]);
  return 0;
}
#else
#include <pthread.h>

extern int __cxa_atexit(void (*function)(void *), void *argument, void *module);

static pthread_key_t key;

static void at_exit(void *argument) { show("atexit", (uintptr_t)argument); }
static void destroy(void *value) { show("destructor", (uintptr_t)value); }

static void *returning(void *argument) {
  show("argument", (uintptr_t)argument);
  return argument;
}

static void *leaving(void *argument) {
  pthread_setspecific(key, argument);
  show("specific", (uintptr_t)pthread_getspecific(key));
  pthread_exit(argument);
}

static void pass(uintptr_t word) {
  pthread_t thread;
  void *result = NULL;
  pthread_create(&thread, NULL, returning, (void *)word);
  pthread_join(thread, &result);
  show("result", (uintptr_t)result);
  pthread_create(&thread, NULL, leaving, (void *)word);
  pthread_join(thread, &result);
  show("exit", (uintptr_t)result);
}

int main(void) {
  unsigned i;
  pthread_key_create(&key, destroy);
  for (i = COUNT; i-- > 0;) __cxa_atexit(at_exit, (void *)(uintptr_t)wide[i], NULL);
  for (i = 0; i < COUNT; ++i) pass((uintptr_t)wide[i]);
  return 0;
}
#endif
