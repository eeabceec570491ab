// The x87's registers, tags and status word, taken out of a machine and put back.
#pragma once
#include <cstdint>

#include "float80.h"
#include "machine.h"

namespace x87 {
// Of the status word (Intel SDM vol. 1, 8.1.3).
constexpr uint16_t kInvalid = 1, kDenormal = 2, kDivideByZero = 4, kOverflow = 8, kUnderflow = 0x10, kInexact = 0x20, kAllExceptions = 0x3f;
constexpr uint16_t kStackFault = 0x40, kSummary = 0x80, kC0 = 0x100, kC1 = 0x200, kC2 = 0x400, kC3 = 0x4000, kBusy = 0x8000;
constexpr uint16_t kComparison = kC0 | kC2 | kC3, kConditions = kComparison | kC1;
}  // namespace x87

class X87State {
 public:
  void Read(const Machine& machine);
  void Write(Machine& machine) const;

  // By the distance from the top.
  const Float80& St(unsigned i) const { return registers_[(top_ + i) & 7]; }
  bool IsEmpty(unsigned i) const { return empty_ >> ((top_ + i) & 7) & 1; }
  void Set(unsigned i, const Float80& value);
  void Free(unsigned i) { empty_ = static_cast<uint8_t>(empty_ | 1 << ((top_ + i) & 7)); }
  void Push(const Float80& value);
  void Pop(unsigned count);
  uint8_t valid() const;  // bit i: ST(i) has a value

  uint16_t status = 0;  // but the top

 private:
  Float80 registers_[8];  // as they are numbered
  unsigned top_ = 0;
  uint8_t empty_ = 0xff;
};
