/* GetLastError and SetLastError: what failing calls leave there. */
#include "observe.h"

#define REFUSED(name, call) \
  do { \
    SetLastError(1234); \
    long long result_ = (long long)(call); \
    unsigned long error_ = GetLastError(); \
    OBSERVE2(name, result_ != 0, error_); \
  } while (0)

int main(void) {
  REFUSED("virtualalloc.size-0", VirtualAlloc(0, 0, MEM_RESERVE, PAGE_READWRITE));
  REFUSED("virtualalloc.no-type", VirtualAlloc(0, 4096, 0, PAGE_READWRITE));
  REFUSED("closehandle.null", CloseHandle(0));
  return 0;
}
