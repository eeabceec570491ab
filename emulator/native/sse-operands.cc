#include "sse-operands.h"

#include <cstring>

namespace {
enum Kind { kZero, kDenormal, kNormal, kInfinity, kNan };
enum Operation { kDivide, kRoot, kOther };

struct Element {
  Kind kind;
  bool negative;
};

// Whose elements are doubles, and whether there is only one: by the prefix, and for conversions of formats too.
bool IsDouble(const X86Instruction& i) { return i.prefix == 0x66 || i.prefix == 0xf2; }
bool IsScalar(const X86Instruction& i) { return i.prefix >= 0xf2; }

Element At(const uint8_t* bytes, unsigned index, bool isDouble) {
  uint64_t value = 0;
  unsigned size = isDouble ? 8 : 4, exponentBits = isDouble ? 11 : 8, fractionBits = isDouble ? 52 : 23;
  memcpy(&value, bytes + index * size, size);
  uint64_t exponent = value >> fractionBits & ((1u << exponentBits) - 1), fraction = value & ((uint64_t{1} << fractionBits) - 1);
  Kind kind = exponent == (1u << exponentBits) - 1 ? (fraction ? kNan : kInfinity) : exponent ? kNormal : fraction ? kDenormal : kZero;
  return {kind, (value >> (8 * size - 1)) != 0};
}

// Invalid operations and divisions by zero come before denormal operands.
bool Meets(Operation operation, Element x, Element y) {
  if (x.kind == kNan || y.kind == kNan) return false;
  if (operation == kDivide && y.kind == kZero) return false;
  return x.kind == kDenormal || y.kind == kDenormal;
}

Operation OperationOf(unsigned low) {
  switch (low) {
    case 0x51: return kRoot;
    case 0x5e: return kDivide;
    default: return kOther;
  }
}

bool IsPairwise(unsigned low) { return low == 0x7c || low == 0x7d; }
bool HasOneOperand(unsigned low) { return low == 0x51 || low == 0x5a; }
}  // namespace

unsigned SseArithmeticBytes(const X86Instruction& i) {
  unsigned low = i.opcode & 0xff;
  if (i.vex) return 0;
  if (i.opcode >> 8 == 0x0f3a) return low == 0x40 || low == 0x41 ? 16 : 0;
  if (i.opcode >> 8 != 0x0f) return 0;
  unsigned whole = IsScalar(i) ? (IsDouble(i) ? 8 : 4) : 16;
  switch (low) {
    case 0x2e: case 0x2f: return IsDouble(i) ? 8 : 4;
    case 0x5a: return i.prefix ? whole : 8;
    case 0x51: case 0x58: case 0x59: case 0x5c: case 0x5d: case 0x5e: case 0x5f: case 0xc2: return whole;
    case 0x7c: case 0x7d: case 0xd0: return 16;
    default: return 0;
  }
}

bool SseMeetsDenormal(const X86Instruction& i, const uint8_t* left, const uint8_t* right, uint8_t immediate) {
  unsigned low = i.opcode & 0xff, size = SseArithmeticBytes(i);
  bool products = i.opcode >> 8 == 0x0f3a, isDouble = products ? low == 0x41 : low == 0x7c || low == 0x7d || low == 0xd0 ? i.prefix == 0x66 : IsDouble(i);
  unsigned elements = size / (isDouble ? 8 : 4);
  for (unsigned n = 0; n < elements; n++) {
    Element x = At(left, n, isDouble), y = At(right, n, isDouble);
    if (products) {
      if (immediate >> (4 + n) & 1 && Meets(kOther, x, y)) return true;
    } else if (HasOneOperand(low)) {
      if (y.kind == kDenormal && !(OperationOf(low) == kRoot && y.negative)) return true;
    } else if (IsPairwise(low)) {
      const uint8_t* side = n < elements / 2 ? left : right;
      unsigned first = n % (elements / 2) * 2;
      if (Meets(kOther, At(side, first, isDouble), At(side, first + 1, isDouble))) return true;
    } else if (Meets(OperationOf(low), x, y)) {
      return true;
    }
  }
  return false;
}

bool SseMayBeSilent(const X86Instruction& i) {
  return !i.vex && (i.opcode == 0x0f52 || i.opcode == 0x0f53 || (i.opcode >= 0x0f3a08 && i.opcode <= 0x0f3a0b));
}

unsigned SseSilent(const X86Instruction& i, uint8_t immediate) {
  constexpr unsigned kAll = 0x3f, kPrecision = 0x20, kSuppress = 8;
  if (!SseMayBeSilent(i)) return 0;
  return i.opcode < 0x0f3a00 ? kAll : immediate & kSuppress ? kPrecision : 0;
}

bool SseResultIsTiny(const X86Instruction& i, const uint8_t* result) {
  unsigned low = i.opcode & 0xff;
  bool products = i.opcode >> 8 == 0x0f3a && (low == 0x40 || low == 0x41), narrows = low == 0x5a && IsDouble(i);
  bool arithmetic = low == 0x58 || low == 0x59 || low == 0x5c || low == 0x5e || low == 0x7c || low == 0x7d || low == 0xd0 || narrows;
  if (!products && (i.opcode >> 8 != 0x0f || !arithmetic)) return false;
  bool isDouble = products ? low == 0x41 : low == 0x7c || low == 0x7d || low == 0xd0 ? i.prefix == 0x66 : IsDouble(i) && !narrows;
  unsigned elements = products || low >= 0x7c || !IsScalar(i) ? 16 / (isDouble ? 8 : 4) : 1;
  for (unsigned n = 0; n < elements; n++) if (At(result, n, isDouble).kind == kDenormal) return true;
  return false;
}
