// The descriptor table (Intel SDM vol. 3, 3.4.5): code of both widths, data, and the
// thread's own segments, whose descriptors an OS rewrites at each thread switch.
#pragma once
#include <cstdint>

#include "guest-memory.h"

class Descriptors {
 public:
  Descriptors(const CpuModel& model, GuestMemory& memory) : model_(model), memory_(memory) {}
  void Build();
  // `general`: the packed registers of the thread that runs next.
  void Sync(const uint64_t* general);

 private:
  void Write(uint16_t selector, uint64_t descriptor);

  const CpuModel& model_;
  GuestMemory& memory_;
  uint64_t base_[2] = {};  // of fs and gs in the table
};
