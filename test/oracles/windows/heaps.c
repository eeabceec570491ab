//! platforms: w3i6mv w3i3mv=w3i6mv
/* Heaps: HeapCreate to HeapDestroy, what their calls refuse and what error they leave, exceptions instead of failures. */
#include "last-error.h"

#define MOST (~(SIZE_T)0)

static int zero(const unsigned char *bytes, SIZE_T length) {
  for (SIZE_T i = 0; i < length; i++)
    if (bytes[i]) return 0;
  return 1;
}

static int filled(const unsigned char *bytes, int value, SIZE_T length) {
  for (SIZE_T i = 0; i < length; i++)
    if (bytes[i] != value) return 0;
  return 1;
}

static DWORD caught;

static void raising(HANDLE heap, DWORD how) {
  caught = 0;
  __try {
    HeapAlloc(heap, how, MOST / 2);
  } __except (caught = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
  }
}

static void walk(const char *name, HANDLE heap, void *wanted, SIZE_T bytes) {
  PROCESS_HEAP_ENTRY entry;
  int found = 0, right = 0, entries = 0;
  memset(&entry, 0xcd, sizeof entry);
  entry.lpData = 0;
  SetLastError(0xdead);
  while (HeapWalk(heap, &entry) && ++entries < 1000)
    if (entry.lpData == wanted && (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY)) found++, right += entry.cbData == bytes;
  OBSERVE3(name, found, right, GetLastError());
}

static HANDLE locked;
static volatile LONG step;

static DWORD WINAPI locker(void *unused) {
  HeapLock(locked);
  step = 1;
  HeapUnlock(locked);
  return 0;
}

