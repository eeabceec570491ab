#include "x87-exact.h"

namespace {
constexpr int kBias = Float80::kBias, kFarthest = 0x10000, kReducedAtOnce = 63;

// With the integer bit set, and the exponent that it has then.
struct Normal {
  uint64_t significand;
  int exponent;
};

Normal Normalized(const Float80& x) {
  Normal n{x.significand, static_cast<int>(x.exponent() ? x.exponent() : 1) - kBias};
  for (; !(n.significand >> 63); n.exponent--) n.significand <<= 1;
  return n;
}

// Of a value that fits exactly, or loses only zeros.
Float80 Packed(uint64_t significand, int exponent, bool negative) {
  if (!significand) return Float80::Zero(negative);
  for (; !(significand >> 63); exponent--) significand <<= 1;
  int biased = exponent + kBias;
  if (biased >= 1) return Float80{significand, static_cast<uint16_t>(biased)}.WithSign(negative);
  return Float80{biased < -62 ? 0 : significand >> (1 - biased), 0}.WithSign(negative);
}

// The whole part, so far as it matters to an exponent.
int Truncated(const Float80& y) {
  Normal n = Normalized(y);
  if (n.exponent < 0) return 0;
  if (n.exponent > 16) return y.negative() ? -kFarthest : kFarthest;
  int magnitude = static_cast<int>(n.significand >> (63 - n.exponent));
  return y.negative() ? -magnitude : magnitude;
}
}  // namespace

X87Remainder RemainderOf(const Float80& x, const Float80& y, bool nearest) {
  Normal a = Normalized(x), b = Normalized(y);
  int apart = a.exponent - b.exponent;
  if (apart < (nearest ? -1 : 0)) return {Packed(a.significand, a.exponent, x.negative()), false, 0};
  bool partial = apart >= 64;
  int steps = partial ? kReducedAtOnce : apart;
  unsigned __int128 rest = a.significand, divisor = b.significand;
  uint64_t quotient = 0;
  if (apart < 0) {
    divisor <<= 1;  // the dividend's unit
    steps = 0;
  } else {
    for (int i = 0; i <= steps; i++) {
      if (i) rest <<= 1;
      quotient <<= 1;
      if (rest >= divisor) rest -= divisor, quotient |= 1;
    }
  }
  int exponent = apart < 0 ? a.exponent : a.exponent - steps;
  bool negative = x.negative();
  if (nearest && !partial && (rest << 1 > divisor || (rest << 1 == divisor && (quotient & 1)))) {
    rest = divisor - rest;
    quotient++;
    negative = !negative;
  }
  // What is left is less than the divisor, which may have been doubled.
  auto left = static_cast<uint64_t>(rest);
  if (rest >> 64) left = static_cast<uint64_t>(rest >> 1), exponent++;
  if (!left) negative = x.negative();
  return {Packed(left, exponent, negative), partial, static_cast<unsigned>(quotient & 7)};
}

X87Scaled Scaled(const Float80& x, const Float80& y, unsigned rounding) {
  Normal n = Normalized(x);
  int exponent = n.exponent + Truncated(y), biased = exponent + kBias;
  bool negative = x.negative(), towardsInfinity = rounding == (negative ? 1u : 2u);
  X87Scaled scaled;
  if (biased >= static_cast<int>(Float80::kMaximum)) {
    scaled.overflow = scaled.inexact = true;
    scaled.up = rounding == 0 || towardsInfinity;
    scaled.value = scaled.up ? Float80::Infinity(negative) : Float80{~uint64_t{0}, Float80::kMaximum - 1}.WithSign(negative);
    return scaled;
  }
  if (biased >= 1) {
    scaled.value = Packed(n.significand, exponent, negative);
    return scaled;
  }
  scaled.tiny = true;
  int down = 1 - biased;
  uint64_t kept = down > 63 ? 0 : n.significand >> down, lost = down > 64 ? 1 : down == 64 ? n.significand : n.significand << (64 - down);
  const uint64_t half = uint64_t{1} << 63;
  scaled.inexact = lost != 0;
  scaled.up = rounding == 0 ? lost > half || (lost == half && (kept & 1)) : scaled.inexact && towardsInfinity;
  kept += scaled.up;
  scaled.value = Float80{kept, static_cast<uint16_t>(kept >> 63)}.WithSign(negative);
  return scaled;
}

void Extracted(const Float80& x, Float80& exponent, Float80& significand) {
  Normal n = Normalized(x);
  significand = Float80{n.significand, Float80::kBias}.WithSign(x.negative());
  auto magnitude = static_cast<uint64_t>(n.exponent < 0 ? -n.exponent : n.exponent);
  exponent = Packed(magnitude, 63, n.exponent < 0);
  if (!magnitude) exponent = Float80::Zero(false);
}
