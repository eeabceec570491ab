// Breakpoints, and the one at which the CPU has just stopped: that instruction is let by once.
#pragma once
#include <cstdint>
#include <unordered_set>

class Breakpoints {
 public:
  void Set(uint64_t address, bool on) {
    if (on) addresses_.insert(address);
    else addresses_.erase(address);
  }
  bool At(uint64_t address) const { return !addresses_.empty() && addresses_.count(address); }
  bool AnyIn(uint64_t address, uint64_t size) const {
    for (uint64_t breakpoint : addresses_) if (breakpoint >= address && breakpoint < address + size) return true;
    return false;
  }

  static constexpr uint64_t kNone = ~0ull;
  uint64_t passed = kNone;

 private:
  std::unordered_set<uint64_t> addresses_;
};
