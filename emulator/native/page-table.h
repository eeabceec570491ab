// The guest's page table: three levels of 4,096 entries over 48-bit addresses,
// so that the TLB fill finds an entry in three loads. An entry keeps the frame,
// the protection, watch bits, and in which TLB generation it was last handed out
// (narrowing a page that no TLB holds needs no flush).
#pragma once
#include <cstdint>

enum : uint64_t {
  kRead = 1, kWrite = 2, kExec = 4, kProtMask = 7,
  kMapped = 8,
  kWatchRead = 16, kWatchWrite = 32, kWatchMask = 48,
  kFrameMask = 0xfffff000ull,
};

class PageTable {
 public:
  explicit PageTable(unsigned pageShift) : shift_(pageShift) {}
  ~PageTable();

  // The entry of a user address, or null where no table exists.
  uint64_t* Find(uint64_t address) {
    uint64_t page = address >> shift_;
    if (page >> 36) return nullptr;
    Middle* middle = root_[page >> 24];
    if (!middle) return nullptr;
    Leaf* leaf = middle->leaves[page >> 12 & 4095];
    return leaf ? &leaf->entries[page & 4095] : nullptr;
  }
  uint64_t* Make(uint64_t address);
  // Calls visit(entry, address) for each mapped page in [address, +length), skipping absent tables.
  template <class Visit>
  void ForEach(uint64_t address, uint64_t length, Visit visit) {
    uint64_t page = address >> shift_, end = (address + length) >> shift_;
    while (page < end) {
      Middle* middle = page >> 36 ? nullptr : root_[page >> 24];
      if (!middle) { page = ((page >> 24) + 1) << 24; continue; }
      Leaf* leaf = middle->leaves[page >> 12 & 4095];
      if (!leaf) { page = ((page >> 12) + 1) << 12; continue; }
      uint64_t stop = ((page >> 12) + 1) << 12;
      if (stop > end) stop = end;
      for (; page < stop; page++) {
        uint64_t& entry = leaf->entries[page & 4095];
        if (entry & kMapped) visit(entry, page << shift_);
      }
    }
  }

  static uint64_t FrameOf(uint64_t entry) { return entry & kFrameMask; }
  static uint32_t Generation(uint64_t entry) { return static_cast<uint32_t>(entry >> 32); }

 private:
  struct Leaf { uint64_t entries[4096]; };
  struct Middle { Leaf* leaves[4096]; };
  Middle* root_[4096] = {};
  const unsigned shift_;
};
