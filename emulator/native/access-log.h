// The accesses of one instruction, as the stepper's hook is told of them in front of each: whether one is misaligned, and what
// is needed to undo the stores.
#pragma once
#include <cstdint>
#include <cstring>
#include <vector>

#include "guest-memory.h"

class AccessLog {
 public:
  explicit AccessLog(GuestMemory& memory) : memory_(memory) {}
  void Begin() {
    on_ = true;
    misaligned_ = false;
    stores_.clear();
  }
  void End() { on_ = false; }
  bool on() const { return on_; }
  bool misaligned() const { return misaligned_; }
  // Pages are aligned, so that a physical address tells as much as a virtual one.
  void Note(uint64_t physical, uint32_t size, bool store) {
    if (size > 1 && physical & (size - 1)) misaligned_ = true;
    if (!store || size > sizeof Store::before) return;
    Store entry{physical, size, {}};
    memcpy(entry.before, memory_.At(physical), size);
    stores_.push_back(entry);
  }
  void Undo() {
    for (size_t i = stores_.size(); i-- > 0;) memcpy(memory_.At(stores_[i].physical), stores_[i].before, stores_[i].size);
  }

 private:
  struct Store {
    uint64_t physical;
    uint32_t size;
    uint8_t before[16];
  };
  GuestMemory& memory_;
  std::vector<Store> stores_;
  bool on_ = false, misaligned_ = false;
};
