/* VirtualAlloc and its kin as a program sees them. */
#include "win32.h"
#define RESERVE 0x2000
#define COMMIT 0x1000
static void error(const char *name, ULONG_PTR result) {
  show(name, result ? 0 : GetLastError());
}
void start(void) {
  SYSTEM_INFO si;
  GetSystemInfo(&si);
  show("page", si.PageSize);
  show("granularity", si.Granularity);
  show("minimum", (ULONG_PTR)si.Minimum);
  show("maximum", (ULONG_PTR)si.Maximum);
  show("architecture", si.Architecture);
  char *r = VirtualAlloc(0, 0x5000, RESERVE, 1);
  show("unit", (ULONG_PTR)r & 0xffff);
  char *c = VirtualAlloc(r + 0x1001, 0x1000, COMMIT, 4);
  show("commit", c - r);
  MEMORY_BASIC_INFORMATION m;
  show("query", VirtualQuery(r + 0x1fff, &m, sizeof m) == sizeof m);
  show("base", (char *)m.BaseAddress - r);
  show("allocation", (char *)m.AllocationBase - r);
  show("allocationprotect", m.AllocationProtect);
  show("size", m.RegionSize);
  show("state", m.State);
  show("protect", m.Protect);
  show("type", m.Type);
  show("zero", c[0x1800]);
  c[0x1800] = 9;
  DWORD old = 0;
  error("protect-reserved", VirtualProtect(r, 0x2000, 2, &old));
  error("protect-null", VirtualProtect(c, 0x1000, 2, 0));
  error("protect-ok", VirtualProtect(c, 0x2000, 2, &old));
  show("old", old);
  error("release-size", VirtualFree(r, 1, 0x8000));
  error("release-inside", VirtualFree(r + 0x1000, 0, 0x8000));
  error("decommit", VirtualFree(c, 0x2000, 0x4000));
  VirtualAlloc(c, 0x2000, COMMIT, 4);
  show("zero-again", c[0x1800]);
  error("query-kernel", VirtualQuery((void *)-1, &m, sizeof m));
  error("query-short", VirtualQuery(r, &m, sizeof m - 1));
  error("write-protected-buffer", WriteFile(GetStdHandle((DWORD)-11), r, 1, &old, 0));
  error("release", VirtualFree(r, 0, 0x8000));
  error("free-again", VirtualFree(r, 0, 0x8000));
  VirtualQuery(r, &m, sizeof m);
  show("free", m.State);
  VirtualQuery((void *)start, &m, sizeof m);
  show("image", m.Type);
  show("code", m.Protect);
  VirtualQuery(&m, &m, sizeof m);
  show("stackbase", (ULONG_PTR)m.AllocationBase == TEB_WORD(0xe0c, 0x1478));
  show("stacklimit", (ULONG_PTR)m.BaseAddress >= TEB_WORD(8, 0x10));
  VirtualQuery((char *)TEB_WORD(8, 0x10) - 1, &m, sizeof m);
  show("guard", m.Protect);
  void *h = HeapAlloc(GetProcessHeap(), 8, 100);
  show("heapsize", HeapSize(GetProcessHeap(), 0, h));
  show("heapalign", (ULONG_PTR)h % (2 * sizeof(void *)));
  show("heapfree", HeapFree(GetProcessHeap(), 0, h));
  ExitProcess(3);
}
