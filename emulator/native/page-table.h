// The guest's page table: three levels of 4,096 entries over 48-bit addresses,
// so that the TLB fill finds an entry in three loads. An entry keeps the frame,
// the protection, watch bits, and in which TLB generation it was last handed out
// (narrowing a page that no TLB holds needs no flush). 4,096 pages in a row that
// are all alike and have no frame need no table: memory that is mapped and never
// touched costs eight bytes for 16 MiB.
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
    Slot& slot = middle->slots[page >> 12 & 4095];
    if (slot & kAlike && !Expand(slot)) return nullptr;
    return slot ? &LeafOf(slot)->entries[page & 4095] : nullptr;
  }
  // The entry of a user address as it stands, 0 where there is none; no table is made. `next`: the page after those that are known to have the same.
  uint64_t Peek(uint64_t page, uint64_t& next) const {
    const Middle* middle = page >> 36 ? nullptr : root_[page >> 24];
    if (!middle) {
      next = ((page >> 24) + 1) << 24;
      return 0;
    }
    Slot slot = middle->slots[page >> 12 & 4095];
    if (slot && !(slot & kAlike)) {
      next = page + 1;
      return LeafOf(slot)->entries[page & 4095];
    }
    next = ((page >> 12) + 1) << 12;
    return slot >> 1;
  }
  // The first page after `address` and before `limit` that allows other than the page there; `limit` if all allow the same.
  uint64_t RunEnd(uint64_t address, uint64_t limit) const {
    constexpr uint64_t kCompared = kMapped | kProtMask;
    uint64_t page = address >> shift_, next;
    const uint64_t first = Peek(page, next) & kCompared;
    for (page = next; page << shift_ < limit; page = next)
      if ((Peek(page, next) & kCompared) != first) return page << shift_;
    return limit;
  }
  // The entry of a user address, made if need be; null where it is none, or the host has no memory.
  uint64_t* Make(uint64_t address);
  // The pages of [address, +length), of which none is mapped, become `entry`, which has no frame.
  bool Fill(uint64_t address, uint64_t length, uint64_t entry);
  // Calls visit(entry, address, pages) for the mapped pages in [address, +length), skipping absent
  // tables; for `pages` pages in a row that are alike and have no frame, and that stay alike, once.
  template <class Visit>
  void ForEach(uint64_t address, uint64_t length, Visit visit) {
    uint64_t page = address >> shift_, end = (address + length) >> shift_;
    while (page < end) {
      Middle* middle = page >> 36 ? nullptr : root_[page >> 24];
      if (!middle) { page = ((page >> 24) + 1) << 24; continue; }
      Slot& slot = middle->slots[page >> 12 & 4095];
      uint64_t stop = ((page >> 12) + 1) << 12;
      if (!slot) { page = stop; continue; }
      if (slot & kAlike) {
        if (!(page & 4095) && stop <= end) {
          uint64_t entry = slot >> 1;
          visit(entry, page << shift_, uint64_t{4096});
          slot = entry & kMapped ? entry << 1 | kAlike : 0;
          page = stop;
          continue;
        }
        if (!Expand(slot)) return;
      }
      Leaf* leaf = LeafOf(slot);
      if (stop > end) stop = end;
      for (; page < stop; page++) {
        uint64_t& entry = leaf->entries[page & 4095];
        if (entry & kMapped) visit(entry, page << shift_, uint64_t{1});
      }
    }
  }

  static uint64_t FrameOf(uint64_t entry) { return entry & kFrameMask; }
  static uint32_t Generation(uint64_t entry) { return static_cast<uint32_t>(entry >> 32); }
  unsigned shift() const { return shift_; }
  // What the tables take of the host's memory.
  uint64_t bytes() const { return bytes_; }

 private:
  struct Leaf { uint64_t entries[4096]; };
  // Null, a Leaf's address, or the one entry of all 4,096 pages: shifted, with kAlike.
  using Slot = uint64_t;
  static constexpr Slot kAlike = 1;
  struct Middle { Slot slots[4096]; };
  static Leaf* LeafOf(Slot slot) { return reinterpret_cast<Leaf*>(slot); }
  Middle* MakeMiddle(uint64_t page);
  Leaf* NewLeaf();
  bool Expand(Slot& slot);
  void Join(Slot& slot);

  Middle* root_[4096] = {};
  const unsigned shift_;
  uint64_t bytes_ = 0;
};
