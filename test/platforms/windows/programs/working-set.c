/* How much VirtualLock may lock: the minimum working set but for some pages; and sections that count towards the commit limit. */
#include <stdio.h>
#include <windows.h>

#define PAGE 4096

static void show(const char *what, BOOL result) {
  DWORD error = result ? 0 : GetLastError();
  printf("%s %d %lu\n", what, result, error);
}

int main(void) {
  HANDLE self = GetCurrentProcess();
  SIZE_T least = 0, most = 0;
  char *pages = VirtualAlloc(0, 200 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  show("get", GetProcessWorkingSetSize(self, &least, &most));
  printf("%lu to %lu\n", (unsigned long)(least / PAGE), (unsigned long)(most / PAGE));
  show("lock", VirtualLock(pages, 42 * PAGE));
  show("again", VirtualLock(pages, 42 * PAGE));
  show("one more", VirtualLock(pages + 42 * PAGE, PAGE));
  show("unlock", VirtualUnlock(pages, PAGE));
  show("another", VirtualLock(pages + 42 * PAGE, PAGE));
  show("set", SetProcessWorkingSetSize(self, 150 * PAGE, 345 * PAGE));
  show("all of it", VirtualLock(pages, 142 * PAGE));
  show("too much", VirtualLock(pages, 143 * PAGE));
  show("decommit", VirtualFree(pages, 142 * PAGE, MEM_DECOMMIT));
  show("unlock none", VirtualUnlock(pages, PAGE));
  VirtualAlloc(pages, 142 * PAGE, MEM_COMMIT, PAGE_READWRITE);
  show("others", VirtualLock(pages + 50 * PAGE, 142 * PAGE));
  show("least above most", SetProcessWorkingSetSize(self, 346 * PAGE, 345 * PAGE));
  show("trim", SetProcessWorkingSetSize(self, (SIZE_T)-1, (SIZE_T)-1));
  show("of a thread", SetProcessWorkingSetSize(GetCurrentThread(), 100 * PAGE, 345 * PAGE));

  /* Until there is no more. */
  HANDLE sections[64];
  DWORD count = 0, error = 0;
  for (; count < 64; count++) {
    sections[count] = CreateFileMapping(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE, 0, 64 << 20, 0);
    error = GetLastError();
    if (!sections[count]) break;
  }
  printf("sections end before 64: %d, %lu\n", count > 0 && count < 64, error);
  show("memory beside", VirtualAlloc(0, 64 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) != 0);
  HANDLE reserved = CreateFileMapping(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE | SEC_RESERVE, 0, 128 << 20, 0);
  show("a reserved one", reserved != 0);
  char *view = MapViewOfFile(reserved, FILE_MAP_WRITE, 0, 0, 0);
  show("its view", view != 0);
  show("committed", VirtualAlloc(view, 64 << 20, MEM_COMMIT, PAGE_READWRITE) != 0);
  CloseHandle(sections[0]);
  show("after one has gone", VirtualAlloc(view, 64 << 20, MEM_COMMIT, PAGE_READWRITE) != 0);
  return 0;
}
