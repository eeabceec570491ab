// Watchpoints: bits in page table entries, for which main leaves accesses to the
// stepper, and the ranges with which the stepper compares them.
#include "guest-memory.h"

void GuestMemory::ApplyWatchpoints(uint64_t address, uint64_t length) {
  for (const Watchpoint& w : watchpoints_) {
    if (w.address >= address + length || w.address + w.length <= address) continue;
    uint64_t first = model_.PageOf(w.address);
    uint64_t bits = 0;
    if (w.access & kRead) bits |= kWatchRead;
    if (w.access & kWrite) bits |= kWatchWrite;
    table_.ForEach(first, model_.PageAfter(w.address + w.length) - first, [&](uint64_t& entry, uint64_t, uint64_t) {
      if (bits & ~entry) Narrowed(entry);
      entry |= bits;
    });
  }
}

void GuestMemory::AddWatchpoint(const Watchpoint& watchpoint) {
  watchpoints_.push_back(watchpoint);
  ApplyWatchpoints(watchpoint.address, watchpoint.length);
}

void GuestMemory::RemoveWatchpoint(uint64_t address, uint64_t length) {
  for (size_t i = watchpoints_.size(); i-- > 0;) {
    if (watchpoints_[i].address == address && watchpoints_[i].length == length) watchpoints_.erase(watchpoints_.begin() + static_cast<long>(i));
  }
  uint64_t first = model_.PageOf(address), size = model_.PageAfter(address + length) - first;
  table_.ForEach(first, size, [](uint64_t& entry, uint64_t, uint64_t) { entry &= ~kWatchMask; });
  ApplyWatchpoints(first, size);
}

uint64_t GuestMemory::WatchedAddress(uint64_t physical, uint64_t size, uint32_t access) {
  for (const Watchpoint& w : watchpoints_) {
    if (!(w.access & access)) continue;
    for (uint64_t at = w.address, end = w.address + w.length; at < end;) {
      uint64_t next = model_.PageOf(at) + model_.pageSize();
      uint64_t length = (next < end ? next : end) - at;
      double offset = Translate(at, 0);
      if (offset >= 0) {
        auto first = static_cast<uint64_t>(offset);
        if (physical < first + length && physical + size > first) return at - first + physical;
      }
      at = next;
    }
  }
  return kNotWatched;
}
