// Runs a few bytes of code on a page of our own, at the CPU's most privileged level
// (start-up, and experiments on Unicorn). They end in a refused access or an exception.
#pragma once
#include <cstddef>
#include <cstdint>

#include "counting.h"
#include "guest-memory.h"
#include "stop.h"

class BootCode {
 public:
  BootCode(GuestMemory& memory, Counting& counting, Stop& stop) : memory_(memory), counting_(counting), stop_(stop) {}
  template <size_t kSize>
  bool Run(Machine& machine, const uint8_t (&code)[kSize]) { return Run(machine, code, kSize); }

 private:
  bool Run(Machine& machine, const uint8_t* code, size_t size);

  GuestMemory& memory_;
  Counting& counting_;
  Stop& stop_;
};
