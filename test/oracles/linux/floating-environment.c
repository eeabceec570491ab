/* fenv.h: flags, rounding, environments, and what arithmetic leaves of them. */
//! flags: -lm
#include "../observe.h"
#include <fenv.h>
#include <float.h>

static volatile double one = 1.0, three = 3.0, zero = 0.0, huge = DBL_MAX, tiny = DBL_MIN;
static volatile double out;

int main(void) {
  OBSERVE("start.flags", fetestexcept(FE_ALL_EXCEPT));
  OBSERVE("start.round", fegetround());
  OBSERVE("start.enabled", fegetexcept());
  out = one / three;
  OBSERVE_HEX("inexact", fetestexcept(FE_ALL_EXCEPT));
  out = one / zero;
  OBSERVE_HEX("divide", fetestexcept(FE_ALL_EXCEPT));
  OBSERVE("clear", feclearexcept(FE_INEXACT));
  OBSERVE_HEX("cleared", fetestexcept(FE_ALL_EXCEPT));
  feclearexcept(FE_ALL_EXCEPT);
  out = zero / zero;
  OBSERVE_HEX("invalid", fetestexcept(FE_ALL_EXCEPT));
  feclearexcept(FE_ALL_EXCEPT);
  out = huge * huge;
  OBSERVE_HEX("overflow", fetestexcept(FE_ALL_EXCEPT));
  feclearexcept(FE_ALL_EXCEPT);
  out = tiny * tiny;
  OBSERVE_HEX("underflow", fetestexcept(FE_ALL_EXCEPT));
  feclearexcept(FE_ALL_EXCEPT);
  static const int each[] = {FE_INVALID, FE_DIVBYZERO, FE_OVERFLOW, FE_UNDERFLOW, FE_INEXACT};
  for (int i = 0; i < 5; i++) {
    char name[] = "raise.0";
    name[6] = (char)('0' + i);
    int failed = feraiseexcept(each[i]);
    OBSERVE2(name, failed, fetestexcept(FE_ALL_EXCEPT));
    feclearexcept(FE_ALL_EXCEPT);
  }
  fexcept_t flags;
  feraiseexcept(FE_INEXACT | FE_DIVBYZERO);
  OBSERVE("getflag", fegetexceptflag(&flags, FE_INEXACT));
  feclearexcept(FE_ALL_EXCEPT);
  OBSERVE("setflag", fesetexceptflag(&flags, FE_ALL_EXCEPT));
  OBSERVE_HEX("setflag.flags", fetestexcept(FE_ALL_EXCEPT));
  feclearexcept(FE_ALL_EXCEPT);
  static const int rounds[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  for (int i = 0; i < 4; i++) {
    char name[] = "round.0";
    name[6] = (char)('0' + i);
    int failed = fesetround(rounds[i]);
    volatile double third = one / three, minus = -one / three;
    union { double d; unsigned long long bits; } up = {third}, down = {minus};
    OBSERVE3(name, failed, fegetround() == rounds[i], (int)(up.bits & 15) * 16 + (int)(down.bits & 15));
  }
  OBSERVE("round.wrong", fesetround(1) != 0);
  OBSERVE("round.kept", fegetround() == FE_TOWARDZERO);
  fenv_t environment;
  feraiseexcept(FE_DIVBYZERO);
  OBSERVE("holdexcept", feholdexcept(&environment));
  OBSERVE_HEX("holdexcept.flags", fetestexcept(FE_ALL_EXCEPT));
  OBSERVE("holdexcept.round-kept", fegetround() == FE_TOWARDZERO);
  fesetround(FE_TONEAREST);
  feraiseexcept(FE_INVALID);
  OBSERVE("updateenv", feupdateenv(&environment));
  OBSERVE_HEX("updateenv.flags", fetestexcept(FE_INVALID | FE_DIVBYZERO));
  OBSERVE("updateenv.round", fegetround() == FE_TOWARDZERO);
  OBSERVE("getenv", fegetenv(&environment));
  OBSERVE("setenv.default", fesetenv(FE_DFL_ENV));
  OBSERVE("setenv.default-round", fegetround() == FE_TONEAREST);
  OBSERVE("setenv.default-flags", fetestexcept(FE_ALL_EXCEPT));
  OBSERVE("setenv", fesetenv(&environment));
  OBSERVE("setenv.round", fegetround() == FE_TOWARDZERO);
#if !defined(__aarch64__)
  feclearexcept(FE_ALL_EXCEPT);
  OBSERVE_HEX("enable", feenableexcept(FE_DIVBYZERO));
  OBSERVE_HEX("enabled", fegetexcept());
  OBSERVE_HEX("disable", fedisableexcept(FE_DIVBYZERO));
  OBSERVE_HEX("disabled", fegetexcept());
#endif
  return 0;
}
