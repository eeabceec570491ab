// What a refused access was: the instruction runs once more on the stepper, with a scratch
// frame in place of the refused page. The first access that reaches it is the one; stores
// to other pages go to copies, so that nothing changes.
#pragma once
#include <cstdint>

#include "guest-memory.h"
#include "machine.h"

class AccessProbe {
 public:
  AccessProbe(Machine& stepper, GuestMemory& memory) : stepper_(stepper), memory_(memory) {}
  void Open();

  struct Access {
    uint64_t offset = 0;  // in the refused page
    uint32_t size = 0;    // 0: the instruction touched nothing there
  };
  // The stepper has the CPU state, in front of the instruction; it is not the same afterwards.
  Access Run(uint64_t refusedPage);

  // The stepper's hooks, while the probe runs.
  bool active() const { return page_ != kNone; }
  bool Fill(uint64_t address, uc_mem_type type, uc_tlb_entry* result);
  void OnInstruction();
  void OnAccess(uint64_t physical, uint32_t size);

 private:
  static constexpr uint64_t kNone = ~0ull;
  static constexpr int kCopies = 4;  // no instruction stores to more pages
  Machine& stepper_;
  GuestMemory& memory_;
  uint64_t scratch_ = 0, copies_[kCopies] = {};  // frames
  uint64_t page_ = kNone;
  int copied_ = 0;
  bool began_ = false;
  Access access_;
};
