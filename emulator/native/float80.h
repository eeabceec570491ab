// The x87's extended format as a processor classifies it (Intel SDM vol. 1, 4.2.2 and 8.2.2).
#pragma once
#include <cstdint>

struct Float80 {
  uint64_t significand = 0;
  uint16_t high = 0;  // the sign and the exponent

  enum Kind { kZero, kDenormal, kNormal, kInfinity, kQuiet, kSignaling, kUnsupported };
  Kind kind() const {
    unsigned e = exponent();
    bool integer = significand >> 63;
    if (e == 0) return significand ? kDenormal : kZero;
    if (!integer) return kUnsupported;
    if (e != kMaximum) return kNormal;
    if (significand << 1 == 0) return kInfinity;
    return significand >> 62 & 1 ? kQuiet : kSignaling;
  }
  unsigned exponent() const { return high & kMaximum; }
  bool negative() const { return high >> 15; }
  bool isNan() const { return kind() == kQuiet || kind() == kSignaling; }
  bool is(Kind other) const { return kind() == other; }
  Float80 Quieted() const { return Float80{significand | uint64_t{1} << 62, high}; }
  Float80 WithSign(bool minus) const { return Float80{significand, static_cast<uint16_t>(exponent() | (minus ? 0x8000u : 0))}; }

  static constexpr unsigned kMaximum = 0x7fff, kBias = 0x3fff;
  static Float80 Indefinite() { return {uint64_t{3} << 62, 0xffff}; }
  static Float80 Infinity(bool minus) { return Float80{uint64_t{1} << 63, kMaximum}.WithSign(minus); }
  static Float80 Zero(bool minus) { return Float80{}.WithSign(minus); }
  static Float80 One(bool minus) { return Float80{uint64_t{1} << 63, kBias}.WithSign(minus); }
};
