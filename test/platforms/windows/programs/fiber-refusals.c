/* What ConvertThreadToFiberEx and its kin refuse. */
#include <stdio.h>
#include <windows.h>

static VOID CALLBACK run(LPVOID parameter) { (void)parameter; }

int main(void) {
  BOOL back = ConvertFiberToThread();
  printf("not a fiber %d %lu\n", back, GetLastError());
  LPVOID fiber = ConvertThreadToFiberEx(0, 2);
  printf("unknown flag %d %lu\n", fiber != 0, GetLastError());
  fiber = CreateFiberEx(0, 0, 4, run, 0);
  printf("unknown flag of a new one %d %lu\n", fiber != 0, GetLastError());
  printf("a fiber %d\n", ConvertThreadToFiber(0) != 0);
  fiber = ConvertThreadToFiber(0);
  printf("twice %d %lu\n", fiber != 0, GetLastError());
  printf("a fiber no longer %d\n", ConvertFiberToThread() && !IsThreadAFiber());
  return 0;
}
