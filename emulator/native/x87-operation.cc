#include "x87-operation.h"

namespace {
using Op = X87Operation;

Op Of(Op::Kind kind, uint8_t reads, int8_t target = -1, uint8_t pops = 0) {
  Op op;
  op.kind = kind;
  op.reads = reads;
  op.target = target;
  op.pops = pops;
  return op;
}

uint8_t Bit(unsigned i) { return static_cast<uint8_t>(1u << i); }

// add, mul, com, comp, sub, subr, div, divr, by the middle bits of ModRM.
Op Binary(unsigned digit, unsigned other, bool toOther, bool pops) {
  bool compares = digit == 2 || digit == 3;
  Op op = Of(compares ? Op::kCompare : Op::kArithmetic, static_cast<uint8_t>(1 | Bit(other)));
  op.other = static_cast<uint8_t>(other);
  if (!compares) op.target = static_cast<int8_t>(toOther ? other : 0);
  op.pops = digit == 3 || pops;
  op.divides = digit >= 6;
  op.reversed = digit == 7;
  return op;
}

Op InMemory(Op op, Op::Format format) {
  op.format = format;
  return op;
}

Op BinaryWithMemory(unsigned digit, Op::Format format) {
  Op op = InMemory(Binary(digit, 0, false, false), format);
  op.reads = 1;
  return op;
}

Op Load(Op::Format format) {
  Op op = InMemory(Of(Op::kLoad, 0), format);
  op.pushes = true;
  return op;
}

Op Store(Op::Format format, bool pops, bool truncates = false) {
  Op op = InMemory(Of(Op::kStore, 1, -1, pops), format);
  op.truncates = truncates;
  return op;
}

Op Turn(int8_t by) {
  Op op;
  op.kind = Op::kTurn;
  op.turn = by;
  return op;
}

Op WithRegister(Op::Kind kind, unsigned other, int8_t target, uint8_t pops) {
  Op op = Of(kind, static_cast<uint8_t>(1 | Bit(other)), target, pops);
  op.other = static_cast<uint8_t>(other);
  return op;
}

Op DecodeMemory(uint32_t opcode, unsigned digit) {
  switch (opcode) {
    case 0xd8: return BinaryWithMemory(digit, Op::kSingle);
    case 0xdc: return BinaryWithMemory(digit, Op::kDouble);
    case 0xda: return BinaryWithMemory(digit, Op::kInt32);
    case 0xde: return BinaryWithMemory(digit, Op::kInt16);
    case 0xd9: return digit == 0 ? Load(Op::kSingle) : digit == 2 || digit == 3 ? Store(Op::kSingle, digit == 3) : Op{};
    case 0xdd:
      if (digit == 0) return Load(Op::kDouble);
      return digit == 1 ? Store(Op::kInt64, true, true) : digit == 2 || digit == 3 ? Store(Op::kDouble, digit == 3) : Op{};
    case 0xdb:
      if (digit == 0 || digit == 5) return Load(digit ? Op::kExtended : Op::kInt32);
      return digit == 7 ? Store(Op::kExtended, true) : digit >= 1 && digit <= 3 ? Store(Op::kInt32, digit != 2, digit == 1) : Op{};
    default:
      if (digit == 0 || digit == 4 || digit == 5) return Load(digit == 0 ? Op::kInt16 : digit == 4 ? Op::kDecimal : Op::kInt64);
      return digit >= 6 ? Store(digit == 6 ? Op::kDecimal : Op::kInt64, true) : Store(Op::kInt16, digit != 2, digit == 1);
  }
}

Op StoreInto(unsigned i, bool pops) { return Of(Op::kStoreRegister, 1, static_cast<int8_t>(i), pops); }

Op WithPush(Op op) {
  op.pushes = true;
  return op;
}

Op DecodeD9(unsigned modrm, unsigned i) {
  switch (modrm >> 3) {
    case 0x18: {  // fld st(i)
      Op op = Load(Op::kRegister);
      op.reads = Bit(i);
      op.other = static_cast<uint8_t>(i);
      return op;
    }
    case 0x19: return WithRegister(Op::kExchange, i, 0, 0);
    case 0x1b: return StoreInto(i, true);
    default: break;
  }
  if (modrm >= 0xe8 && modrm <= 0xee) return Load(Op::kRegister);
  switch (modrm) {
    case 0xe0: case 0xe1: return Of(Op::kSign, 1, 0);
    case 0xe4: return Of(Op::kTest, 1);
    case 0xe5: return Of(Op::kExamine, 0);
    case 0xf0: return Of(Op::kPower, 1, 0);
    case 0xf1: return WithRegister(Op::kLogarithm, 1, 1, 1);
    case 0xf2: return WithPush(Of(Op::kTangent, 1, 0));
    case 0xf3: return WithRegister(Op::kArcTangent, 1, 1, 1);
    case 0xf4: return WithPush(Of(Op::kExtract, 1, 0));
    case 0xf5: case 0xf8: {
      Op op = WithRegister(Op::kRemainder, 1, 0, 0);
      op.nearest = modrm == 0xf5;
      return op;
    }
    case 0xf6: return Turn(-1);
    case 0xf7: return Turn(1);
    case 0xf9: return WithRegister(Op::kLogarithmOfNext, 1, 1, 1);
    case 0xfa: return Of(Op::kRoot, 1, 0);
    case 0xfb: return WithPush(Of(Op::kSineAndCosine, 1, 0));
    case 0xfc: return Of(Op::kRound, 1, 0);
    case 0xfd: return WithRegister(Op::kScale, 1, 0, 0);
    case 0xfe: return Of(Op::kSine, 1, 0);
    case 0xff: return Of(Op::kCosine, 1, 0);
    default: return Op{};
  }
}

Op DecodeRegisters(uint32_t opcode, unsigned modrm) {
  unsigned i = modrm & 7, digit = modrm >> 3 & 7;
  switch (opcode) {
    case 0xd8: return Binary(digit, i, false, false);
    case 0xdc: return Binary(digit, i, true, false);
    case 0xd9: return DecodeD9(modrm, i);
    case 0xda:
      if (digit < 4) return WithRegister(Op::kMove, i, 0, 0);
      return modrm == 0xe9 ? WithRegister(Op::kCompare, 1, -1, 2) : Op{};
    case 0xdb:
      if (digit < 4) return WithRegister(Op::kMove, i, 0, 0);
      return digit == 5 || digit == 6 ? WithRegister(Op::kCompareFlags, i, -1, 0) : Op{};
    case 0xdd:
      if (digit == 0) return Of(Op::kFree, 0, static_cast<int8_t>(i));
      if (digit == 1) return WithRegister(Op::kExchange, i, 0, 0);
      return digit < 4 ? StoreInto(i, digit == 3) : digit < 6 ? WithRegister(Op::kCompare, i, -1, digit == 5) : Op{};
    case 0xde:
      if (modrm == 0xd9) return WithRegister(Op::kCompare, 1, -1, 2);
      return digit == 3 ? Op{} : digit == 2 ? WithRegister(Op::kCompare, i, -1, 1) : Binary(digit, i, true, true);
    default:
      if (digit == 0) return Of(Op::kFree, 0, static_cast<int8_t>(i), 1);
      if (digit == 1) return WithRegister(Op::kExchange, i, 0, 0);
      return digit < 4 ? StoreInto(i, true) : digit == 5 || digit == 6 ? WithRegister(Op::kCompareFlags, i, -1, 1) : Op{};
  }
}
}  // namespace

