// What has stopped the machine that runs: written by its hooks, read by whoever started it.
#pragma once
#include <cstdint>

// The detail of an x86 exception whose error code must be asked of the CPU's state.
constexpr uint32_t kCodeInState = 1;

struct Stop {
  int exit = -1;        // an ExitReason, where a trap stopped it
  bool before = false;  // in front of a block or an instruction that is not to run now
  bool inFront = false;  // so does the exit
  bool care = false;     // so it is in front of a floating-point instruction that must run by itself
  uint32_t number = 0, detail = 0;  // of the run's exit
  uint64_t address = 0;             // of a misaligned access

  void Clear() {
    exit = -1;
    before = inFront = care = false;
  }
  // In front of an instruction, which has not begun.
  void InFront(int reason, uint32_t vector = 0, uint32_t more = 0) {
    With(reason, vector, more);
    inFront = true;
  }
  void With(int reason, uint32_t vector, uint32_t more = 0) {
    exit = reason;
    number = vector;
    detail = more;
  }
};
