#include "x87-state.h"

#include <cstring>

namespace {
constexpr unsigned kTopShift = 11;
constexpr uint64_t kTop = 7 << kTopShift, kEmptyTag = 3;
}  // namespace

void X87State::Read(const Machine& machine) {
  uint64_t word = machine.Read(UC_X86_REG_FPSW), tags = machine.Read(UC_X86_REG_FPTAG);
  top_ = static_cast<unsigned>((word & kTop) >> kTopShift);
  status = static_cast<uint16_t>(word & ~kTop);
  empty_ = 0;
  for (unsigned i = 0; i < 8; i++) {
    uint8_t bytes[16] = {};
    uc_reg_read(machine.uc(), UC_X86_REG_ST0 + static_cast<int>(i), bytes);
    Float80& value = registers_[(top_ + i) & 7];
    memcpy(&value.significand, bytes, 8);
    memcpy(&value.high, bytes + 8, 2);
    if ((tags >> 2 * i & 3) == kEmptyTag) empty_ = static_cast<uint8_t>(empty_ | 1 << i);
  }
}

void X87State::Write(Machine& machine) const {
  uint64_t tags = 0;
  machine.Write(UC_X86_REG_FPSW, (status & ~kTop) | uint64_t{top_} << kTopShift);  // the top, before ST0-7
  for (unsigned i = 0; i < 8; i++) {
    uint8_t bytes[16] = {};
    memcpy(bytes, &St(i).significand, 8);
    memcpy(bytes + 8, &St(i).high, 2);
    uc_reg_write(machine.uc(), UC_X86_REG_ST0 + static_cast<int>(i), bytes);
    if (empty_ >> i & 1) tags |= kEmptyTag << 2 * i;
  }
  machine.Write(UC_X86_REG_FPTAG, tags);
}

void X87State::Set(unsigned i, const Float80& value) {
  registers_[(top_ + i) & 7] = value;
  empty_ = static_cast<uint8_t>(empty_ & ~(1 << ((top_ + i) & 7)));
}

void X87State::Push(const Float80& value) {
  top_ = (top_ - 1) & 7;
  Set(0, value);
}

void X87State::Pop(unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    Free(0);
    top_ = (top_ + 1) & 7;
  }
}

uint8_t X87State::valid() const {
  uint8_t mask = 0;
  for (unsigned i = 0; i < 8; i++) if (!IsEmpty(i)) mask = static_cast<uint8_t>(mask | 1 << i);
  return mask;
}
