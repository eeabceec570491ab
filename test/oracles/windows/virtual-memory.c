//! platforms: w3i6mv w3i3mv=w3i6mv
/* VirtualAlloc, VirtualFree, VirtualProtect and VirtualQuery: what they do to pages, and what they refuse. */
#include "last-error.h"
#include <stdint.h>
#define PAGE 4096
#define UNIT 65536
#define WIDE (sizeof(void *) == 8)
/** In the kernel's part. */
#define KERNEL ((void *)(uintptr_t)(WIDE ? 0xffff800000000000 : 0xc0000000))

static void query(const char *name, const void *address, const void *base) {
  MEMORY_BASIC_INFORMATION m;
  memset(&m, 0x55, sizeof m);
  SIZE_T n = VirtualQuery(address, &m, sizeof m);
  observe_text(name);
  observe_number(n == sizeof m);
  observe_number((char *)m.BaseAddress - (char *)base);
  observe_number(m.State == MEM_FREE ? -1 : (char *)m.AllocationBase - (char *)base);
  observe_number(m.State == MEM_FREE ? 0 : m.RegionSize);
  observe_text(" 0x"), observe_digits(m.AllocationProtect, 16);
  observe_text(" 0x"), observe_digits(m.State, 16);
  observe_text(" 0x"), observe_digits(m.Protect, 16);
  observe_text(" 0x"), observe_digits(m.Type, 16);
  observe_end();
}

