#include "host.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#if defined(__APPLE__)
#include <malloc/malloc.h>
#elif defined(__FreeBSD__)
#include <malloc_np.h>
#else
#include <malloc.h>
#endif

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0  // hosts without it don't count reservations
#endif
#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

namespace {
constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
}

// Large reservations are asked for far from where libraries are loaded. Between Unicorn's code
// and its translation buffer they would push the two more than 2 GiB apart, and each of the many
// calls from translated code would be an indirect one (measured on x86-64: a sixth of all speed).
// A host with a smaller address space takes the hint for what it is.
void* ReserveMemory(uint64_t bytes) {
  constexpr uintptr_t kFarAway = 0x100000000000, kEnd = 0x500000000000;
  static std::atomic<uintptr_t> next{kFarAway};
  uintptr_t hint = next.fetch_add((bytes | 0xffffff) + 1);
  if (hint > kEnd) next = kFarAway;
  void* p = mmap(reinterpret_cast<void*>(hint), bytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  return p == MAP_FAILED ? nullptr : p;
}

void ReleaseMemory(void* start, uint64_t bytes) {
  if (start) munmap(start, bytes);
}

void ReturnMemory(uint8_t* start, uint64_t bytes) {
  // The host's pages may be larger than the guest's: only those that lie wholly in the range go.
  static const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  uintptr_t from = reinterpret_cast<uintptr_t>(start), end = from + bytes;
  uintptr_t first = (from + page - 1) & ~(page - 1), last = end & ~(page - 1);
  bool returned = false;
  if (first < last) {
#if defined(__linux__)
    returned = madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED) == 0;
#else
    // Elsewhere MADV_DONTNEED may keep the contents.
    returned = mmap(reinterpret_cast<void*>(first), last - first, PROT_READ | PROT_WRITE, kFlags | MAP_FIXED, -1, 0) != MAP_FAILED;
#endif
  }
  if (!returned) {
    memset(start, 0, bytes);
    return;
  }
  memset(start, 0, first - from);
  memset(reinterpret_cast<void*>(last), 0, end - last);
}

size_t AllocatedBytes(void* block) {
#if defined(__APPLE__)
  return malloc_size(block);
#else
  return malloc_usable_size(block);
#endif
}
