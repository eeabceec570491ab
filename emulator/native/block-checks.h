// Alignment faults, which Unicorn never raises, at the price of nothing for blocks that can't
// have one. When a block is first seen, its addresses that must be aligned are put into terms
// of the registers at its beginning: x86 operands of legacy SSE and the like, ARM64's
// exclusive, acquire, release and atomic accesses, and SP wherever it is a base or is left
// behind. The block hook looks whether they hold; a block where they don't, or can't be
// known, goes to the stepper, which sees each address (stepper.cc). The x87's stack likewise: what must
// have a value and what must be empty, seen from the beginning of the block.
#pragma once
#include <cstdint>
#include <vector>

#include "machine.h"

// (base + (index << scale) + offset) & mask is zero. Registers are slots of the packed block (register-block.h).
struct AlignmentCheck {
  int base, index;  // kNoRegister: none
  unsigned scale, offset, mask;
  bool Holds(const Machine& machine) const;
  bool operator==(const AlignmentCheck& o) const { return base == o.base && index == o.index && scale == o.scale && offset == o.offset && mask == o.mask; }
};

constexpr int kNoRegister = -1;

// What a block does first with ARM64's exclusive monitor.
enum class Monitor { kUnused, kTaken, kAsked };

struct BlockChecks {
  Monitor monitor = Monitor::kUnused;
  bool empty() const { return checks.empty() && monitor == Monitor::kUnused && !computesFloats && !(needsValue | needsEmpty); }
  bool computesFloats = false;               // x86: with operands that may be denormal
  uint8_t needsValue = 0, needsEmpty = 0;    // of the x87's stack: x87-operation.h
  std::vector<AlignmentCheck> checks;
  bool unknown = false;  // an address that depends on what happens in the block, or is wrong for sure
  bool stable = false;   // they hold behind the block where they held in front of it
  bool Hold(const Machine& machine) const;

 private:
  bool StackHolds(const Machine& machine) const;
};

// What is known of a register's low four bits in the middle of a block.
struct LowBits {
  enum Kind { kUnknown, kConstant, kRegister } kind = kUnknown;
  int slot = kNoRegister;  // of the register that had them at the beginning
  unsigned delta = 0;      // added to it, or the constant
  LowBits Plus(unsigned more) const { return kind == kUnknown ? *this : LowBits{kind, slot, (delta + more) & 15}; }
};

class BlockAnalysis {
 public:
  BlockAnalysis(int slots);
  LowBits& operator[](int slot) { return known_[static_cast<size_t>(slot)]; }
  static LowBits Constant(unsigned value) { return LowBits{LowBits::kConstant, kNoRegister, value & 15}; }
  // base + (index << scale) + offset must be a multiple of `bytes`: of more than 16 nothing can be told.
  void Need(const LowBits& base, const LowBits& index, unsigned scale, unsigned offset, unsigned bytes);
  BlockChecks result;
  bool stackIsStable = true;
  // The block is at its end.
  void Finish();

 private:
  std::vector<LowBits> known_;
};

class GuestMemory;
// `address`: a block of `size` bytes, as the machine runs it.
BlockChecks CheckX86Block(GuestMemory& memory, uint64_t address, uint32_t size, bool mode64);
BlockChecks CheckArm64Block(GuestMemory& memory, uint64_t address, uint32_t size);