static void refused(void) {
  char *base = VirtualAlloc(0, 4 * UNIT, MEM_RESERVE, PAGE_READWRITE);
  OBSERVE_BOOL("alloc.size-0", VirtualAlloc(0, 0, MEM_RESERVE, PAGE_READWRITE));
  OBSERVE_BOOL("alloc.no-type", VirtualAlloc(0, PAGE, 0, PAGE_READWRITE));
  OBSERVE_BOOL("alloc.free-type", VirtualAlloc(0, PAGE, MEM_COMMIT | MEM_FREE, PAGE_READWRITE));
  OBSERVE_BOOL("alloc.decommit-type", VirtualAlloc(base, PAGE, MEM_DECOMMIT, PAGE_READWRITE));
  OBSERVE_BOOL("alloc.protect-0", VirtualAlloc(0, PAGE, MEM_RESERVE, 0));
  OBSERVE_BOOL("alloc.protect-3", VirtualAlloc(0, PAGE, MEM_RESERVE, 3));
  OBSERVE_BOOL("alloc.protect-77", VirtualAlloc(0, PAGE, MEM_RESERVE, 0x77));
  OBSERVE_BOOL("alloc.protect-guard-alone", VirtualAlloc(0, PAGE, MEM_RESERVE, PAGE_GUARD));
  OBSERVE_BOOL("alloc.protect-writecopy", VirtualAlloc(0, PAGE, MEM_RESERVE, PAGE_WRITECOPY));
  OBSERVE_BOOL("alloc.protect-execute-writecopy", VirtualAlloc(0, PAGE, MEM_COMMIT, PAGE_EXECUTE_WRITECOPY));
  OBSERVE_BOOL("alloc.reserve-taken", VirtualAlloc(base, PAGE, MEM_RESERVE, PAGE_READWRITE));
  OBSERVE_BOOL("alloc.reserve-overlapping", VirtualAlloc(base + 3 * UNIT, 2 * UNIT, MEM_RESERVE, PAGE_READWRITE));
  OBSERVE_BOOL("alloc.commit-beyond", VirtualAlloc(base + 4 * UNIT - PAGE, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE));
  OBSERVE_BOOL("alloc.reset-with-commit", VirtualAlloc(base, PAGE, MEM_RESET | MEM_COMMIT, PAGE_READWRITE));
  OBSERVE_BOOL("alloc.low", VirtualAlloc((void *)0x1000, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
  OBSERVE_BOOL("alloc.kernel", VirtualAlloc(KERNEL, PAGE, MEM_RESERVE, PAGE_READWRITE));
  OBSERVE_BOOL("alloc.huge", VirtualAlloc(0, (SIZE_T)(WIDE ? 1ull << 60 : 0xfff00000), MEM_RESERVE, PAGE_READWRITE));
  VirtualFree(base, 0, MEM_RELEASE);
  OBSERVE_BOOL("alloc.commit-free", VirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE));
}

static void allocate(void) {
  char *base = VirtualAlloc(0, 3 * PAGE + 1, MEM_RESERVE, PAGE_NOACCESS);
  OBSERVE("reserve.aligned", (uintptr_t)base % UNIT);
  query("reserve.query", base, base);
  query("reserve.query-inside", base + PAGE + 5, base);
  OBSERVE("commit.rounds-down", (char *)VirtualAlloc(base + PAGE + 9, 1, MEM_COMMIT, PAGE_READWRITE) - base);
  query("commit.query", base, base);
  query("commit.query-committed", base + PAGE, base);
  query("commit.query-after", base + 2 * PAGE, base);
  OBSERVE("commit.zero", base[PAGE]);
  base[PAGE] = 7;
  OBSERVE("commit.again", (char *)VirtualAlloc(base + PAGE, PAGE, MEM_COMMIT, PAGE_READONLY) - base);
  OBSERVE("commit.again-keeps", base[PAGE]);
  query("commit.again-protects", base + PAGE, base);
  OBSERVE("commit.two-pages-by-straddling", (char *)VirtualAlloc(base + 2 * PAGE - 1, 2, MEM_COMMIT, PAGE_READWRITE) - base);
  query("commit.straddled", base + PAGE, base);
  OBSERVE_BOOL("decommit.one", VirtualFree(base + PAGE, 1, MEM_DECOMMIT));
  query("decommit.query", base + PAGE, base);
  OBSERVE_BOOL("decommit.again", VirtualFree(base + PAGE, 1, MEM_DECOMMIT));
  OBSERVE_BOOL("decommit.size-0-inside", VirtualFree(base + PAGE, 0, MEM_DECOMMIT));
  OBSERVE_BOOL("decommit.beyond", VirtualFree(base, 5 * PAGE, MEM_DECOMMIT));
  VirtualAlloc(base + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE);
  OBSERVE("decommit.zero-after", base[PAGE]);
  OBSERVE_BOOL("decommit.all", VirtualFree(base, 0, MEM_DECOMMIT));
  query("decommit.all-query", base, base);
  OBSERVE_BOOL("free.no-type", VirtualFree(base, 0, 0));
  OBSERVE_BOOL("free.both-types", VirtualFree(base, 0, MEM_DECOMMIT | MEM_RELEASE));
  OBSERVE_BOOL("free.unknown-type", VirtualFree(base, 0, MEM_RESET));
  OBSERVE_BOOL("release.size", VirtualFree(base, PAGE, MEM_RELEASE));
  OBSERVE_BOOL("release.inside", VirtualFree(base + PAGE, 0, MEM_RELEASE));
  OBSERVE_BOOL("release.whole", VirtualFree(base, 0, MEM_RELEASE));
  OBSERVE_BOOL("release.again", VirtualFree(base, 0, MEM_RELEASE));
  query("release.query", base, base);
  OBSERVE("reserve.at-the-same-place", (char *)VirtualAlloc(base + 5, PAGE, MEM_RESERVE, PAGE_READWRITE) - base);
  query("reserve.rounded-down", base, base);
  OBSERVE_BOOL("release.rounded-down", VirtualFree(base, 0, MEM_RELEASE));
  char *both = VirtualAlloc(0, 2 * PAGE, MEM_COMMIT, PAGE_EXECUTE_READ);
  OBSERVE("commit.implies-reserve", both != 0);
  query("commit.implies-reserve-query", both, both);
  OBSERVE_BOOL("reset.committed", VirtualAlloc(both, PAGE, MEM_RESET, PAGE_READWRITE));
  query("reset.keeps-protection", both, both);
  VirtualFree(both, 0, MEM_RELEASE);
  char *top = VirtualAlloc(0, UNIT, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE), *low = VirtualAlloc(0, UNIT, MEM_RESERVE, PAGE_READWRITE);
  OBSERVE("reserve.top-down-is-higher", top > low);
  VirtualFree(top, 0, MEM_RELEASE), VirtualFree(low, 0, MEM_RELEASE);
}

static void protect(void) {
  DWORD old = 0x1234;
  char *base = VirtualAlloc(0, 4 * PAGE, MEM_RESERVE, PAGE_READWRITE);
  VirtualAlloc(base, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE);
  OBSERVE_BOOL("protect.one", VirtualProtect(base, 1, PAGE_READONLY, &old));
  OBSERVE_HEX("protect.old", old);
  query("protect.query-first", base, base);
  query("protect.query-second", base + PAGE, base);
  OBSERVE_BOOL("protect.two", VirtualProtect(base + PAGE - 1, 2, PAGE_EXECUTE_READWRITE, &old));
  OBSERVE_HEX("protect.old-of-first", old);
  query("protect.query-both", base, base);
  OBSERVE_BOOL("protect.into-reserved", VirtualProtect(base, 3 * PAGE, PAGE_READONLY, &old));
  query("protect.refused-changes-nothing", base, base);
  OBSERVE_BOOL("protect.reserved", VirtualProtect(base + 2 * PAGE, PAGE, PAGE_READONLY, &old));
  OBSERVE_BOOL("protect.0", VirtualProtect(base, PAGE, 0, &old));
  OBSERVE_BOOL("protect.two-bits", VirtualProtect(base, PAGE, PAGE_READONLY | PAGE_READWRITE, &old));
  OBSERVE_BOOL("protect.writecopy", VirtualProtect(base, PAGE, PAGE_WRITECOPY, &old));
  OBSERVE_BOOL("protect.no-place", VirtualProtect(base, PAGE, PAGE_READONLY, 0));
  OBSERVE_BOOL("protect.guard", VirtualProtect(base, PAGE, PAGE_READWRITE | PAGE_GUARD, &old));
  query("protect.guard-query", base, base);
  OBSERVE_BOOL("protect.from-guard", VirtualProtect(base, PAGE, PAGE_NOACCESS, &old));
  OBSERVE_HEX("protect.old-guard", old);
  OBSERVE_BOOL("protect.execute", VirtualProtect(base, PAGE, PAGE_EXECUTE, &old));
  query("protect.execute-query", base, base);
  OBSERVE_BOOL("protect.beyond", VirtualProtect(base + 3 * PAGE, 2 * PAGE, PAGE_READONLY, &old));
  MEMORY_BASIC_INFORMATION m;
  OBSERVE_ERROR("query.short", VirtualQuery(base, &m, sizeof m - 1));
  OBSERVE_ERROR("query.no-buffer", VirtualQuery(base, 0, sizeof m));
  OBSERVE_ERROR("query.kernel", VirtualQuery(KERNEL, &m, sizeof m));
  OBSERVE("query.long", VirtualQuery(base, &m, sizeof m) == sizeof m);
  VirtualProtect(base, PAGE, PAGE_READONLY, &old);
  OBSERVE_ERROR("query.buffer-readonly", VirtualQuery(base, (void *)base, sizeof m));
  OBSERVE_BOOL("protect.place-readonly", VirtualProtect(base + PAGE, PAGE, PAGE_READONLY, (DWORD *)base));
  VirtualFree(base, 0, MEM_RELEASE);
  OBSERVE_BOOL("protect.free", VirtualProtect(base, PAGE, PAGE_READONLY, &old));
}

static int initialised = 5;
static char bytes[3 * PAGE] = {1};

static void image(void) {
  MEMORY_BASIC_INFORMATION m;
  DWORD old;
  char *page = (char *)(((uintptr_t)bytes + 2 * PAGE - 1) & ~(uintptr_t)(PAGE - 1));
  VirtualQuery(page, &m, sizeof m);
  OBSERVE3("image.data-before", m.Protect, m.Type, m.AllocationProtect);
  page[8] = 3;
  VirtualQuery(page, &m, sizeof m);
  OBSERVE3("image.data-after", m.Protect, m.Type, m.AllocationProtect);
  VirtualQuery(image, &m, sizeof m);
  OBSERVE3("image.code", m.Protect, m.Type, m.AllocationProtect);
  OBSERVE("image.allocation-base", m.AllocationBase == (void *)GetModuleHandleA(0));
  VirtualQuery(GetModuleHandleA(0), &m, sizeof m);
  OBSERVE3("image.header", m.Protect, m.Type, m.AllocationProtect);
  OBSERVE_BOOL("image.protect-readwrite", VirtualProtect(GetModuleHandleA(0), PAGE, PAGE_READWRITE, &old));
  OBSERVE_HEX("image.protect-old", old);
  VirtualQuery(GetModuleHandleA(0), &m, sizeof m);
  OBSERVE("image.protected-readwrite", m.Protect);
  ((char *)GetModuleHandleA(0))[0x3f0] = 1;
  VirtualQuery(GetModuleHandleA(0), &m, sizeof m);
  OBSERVE("image.written", m.Protect);
  VirtualProtect(GetModuleHandleA(0), PAGE, PAGE_READONLY, &old);
  OBSERVE_HEX("image.old-after-writing", old);
  VirtualProtect(GetModuleHandleA(0), PAGE, PAGE_READWRITE, &old);
  VirtualQuery(GetModuleHandleA(0), &m, sizeof m);
  OBSERVE("image.readwrite-when-private", m.Protect);
  OBSERVE_BOOL("image.writecopy", VirtualProtect(GetModuleHandleA(0), PAGE, PAGE_WRITECOPY, &old));
  OBSERVE_BOOL("image.free", VirtualFree(GetModuleHandleA(0), 0, MEM_RELEASE));
  OBSERVE_BOOL("image.decommit", VirtualFree(GetModuleHandleA(0), PAGE, MEM_DECOMMIT));
  OBSERVE_BOOL("image.commit", VirtualAlloc(GetModuleHandleA(0), PAGE, MEM_COMMIT, PAGE_READWRITE));
  OBSERVE("image.data", initialised);
}

static void stack(void) {
  MEMORY_BASIC_INFORMATION m;
  ULONG_PTR low, high;
  ULONG guarantee = 0;
  GetCurrentThreadStackLimits(&low, &high);
  VirtualQuery(&m, &m, sizeof m);
  OBSERVE("stack.allocation-base", (ULONG_PTR)m.AllocationBase == low);
  OBSERVE3("stack.page", m.Protect, m.State, m.Type);
  OBSERVE("stack.top", (ULONG_PTR)m.BaseAddress + m.RegionSize == high);
  OBSERVE_BOOL("stack.guarantee-query", SetThreadStackGuarantee(&guarantee));
  guarantee = 0x4000;
  OBSERVE_BOOL("stack.guarantee", SetThreadStackGuarantee(&guarantee));
  guarantee = 0;
  SetThreadStackGuarantee(&guarantee);
  OBSERVE("stack.guaranteed", guarantee);
  guarantee = 0x1000;
  OBSERVE_BOOL("stack.guarantee-less", SetThreadStackGuarantee(&guarantee));
  OBSERVE("stack.guarantee-previous", guarantee);
}

int main(void) {
  refused();
  allocate();
  protect();
  image();
  stack();
  return 0;
}
