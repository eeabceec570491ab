// fprem, fprem1, fscale and fxtract of finite numbers that are not zero, whose results are exact or rounded once
// (Intel SDM vol. 2, each instruction).
#pragma once
#include "float80.h"

struct X87Remainder {
  Float80 value;
  bool partial;       // C2: to be called again
  unsigned quotient;  // its low three bits
};
// `nearest`: fprem1.
X87Remainder RemainderOf(const Float80& x, const Float80& y, bool nearest);

struct X87Scaled {
  Float80 value;
  bool overflow = false, tiny = false, inexact = false, up = false;
};
// `rounding`: of the control word.
X87Scaled Scaled(const Float80& x, const Float80& y, unsigned rounding);

// The exponent as a number, and the significand between one and two.
void Extracted(const Float80& x, Float80& exponent, Float80& significand);