int main(void) {
  HANDLE process = GetProcessHeap(), heaps[16];
  DWORD before = GetProcessHeaps(0, 0);
  OBSERVE("process-heap", process != 0);
  OBSERVE("heaps.first", GetProcessHeaps(16, heaps) == before && heaps[0] == process);
  HANDLE heap = HeapCreate(0, 0, 0);
  OBSERVE2("create", heap != 0, (ULONG_PTR)heap & 0xffff);
  OBSERVE("heaps.count", GetProcessHeaps(0, 0) - before);
  OBSERVE("heaps.room", GetProcessHeaps(1, heaps) - before);

  unsigned char *a = HeapAlloc(heap, 0, 100), *b = HeapAlloc(heap, HEAP_ZERO_MEMORY, 5000);
  OBSERVE2("alloc", a != 0, (ULONG_PTR)a % (2 * sizeof(void *)));
  OBSERVE("alloc.zero", zero(b, 5000));
  OBSERVE2("size", HeapSize(heap, 0, a), HeapSize(heap, 0, b));
  OBSERVE_BOOL("validate.block", HeapValidate(heap, 0, a));
  OBSERVE_ERROR("validate.all", HeapValidate(heap, 0, 0));
  OBSERVE_ERROR("validate.inside", HeapValidate(heap, 0, a + 16));
  walk("walk.busy", heap, a, 100);
  memset(a, 7, 100);
  a = HeapReAlloc(heap, HEAP_ZERO_MEMORY, a, 9000);
  OBSERVE3("realloc.grown", HeapSize(heap, 0, a), filled(a, 7, 100), zero(a + 100, 8900));
  a = HeapReAlloc(heap, 0, a, 10);
  OBSERVE2("realloc.shrunk", HeapSize(heap, 0, a), filled(a, 7, 10));
  OBSERVE("realloc.in-place", HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, a, 8) == a);
  OBSERVE_ERROR("realloc.in-place-large", HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, a, 1 << 20) != 0);
  OBSERVE("realloc.size-after", HeapSize(heap, 0, a));
  OBSERVE("realloc.null", HeapReAlloc(heap, 0, 0, 10) != 0);
  OBSERVE_ERROR("realloc.most", HeapReAlloc(heap, 0, a, MOST) != 0);
  OBSERVE2("realloc.0", (a = HeapReAlloc(heap, 0, a, 0)) != 0, HeapSize(heap, 0, a));
  OBSERVE_ERROR("alloc.most", HeapAlloc(heap, 0, MOST) != 0);
  OBSERVE_ERROR("alloc.half", HeapAlloc(heap, 0, MOST / 2) != 0);
  OBSERVE_BOOL("free", HeapFree(heap, 0, a));
  OBSERVE_BOOL("free.null", HeapFree(heap, 0, 0));
  OBSERVE_ERROR("validate.freed", HeapValidate(heap, 0, a));
  walk("walk.freed", heap, a, 0);

  unsigned char *nothing = HeapAlloc(heap, 0, 0);
  OBSERVE2("alloc.0", nothing != 0, HeapSize(heap, 0, nothing));
  unsigned char *large = HeapAlloc(heap, HEAP_ZERO_MEMORY, 3 << 20);
  OBSERVE3("large", large != 0, HeapSize(heap, 0, large), zero(large, 3 << 20));
  large[(3 << 20) - 1] = 9;
  unsigned char *larger = HeapReAlloc(heap, HEAP_ZERO_MEMORY, large, 5 << 20);
  OBSERVE3("large.grown", HeapSize(heap, 0, larger), larger[(3 << 20) - 1], zero(larger + (3 << 20), 2 << 20));
  OBSERVE_BOOL("large.validate", HeapValidate(heap, 0, larger));
  OBSERVE_BOOL("large.free", HeapFree(heap, 0, larger));

  unsigned char *many[200];
  int good = 1;
  for (int i = 0; i < 200; i++) memset(many[i] = HeapAlloc(heap, 0, 1 + i * 37 % 900), i, 1 + i * 37 % 900);
  for (int i = 0; i < 200; i += 2) HeapFree(heap, 0, many[i]);
  for (int i = 1; i < 200; i += 2) good &= filled(many[i], i, 1 + i * 37 % 900);
  for (int i = 0; i < 200; i += 2) memset(many[i] = HeapAlloc(heap, HEAP_ZERO_MEMORY, 50 + i * 5), i, 50 + i * 5);
  for (int i = 1; i < 200; i += 2) good &= filled(many[i], i, 1 + i * 37 % 900);
  for (int i = 0; i < 200; i++) good &= HeapSize(heap, 0, many[i]) == (i & 1 ? 1 + i * 37 % 900 : 50 + i * 5);
  OBSERVE2("many", good, HeapValidate(heap, 0, 0));
  OBSERVE_BOOL("lock", HeapLock(heap));
  OBSERVE_BOOL("lock.again", HeapLock(heap));
  OBSERVE_BOOL("unlock", HeapUnlock(heap) && HeapUnlock(heap));
  locked = heap;
  HeapLock(heap);
  HANDLE thread = CreateThread(0, 0, locker, 0, 0, 0);
  OBSERVE2("locked.waits", WaitForSingleObject(thread, 50), step);
  HeapUnlock(heap);
  OBSERVE2("unlocked.goes-on", WaitForSingleObject(thread, 5000), step);
  OBSERVE_BOOL("destroy", HeapDestroy(heap));
  OBSERVE("destroy.count", GetProcessHeaps(0, 0) - before);
  OBSERVE_BOOL("destroy.process", HeapDestroy(process));

  heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0), step = 0, locked = heap;
  OBSERVE_BOOL("unserialized.lock", HeapLock(heap));
  thread = CreateThread(0, 0, locker, 0, 0, 0);
  OBSERVE2("unserialized.no-wait", WaitForSingleObject(thread, 5000), step);
  HeapDestroy(heap);

  heap = HeapCreate(0, 0, 0x40000);
  OBSERVE("fixed", heap != 0);
  int blocks = 0;
  while (blocks < 1000 && HeapAlloc(heap, 0, 1000)) blocks++;
  OBSERVE("fixed.is-full", blocks > 200 && blocks < 262);
  OBSERVE_BOOL("fixed.destroy", HeapDestroy(heap));

  raising(process, HEAP_GENERATE_EXCEPTIONS);
  OBSERVE_HEX("raises.call", caught);
  heap = HeapCreate(HEAP_GENERATE_EXCEPTIONS, 0, 0);
  raising(heap, 0);
  OBSERVE_HEX("raises.heap", caught);
  a = HeapAlloc(heap, 0, 8);
  caught = 0;
  __try {
    HeapReAlloc(heap, 0, a, MOST / 2);
  } __except (caught = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
  }
  OBSERVE_HEX("raises.realloc", caught);
  HeapDestroy(heap);

  ULONG kind = 77;
  SIZE_T length = 0;
  heap = HeapCreate(0, 0, 0);
  OBSERVE_BOOL("query.no-room", HeapQueryInformation(heap, HeapCompatibilityInformation, 0, 0, &length));
  OBSERVE("query.length", length);
  OBSERVE_BOOL("query", HeapQueryInformation(heap, HeapCompatibilityInformation, &kind, sizeof kind, &length));
  OBSERVE("query.standard", kind);
  kind = 2;
  OBSERVE_BOOL("set.low-fragmentation", HeapSetInformation(heap, HeapCompatibilityInformation, &kind, sizeof kind));
  OBSERVE_BOOL("set.termination", HeapSetInformation(0, HeapEnableTerminationOnCorruption, 0, 0));
  HeapDestroy(heap);

  heap = HeapCreate(HEAP_CREATE_ENABLE_EXECUTE, 0, 0);
  unsigned char *code = HeapAlloc(heap, 0, 16);
  memcpy(code, "\xb8\x2a\x00\x00\x00\xc3", 6);
  OBSERVE("execute", ((int (*)(void))code)());
  HeapDestroy(heap);

  unsigned char *local = LocalAlloc(LPTR, 64);
  OBSERVE2("local", zero(local, 64), HeapSize(process, 0, local));
  OBSERVE_BOOL("local.free", LocalFree(local));
  OBSERVE_BOOL("local.free-null", LocalFree(0));
  return 0;
}
