//! platforms: w3i6mv w3i3mv=w3i6mv
/* GetWriteWatch and ResetWriteWatch, which collectors use as a write barrier. */
#include "last-error.h"
#define PAGE 4096
#define PAGES 16

static char *base;
static void *addresses[PAGES + 1];
static ULONG_PTR count;
static DWORD granularity;

static void written(const char *name, DWORD flags, SIZE_T room) {
  count = room;
  UINT result = GetWriteWatch(flags, base, PAGES * PAGE, addresses, &count, &granularity);
  observe_text(name);
  observe_number((int)result), observe_number(count);
  for (ULONG_PTR i = 0; i < count; i++) observe_number(((char *)addresses[i] - base) / PAGE);
  observe_end();
}

#define GET(name, flags, start, size, places, room, unit) \
  do { \
    count = room; \
    OBSERVE_DWORD(name, GetWriteWatch(flags, start, size, places, &count, unit)); \
  } while (0)

int main(void) {
  DWORD old;
  SIZE_T size = PAGES * PAGE;
  OBSERVE_BOOL("alloc", base = VirtualAlloc(0, size, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE));
  written("at-first", 0, PAGES);
  OBSERVE("granularity", granularity);
  volatile char c = base[3 * PAGE];
  written("after-reading", 0, PAGES);
  base[PAGE + 1] = 1;
  written("one", 0, PAGES);
  written("one-and-reset", WRITE_WATCH_FLAG_RESET, PAGES);
  written("none-after-reset", 0, PAGES);
  base[PAGE + 2] = 1;
  written("again", 0, PAGES);
  base[5 * PAGE] = 1, base[0] = 1, base[15 * PAGE + PAGE - 1] = 1;
  written("four-in-order", 0, PAGES);
  written("room-for-two", 0, 2);
  written("room-for-two-and-reset", WRITE_WATCH_FLAG_RESET, 2);
  written("the-others", 0, PAGES);
  OBSERVE_DWORD("reset", ResetWriteWatch(base, size));
  written("after-reset", 0, PAGES);
  base[2 * PAGE] = 1, base[3 * PAGE] = 1, base[4 * PAGE] = 1;
  OBSERVE_DWORD("reset-part", ResetWriteWatch(base + 3 * PAGE, 1));
  written("after-reset-part", 0, PAGES);
  GET("part", 0, base + 4 * PAGE, PAGE, addresses, PAGES, &granularity);
  OBSERVE2("part-found", count, ((char *)addresses[0] - base) / PAGE);
  *(long long *)(base + 9 * PAGE - 4) = -1;
  written("crossing", WRITE_WATCH_FLAG_RESET, PAGES);
  VirtualProtect(base, size, PAGE_READONLY, &old);
  written("protecting-is-not-writing", 0, PAGES);
  VirtualProtect(base, size, PAGE_EXECUTE_READWRITE, &old);
  base[6 * PAGE] = 1;
  written("after-protecting", 0, PAGES);
  VirtualQuery(base, (void *)(base + 7 * PAGE), sizeof(MEMORY_BASIC_INFORMATION));
  written("written-by-a-service", 0, PAGES);
  GetSystemInfo((SYSTEM_INFO *)(base + 8 * PAGE));
  written("written-by-a-library", 0, PAGES);
  MEMORY_BASIC_INFORMATION m;
  VirtualQuery(base, &m, sizeof m);
  OBSERVE3("query", m.Protect, m.Type, m.RegionSize);
  VirtualFree(base + 6 * PAGE, 2 * PAGE, MEM_DECOMMIT);
  written("decommitted", WRITE_WATCH_FLAG_RESET, PAGES);
  written("decommitted-and-reset", 0, PAGES);
  VirtualAlloc(base + 6 * PAGE, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE);
  written("committed-again", 0, PAGES);
  base[7 * PAGE] = 2;
  written("committed-again-and-written", 0, PAGES);
  GET("no-room", 0, base, size, addresses, 0, &granularity);
  GET("size-0", 0, base, 0, addresses, PAGES, &granularity);
  GET("beyond", 0, base, size + 1, addresses, PAGES, &granularity);
  GET("end-beyond", 0, base + size - PAGE, PAGE + 1, addresses, PAGES, &granularity);
  GET("address-0", 0, 0, size, addresses, PAGES, &granularity);
  GET("flags", 2, base, size, addresses, PAGES, &granularity);
  GET("no-addresses", 0, base, size, 0, PAGES, &granularity);
  GET("no-granularity", 0, base, size, addresses, PAGES, 0);
  OBSERVE_DWORD("no-count", GetWriteWatch(0, base, size, addresses, 0, &granularity));
  GET("image", 0, GetModuleHandleA(0), PAGE, addresses, PAGES, &granularity);
  char *plain = VirtualAlloc(0, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  GET("unwatched", 0, plain, PAGE, addresses, PAGES, &granularity);
  OBSERVE_DWORD("reset-unwatched", ResetWriteWatch(plain, PAGE));
  OBSERVE_DWORD("reset-size-0", ResetWriteWatch(base, 0));
  OBSERVE_DWORD("reset-beyond", ResetWriteWatch(base, size + 1));
  OBSERVE_DWORD("reset-address-0", ResetWriteWatch(0, size));
  OBSERVE_BOOL("free", VirtualFree(base, 0, MEM_RELEASE));
  GET("freed", 0, base, size, addresses, PAGES, &granularity);
  OBSERVE_BOOL("reserved-only", base = VirtualAlloc(0, size, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE));
  VirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE);
  base[8] = 1;
  written("committed-later", 0, PAGES);
  return 0;
}
