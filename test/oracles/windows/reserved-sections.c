//! platforms: w3i6mv w3i3mv=w3i6mv
/* Sections of the paging file that are only reserved: what VirtualAlloc commits of one view, all views have. */
#include "last-error.h"

#define PAGE 4096
#define UNIT 65536
static LONG fault;
static LONG WINAPI skip(EXCEPTION_POINTERS *pointers) {
  fault++;
#ifdef _WIN64
  pointers->ContextRecord->Rip += 3;
#else
  pointers->ContextRecord->Eip += 3;
#endif
  return EXCEPTION_CONTINUE_EXECUTION;
}

/* One instruction of three bytes reads the byte. */
static int touch(volatile char *place) {
  int value = 0;
  fault = 0;
#ifdef _WIN64
  __asm__ volatile("movzbl (%%rcx), %%eax" : "=a"(value) : "c"(place) : "memory");
#else
  __asm__ volatile("movzbl (%%ecx), %%eax" : "=a"(value) : "c"(place) : "memory");
#endif
  return fault ? -1 : value;
}

static void query(const char *name, volatile char *place) {
  MEMORY_BASIC_INFORMATION is;
  VirtualQuery((void *)place, &is, sizeof is);
  observe_text(name);
  observe_number(is.RegionSize), observe_number(is.State), observe_number(is.Protect), observe_number(is.Type), observe_number(is.AllocationProtect);
  observe_end();
}

int main(void) {
  DWORD old = 0;
  AddVectoredExceptionHandler(1, skip);
  HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE | SEC_RESERVE, 0, 2 * UNIT, 0);
  OBSERVE("create", section != 0);
  volatile char *a = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0), *b = MapViewOfFile(section, FILE_MAP_READ, 0, UNIT, 0);
  query("reserved", a);
  OBSERVE("reserved.touch", touch(a));
  OBSERVE_BOOL("reserved.protect", VirtualProtect((void *)a, PAGE, PAGE_READONLY, &old));
  OBSERVE("commit", VirtualAlloc((void *)(a + UNIT + PAGE), 2 * PAGE, MEM_COMMIT, PAGE_READWRITE) == a + UNIT + PAGE);
  query("committed.before", a);
  query("committed", a + UNIT + PAGE);
  query("committed.other-view", b + PAGE);
  query("committed.other-view-before", b);
  OBSERVE("committed.zero", touch(a + UNIT + PAGE));
  a[UNIT + PAGE] = 7;
  OBSERVE("committed.other-view-reads", touch(b + PAGE));
  OBSERVE("committed.next", touch(a + UNIT + 3 * PAGE));
  OBSERVE("committed.other-view-next", touch(b + 3 * PAGE));
  OBSERVE("committed.again", VirtualAlloc((void *)(a + UNIT + PAGE), PAGE, MEM_COMMIT, PAGE_READWRITE) == a + UNIT + PAGE);
  OBSERVE("committed.keeps", touch(a + UNIT + PAGE));
  OBSERVE_BOOL("committed.protect", VirtualProtect((void *)(a + UNIT + PAGE), PAGE, PAGE_READONLY, &old));
  OBSERVE("committed.protect-old", old);
  query("committed.other-view-keeps-its-own", b + PAGE);
  OBSERVE_BOOL("decommit", VirtualFree((void *)(a + UNIT + PAGE), PAGE, MEM_DECOMMIT));
  OBSERVE_BOOL("reserve-in-view", VirtualAlloc((void *)a, PAGE, MEM_RESERVE, PAGE_READWRITE));
  volatile char *c = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
  OBSERVE("third-view", touch(c + UNIT + PAGE));
  OBSERVE("third-view.reserved", touch(c));
  UnmapViewOfFile((void *)a);
  UnmapViewOfFile((void *)c);
  OBSERVE("unmapped.lives", touch(b + PAGE));
  OBSERVE_BOOL("read-view.commit-write", VirtualAlloc((void *)b, PAGE, MEM_COMMIT, PAGE_READWRITE));
  OBSERVE_BOOL("read-view.commit-read", VirtualAlloc((void *)b, PAGE, MEM_COMMIT, PAGE_READONLY));
  OBSERVE("read-view.committed", touch(b));
  OBSERVE_BOOL("both", CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE | SEC_RESERVE | SEC_COMMIT, 0, UNIT, 0));
  OBSERVE_BOOL("reserve.size-0", CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE | SEC_RESERVE, 0, 0, 0));
  HANDLE committed = CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE | SEC_COMMIT, 0, UNIT, 0);
  a = MapViewOfFile(committed, FILE_MAP_WRITE, 0, 0, 0);
  query("commit-section", a);
  OBSERVE_BOOL("commit-section.commit", VirtualAlloc((void *)a, PAGE, MEM_COMMIT, PAGE_READWRITE));
  OBSERVE_BOOL("image-without-file", CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READONLY | SEC_IMAGE, 0, UNIT, 0));
  OBSERVE_BOOL("unknown-attribute", CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE | 0x2000, 0, UNIT, 0));
  return 0;
}
