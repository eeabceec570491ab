// f2xm1, fsin, fcos, fsincos, fptan, fpatan, fyl2x and fyl2xp1 with the host's long double, where that is no less precise
// than the x87's format; Unicorn has them in doubles. The last bit may be another than a processor's.
#include <cfloat>
#include <cmath>

#include "x87-plan.h"

namespace {
using Op = X87Operation;

long double FromFloat80(const Float80& x) {
  if (x.is(Float80::kInfinity)) return x.negative() ? -HUGE_VALL : HUGE_VALL;
  long double magnitude = ldexpl(static_cast<long double>(x.significand), static_cast<int>(x.exponent() ? x.exponent() : 1) - static_cast<int>(Float80::kBias) - 63);
  return x.negative() ? -magnitude : magnitude;
}

Float80 ToFloat80(long double x) {
  if (std::isinf(x)) return Float80::Infinity(std::signbit(x));
  if (x == 0) return Float80::Zero(std::signbit(x));
  int exponent;
  long double fraction = frexpl(fabsl(x), &exponent);  // in [0.5, 1)
  int biased = exponent - 1 + static_cast<int>(Float80::kBias);
  auto significand = static_cast<uint64_t>(ldexpl(fraction, 64));
  if (biased < 1) {
    significand = biased < -63 ? 0 : significand >> (1 - biased);
    biased = 0;
  }
  return Float80{significand, static_cast<uint16_t>(biased)}.WithSign(std::signbit(x));
}
}  // namespace

bool X87Function(X87Operation::Kind kind, const Float80& left, const Float80& right, Float80 (&results)[2]) {
  if (LDBL_MANT_DIG < 64) return false;
  const long double log2e = 1.442695040888963407359924681001892137L, ln2 = 0.693147180559945309417232121458176568L;
  long double x = FromFloat80(left), y = FromFloat80(right), second = 0, first;
  switch (kind) {
    case Op::kPower: first = x == 1 || x == -1 ? exp2l(x) - 1 : expm1l(x * ln2); break;
    case Op::kSine: first = sinl(x); break;
    case Op::kCosine: first = cosl(x); break;
    case Op::kSineAndCosine: first = sinl(x), second = cosl(x); break;
    case Op::kTangent: first = tanl(x), second = 1; break;
    case Op::kArcTangent: first = atan2l(y, x); break;
    case Op::kLogarithm: first = y * log2l(x); break;
    case Op::kLogarithmOfNext: first = y * (log1pl(x) * log2e); break;
    default: return false;
  }
  results[0] = ToFloat80(first);
  results[1] = ToFloat80(second);
  return true;
}