unsigned X87Operation::bytes() const {
  switch (format) {
    case kRegister: return 0;
    case kInt16: return 2;
    case kSingle: case kInt32: return 4;
    case kDouble: case kInt64: return 8;
    default: return 10;
  }
}

X87Operation X87Decode(const X86Instruction& i) {
  if (i.opcode < 0xd8 || i.opcode > 0xdf) return Op{};
  return i.hasMemory() ? DecodeMemory(i.opcode, i.modrm >> 3 & 7) : DecodeRegisters(i.opcode, i.modrm);
}

void X87StackWalk::NeedValue(unsigned position) {
  uint8_t bit = Bit(position & 7);
  if (empty_ & bit) faults = true;
  else if (!(value_ & bit)) needsValue |= bit, value_ |= bit;
}

void X87StackWalk::NeedEmpty(unsigned position) {
  uint8_t bit = Bit(position & 7);
  if (value_ & bit) faults = true;
  else if (!(empty_ & bit)) needsEmpty |= bit, empty_ |= bit;
}

void X87StackWalk::Set(unsigned position, bool value) {
  uint8_t bit = Bit(position & 7);
  (value ? value_ : empty_) |= bit;
  (value ? empty_ : value_) &= static_cast<uint8_t>(~bit);
}

void X87StackWalk::Pass(const X87Operation& op) {
  for (unsigned i = 0; i < 8; i++) if (op.reads >> i & 1) NeedValue(top_ + i);
  if (op.kind == Op::kStoreRegister) NeedValue(top_ + static_cast<unsigned>(op.target));  // no fault, but Unicorn leaves it empty
  if (op.kind == Op::kFree) Set(top_ + static_cast<unsigned>(op.target), false);
  else if (op.target >= 0) Set(top_ + static_cast<unsigned>(op.target), true);
  if (op.pushes) {
    NeedEmpty(top_ - 1);
    top_ = (top_ - 1) & 7;
    Set(top_, true);
  }
  for (unsigned i = 0; i < op.pops; i++) {
    Set(top_, false);
    top_ = (top_ + 1) & 7;
  }
  top_ = (top_ + static_cast<unsigned>(op.turn)) & 7;
}
