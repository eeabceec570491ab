//! platforms: w3i6mv w3i3mv=w3i6mv
/* Memory that has several addresses: CreateFileMapping without a file, views, their protections and errors. */
#include "last-error.h"
#define PAGE 4096
#define UNIT 65536


static void query(const char *name, const void *address) {
  MEMORY_BASIC_INFORMATION m;
  VirtualQuery(address, &m, sizeof m);
  observe_text(name);
  observe_number((char *)m.BaseAddress - (char *)address), observe_number(m.AllocationProtect), observe_number(m.RegionSize);
  observe_number(m.State), observe_number(m.Protect), observe_number(m.Type), observe_end();
}

int main(void) {
  DWORD old;
  HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE, 0, 3 * UNIT, 0);
  OBSERVE("create", section != 0);
  volatile char *a = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0), *b = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 2 * PAGE + 1);
  OBSERVE("map", a != 0 && b != 0 && a != b);
  query("query.all", (void *)a);
  query("query.read", (void *)b);
  query("query.inside", (void *)(b + PAGE));
  OBSERVE("zero", a[5]);
  a[5] = 42, a[PAGE] = 43;
  OBSERVE2("alias", b[5], b[PAGE]);
  volatile char *c = MapViewOfFile(section, FILE_MAP_WRITE, 0, UNIT, 0);
  c[0] = 44;
  OBSERVE("alias.offset", a[UNIT]);
  query("query.offset", (void *)c);
  volatile char *d = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
  query("copy.query-before", (void *)d);
  OBSERVE("copy.reads", d[5]);
  a[5] = 50;
  OBSERVE("copy.sees-changes", d[5]);
  d[6] = 7;
  query("copy.query-after", (void *)d);
  a[5] = 51;
  OBSERVE2("copy.is-apart", d[5], a[6]);
  OBSERVE("copy.other-page", d[PAGE]);
  OBSERVE_BOOL("protect", VirtualProtect((void *)a, PAGE, PAGE_READONLY, &old));
  OBSERVE("protect.old", old);
  query("protect.query", (void *)a);
  c[1] = 9;
  OBSERVE_BOOL("protect.back", VirtualProtect((void *)a, PAGE, PAGE_READWRITE, &old));
  OBSERVE_BOOL("protect.read-to-write", VirtualProtect((void *)b, PAGE, PAGE_READWRITE, &old));
  OBSERVE_BOOL("free", VirtualFree((void *)a, 0, MEM_RELEASE));
  OBSERVE_BOOL("decommit", VirtualFree((void *)a, PAGE, MEM_DECOMMIT));
  OBSERVE_BOOL("unmap", UnmapViewOfFile((void *)b));
  query("unmap.query", (void *)b);
  OBSERVE_BOOL("unmap.again", UnmapViewOfFile((void *)b));
  OBSERVE_BOOL("unmap.0", UnmapViewOfFile(0));
  char *private = VirtualAlloc(0, PAGE, MEM_COMMIT, PAGE_READWRITE);
  OBSERVE_BOOL("unmap.private", UnmapViewOfFile(private));
  OBSERVE_BOOL("flush", FlushViewOfFile((void *)a, 0));
  OBSERVE_BOOL("map.offset-odd", MapViewOfFile(section, FILE_MAP_READ, 0, PAGE, 0));
  OBSERVE_BOOL("map.beyond", MapViewOfFile(section, FILE_MAP_READ, 0, 0, 4 * UNIT));
  OBSERVE_BOOL("map.offset-beyond", MapViewOfFile(section, FILE_MAP_READ, 0, 4 * UNIT, 0));
  OBSERVE_BOOL("map.bad-handle", MapViewOfFile((HANDLE)0x7770, FILE_MAP_READ, 0, 0, 0));
  OBSERVE_BOOL("map.event", MapViewOfFile(CreateEventA(0, 0, 0, 0), FILE_MAP_READ, 0, 0, 0));
  OBSERVE_BOOL("map.at-taken", MapViewOfFileEx(section, FILE_MAP_READ, 0, 0, 0, (void *)a));
  OBSERVE_BOOL("map.at-odd", MapViewOfFileEx(section, FILE_MAP_READ, 0, 0, 0, (void *)(a + PAGE)));
  OBSERVE("map.at", MapViewOfFileEx(section, FILE_MAP_READ, 0, 0, PAGE, (void *)b) == (void *)b);
  OBSERVE_BOOL("close", CloseHandle(section));
  OBSERVE("close.view-lives", a[5]);
  HANDLE reading = CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READONLY, 0, PAGE, 0);
  OBSERVE_BOOL("readonly.write", MapViewOfFile(reading, FILE_MAP_WRITE, 0, 0, 0));
  OBSERVE("readonly.read", MapViewOfFile(reading, FILE_MAP_READ, 0, 0, 0) != 0);
  OBSERVE_BOOL("create.size-0", CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE, 0, 0, 0));
  OBSERVE_BOOL("create.protect-0", CreateFileMappingA(INVALID_HANDLE_VALUE, 0, 0x77, 0, PAGE, 0));
  OBSERVE_BOOL("create.noaccess", CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_NOACCESS, 0, PAGE, 0));
  OBSERVE_BOOL("create.bad-file", CreateFileMappingA((HANDLE)0x7770, 0, PAGE_READWRITE, 0, PAGE, 0));
  HANDLE named = CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE, 0, PAGE, "mpsemu-section"), again;
  OBSERVE("named", named != 0);
  SetLastError(0);
  again = CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE, 0, PAGE, "mpsemu-section");
  OBSERVE2("named.again", again != 0, GetLastError());
  volatile char *n1 = MapViewOfFile(named, FILE_MAP_WRITE, 0, 0, 0), *n2 = MapViewOfFile(again, FILE_MAP_WRITE, 0, 0, 0);
  n1[9] = 3;
  OBSERVE("named.alias", n2[9]);
  OBSERVE_BOOL("named.open", again = OpenFileMappingA(FILE_MAP_READ, 0, "mpsemu-section"));
  OBSERVE_BOOL("named.open-write", MapViewOfFile(again, FILE_MAP_WRITE, 0, 0, 0));
  OBSERVE_BOOL("named.none", OpenFileMappingA(FILE_MAP_READ, 0, "mpsemu-no-section"));
  OBSERVE_BOOL("event-of-that-name", CreateEventA(0, 0, 0, "mpsemu-section"));
  return 0;
}
