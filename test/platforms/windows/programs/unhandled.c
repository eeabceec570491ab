/* The filter of unhandled exceptions: what its answers do, on threads and fibers, and which blocks have run when the process ends. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#define NI __attribute__((noinline))
static LONG answer;
static int asked;

static void say(const char *what) {
  printf("%s\n", what);
  fflush(stdout);
}

static LONG WINAPI filter(EXCEPTION_POINTERS *pointers) {
  asked++;
  say(pointers->ExceptionRecord->ExceptionCode == 0xE0000003 ? "filter" : "filter of another");
  if (asked == 1 && answer == 5) *(volatile int *)0 = 1;
  return answer == 5 ? EXCEPTION_EXECUTE_HANDLER : answer;
}

static NI void raise(void) { RaiseException(0xE0000003, 0, 0, 0); }

static NI void with_final_block(void) {
  __try {
    raise();
    say("on");
  } __finally {
    say(AbnormalTermination() ? "left" : "done");
  }
}

static DWORD WINAPI thread(void *unused) {
  with_final_block();
  return 4;
}

static VOID WINAPI fiber(void *main) {
  with_final_block();
  SwitchToFiber(main);
}

int main(int count, char **arguments) {
  DWORD code = 0;
  if (count != 3) return 1;
  answer = atoi(arguments[2]);
  SetUnhandledExceptionFilter(filter);
  if (arguments[1][0] == 'm') with_final_block();
  if (arguments[1][0] == 't') {
    HANDLE made = CreateThread(0, 0, thread, 0, 0, 0);
    WaitForSingleObject(made, INFINITE);
    GetExitCodeThread(made, &code);
  }
  if (arguments[1][0] == 'f') {
    ConvertThreadToFiber(0);
    SwitchToFiber(CreateFiber(0, fiber, GetCurrentFiber()));
  }
  printf("end %lu\n", code);
  return 0;
}
