#include "x87-plan.h"

#include <cstring>

#include "x87-exact.h"

namespace {
using Op = X87Operation;
using namespace x87;

// Of a load or an operand in memory; integers are never special.
Float80::Kind KindInMemory(Op::Format format, const uint8_t* memory) {
  if (format == Op::kSingle) {
    uint32_t bits;
    memcpy(&bits, memory, 4);
    uint32_t exponent = bits >> 23 & 0xff, fraction = bits & 0x7fffff;
    if (exponent == 0xff) return !fraction ? Float80::kInfinity : fraction >> 22 ? Float80::kQuiet : Float80::kSignaling;
    return exponent ? Float80::kNormal : fraction ? Float80::kDenormal : Float80::kZero;
  }
  if (format == Op::kDouble) {
    uint64_t bits;
    memcpy(&bits, memory, 8);
    uint64_t exponent = bits >> 52 & 0x7ff, fraction = bits & 0xfffffffffffff;
    if (exponent == 0x7ff) return !fraction ? Float80::kInfinity : fraction >> 51 ? Float80::kQuiet : Float80::kSignaling;
    return exponent ? Float80::kNormal : fraction ? Float80::kDenormal : Float80::kZero;
  }
  for (unsigned i = 0; i < 8 && format >= Op::kInt16; i++) if (i < (format == Op::kInt16 ? 2u : format == Op::kInt32 ? 4u : 8u) && memory[i]) return Float80::kNormal;
  return Float80::kZero;
}

bool IsNan(Float80::Kind kind) { return kind == Float80::kQuiet || kind == Float80::kSignaling; }

class Planner {
 public:
  Planner(const Op& op, const X87State& state, uint16_t control, const uint8_t* memory) : op_(op), before_(state), control_(control), memory_(memory) {
    plan_.state = state;
  }

  X87Plan Make() {
    bool missing = op_.reads & ~before_.valid(), full = op_.pushes && !before_.IsEmpty(7);
    if (missing || full) StackFault(full);
    else if (op_.kind == Op::kStoreRegister && before_.IsEmpty(static_cast<unsigned>(op_.target))) Leave(before_.St(0));
    else if (op_.kind == Op::kExamine) Examine();
    else if (op_.isFunction() && op_.kind == Op::kStore) StoreInteger();
    else if (op_.kind >= Op::kRoot && op_.kind <= Op::kLogarithmOfNext) Function();
    else if (op_.kind == Op::kStore && before_.St(0).is(Float80::kSignaling) && (op_.format == Op::kSingle || op_.format == Op::kDouble)) StoreQuieted();
    else Denormals();
    return plan_;
  }

 private:
  void Conditions(uint16_t which, uint16_t value) {
    plan_.changes = static_cast<uint16_t>(plan_.changes | which);
    plan_.conditions = static_cast<uint16_t>((plan_.conditions & ~which) | (value & which));
  }

  // One result, or two of an instruction that pushes the second.
  void Leave(const Float80& result, const Float80& second = Float80{}) {
    plan_.settled = true;
    if (op_.target >= 0) plan_.state.Set(static_cast<unsigned>(op_.target), result);
    if (op_.pushes) plan_.state.Push(op_.target >= 0 ? second : result);
    plan_.state.Pop(op_.pops);
  }

  void StackFault(bool full) {
    plan_.raised = kInvalid | kStackFault;
    Conditions(kC1, full ? kC1 : 0);
    if (op_.compares()) {
      plan_.unordered = op_.kind == Op::kCompareFlags;
      if (!plan_.unordered) Conditions(kComparison, kComparison);
    }
    if (op_.kind == Op::kExchange) {
      Float80 first = OrIndefinite(0), second = OrIndefinite(op_.other);
      plan_.state.Set(0, second);
      plan_.state.Set(op_.other, first);
      plan_.settled = true;
      return;
    }
    if (op_.kind == Op::kStore) StoreIndefinite();
    Leave(Float80::Indefinite(), Float80::Indefinite());
  }

  Float80 OrIndefinite(unsigned i) const { return before_.IsEmpty(i) ? Float80::Indefinite() : before_.St(i); }

  void StoreIndefinite() {
    plan_.storedBytes = op_.bytes();
    static const uint8_t single[] = {0, 0, 0xc0, 0xff}, twice[] = {0, 0, 0, 0, 0, 0, 0xf8, 0xff};
    static const uint8_t extended[] = {0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff};  // a decimal's too
    if (op_.format == Op::kSingle) memcpy(plan_.stored, single, sizeof single);
    else if (op_.format == Op::kDouble) memcpy(plan_.stored, twice, sizeof twice);
    else if (op_.format == Op::kExtended || op_.format == Op::kDecimal) memcpy(plan_.stored, extended, sizeof extended);
    else plan_.stored[plan_.storedBytes - 1] = 0x80;
  }

  void Examine() {
    if (before_.IsEmpty(0) || !before_.St(0).is(Float80::kUnsupported)) return;
    plan_.settled = true;
    Conditions(kConditions, before_.St(0).negative() ? kC1 : 0);
  }

  // Arithmetic, comparisons, loads, ftst: the result is the machine's.
  void Denormals() {
    if (op_.isLoadOfFloat()) {
      if (KindInMemory(op_.format, memory_) == Float80::kDenormal) plan_.raised = kDenormal;
      return;
    }
    if (op_.kind != Op::kArithmetic && !op_.compares()) return;
    Float80::Kind x = before_.St(0).kind();
    Float80::Kind y = op_.kind == Op::kTest ? Float80::kZero : op_.format == Op::kRegister ? before_.St(op_.other).kind() : KindInMemory(op_.format, memory_);
    if (IsNan(x) || IsNan(y) || x == Float80::kUnsupported || y == Float80::kUnsupported) return;
    if (op_.divides && (op_.reversed ? x : y) == Float80::kZero) return;
    if (x == Float80::kDenormal || y == Float80::kDenormal) plan_.raised = kDenormal;
  }

  void Invalid() {
    plan_.raised = kInvalid;
    Leave(Float80::Indefinite(), Float80::Indefinite());
  }

  // NaNs and what is no number: the greater significand wins.
  bool Nans(const Float80& x, const Float80& y) {
    if (x.is(Float80::kUnsupported) || y.is(Float80::kUnsupported)) return Invalid(), true;
    if (!x.isNan() && !y.isNan()) return false;
    if (x.is(Float80::kSignaling) || y.is(Float80::kSignaling)) plan_.raised = kInvalid;
    Float80 winner = !y.isNan() || (x.isNan() && x.significand >= y.significand) ? x : y;
    Leave(winner.Quieted(), winner.Quieted());
    return true;
  }

  void Function() {
    const Float80& x = before_.St(0);
    bool binary = op_.reads & 2;
    Float80 y = binary ? before_.St(1) : Float80{};
    if (op_.kind == Op::kRemainder) Conditions(kC0 | kC2 | kC3, 0);
    if (op_.kind == Op::kSine || op_.kind == Op::kCosine || op_.pushes) Conditions(kC2, 0);
    if (Nans(x, y)) return;
    if (IsInvalid(x, y)) return Invalid();
    bool denormal = (x.is(Float80::kDenormal) || (binary && y.is(Float80::kDenormal))) && !DividesByZero(x, y);
    plan_.raised = denormal ? kDenormal : 0;
    Exact(x, y) || Computed(x, y);
  }

  bool IsInvalid(const Float80& x, const Float80& y) const {
    bool infinite = x.is(Float80::kInfinity), zero = x.is(Float80::kZero), one = x.significand == uint64_t{1} << 63 && x.high == Float80::kBias;
    switch (op_.kind) {
      case Op::kRoot: return x.negative() && !zero;
      case Op::kRemainder: return infinite || y.is(Float80::kZero);
      case Op::kScale: return y.is(Float80::kInfinity) && (y.negative() ? infinite : zero);
      case Op::kSine: case Op::kCosine: case Op::kSineAndCosine: case Op::kTangent: return infinite;
      case Op::kLogarithm:
        if (zero) return y.is(Float80::kZero);
        return x.negative() || (one && y.is(Float80::kInfinity)) || (infinite && y.is(Float80::kZero));
      case Op::kLogarithmOfNext: return (zero && y.is(Float80::kInfinity)) || (infinite && (x.negative() || y.is(Float80::kZero)));
      default: return false;
    }
  }

  bool DividesByZero(const Float80& x, const Float80& y) const {
    return x.is(Float80::kZero) && (op_.kind == Op::kExtract || (op_.kind == Op::kLogarithm && !y.is(Float80::kInfinity)));
  }

  // Results that need no computation. False: there are none.
  bool Exact(const Float80& x, const Float80& y) {
    bool zero = x.is(Float80::kZero), infinite = x.is(Float80::kInfinity), otherInfinite = y.is(Float80::kInfinity);
    switch (op_.kind) {
      case Op::kRound:
        if (!x.is(Float80::kDenormal)) return false;
        plan_.raised = kDenormal | kInexact;
        return Leave(RoundedDenormal(x.negative())), true;
      case Op::kRoot: return zero && (Leave(x), true);
      case Op::kRemainder: return Remainder(x, y, zero || otherInfinite), true;
      case Op::kScale:
        if (zero || infinite || y.is(Float80::kZero)) return Leave(x), true;
        if (otherInfinite) return Leave(y.negative() ? Float80::Zero(x.negative()) : Float80::Infinity(x.negative())), true;
        return Scale(x, y);
      case Op::kExtract: return Extract(x, zero, infinite), true;
      case Op::kPower:
        if (zero || (infinite && !x.negative())) return Leave(x), true;
        return infinite && (Leave(Float80::One(true)), true);
      case Op::kSine: case Op::kCosine: case Op::kSineAndCosine: case Op::kTangent: return OfAngle(x, zero);
      case Op::kArcTangent:
        // Where the result is zero: of zero by what is positive, of something by positive infinity.
        if (x.negative() || !(y.is(Float80::kZero) || (infinite && !otherInfinite))) return false;
        return Leave(Float80::Zero(y.negative())), true;
      case Op::kLogarithm: case Op::kLogarithmOfNext: return OfLogarithm(x, y);
      default: return false;
    }
  }

  void Remainder(const Float80& x, const Float80& y, bool isItself) {
    if (isItself) return Leave(x);
    X87Remainder rest = RemainderOf(x, y, op_.nearest);
    unsigned q = rest.partial ? 0 : rest.quotient;
    Conditions(kConditions, static_cast<uint16_t>((rest.partial ? kC2 : 0) | (q & 4 ? kC0 : 0) | (q & 2 ? kC3 : 0) | (q & 1 ? kC1 : 0)));
    Leave(rest.value);
  }

  // Where an overflow or an underflow is not masked, the machine's own result must do.
  bool Scale(const Float80& x, const Float80& y) {
    X87Scaled scaled = Scaled(x, y, control_ >> 10 & 3);
    if ((scaled.overflow && !(control_ & kOverflow)) || (scaled.tiny && !(control_ & kUnderflow))) return false;
    unsigned raised = (scaled.overflow ? kOverflow : 0) | (scaled.tiny && scaled.inexact ? kUnderflow : 0) | (scaled.inexact ? kInexact : 0);
    plan_.raised = static_cast<uint16_t>(plan_.raised | raised);
    Conditions(kC1, scaled.up ? kC1 : 0);
    Leave(scaled.value);
    return true;
  }

  void Extract(const Float80& x, bool zero, bool infinite) {
    if (zero) plan_.raised = kDivideByZero;
    if (zero || infinite) return Leave(Float80::Infinity(zero), x);
    Float80 exponent, significand;
    Extracted(x, exponent, significand);
    Leave(exponent, significand);
  }

  Float80 RoundedDenormal(bool negative) {
    unsigned rounding = control_ >> 10 & 3;
    bool away = rounding == (negative ? 1u : 2u);
    Conditions(kC1, away ? kC1 : 0);
    return away ? Float80::One(negative) : Float80::Zero(negative);
  }

  bool OfAngle(const Float80& x, bool zero) {
    if (x.exponent() >= Float80::kBias + 63) {  // too large: C2, and nothing else changes
      Conditions(kC2, kC2);
      plan_.settled = true;
      return true;
    }
    if (!zero) return false;
    bool second = op_.kind == Op::kSineAndCosine || op_.kind == Op::kTangent;
    Leave(op_.kind == Op::kCosine ? Float80::One(false) : x, second ? Float80::One(false) : Float80{});
    return true;
  }

  // y times the logarithm of x, or of x and one.
  bool OfLogarithm(const Float80& x, const Float80& y) {
    bool next = op_.kind == Op::kLogarithmOfNext, zero = x.is(Float80::kZero), infinite = x.is(Float80::kInfinity);
    if (zero && !next) {
      if (!y.is(Float80::kInfinity)) plan_.raised = kDivideByZero;
      return Leave(Float80::Infinity(!y.negative())), true;
    }
    bool one = x.significand == uint64_t{1} << 63 && x.high == Float80::kBias;
    bool below = next ? x.negative() : x.exponent() < Float80::kBias;  // the logarithm is negative
    bool nothing = next ? zero : one, minus = y.negative() != (below && !nothing);
    if (next && zero) minus = y.negative() != x.negative();
    if (infinite || y.is(Float80::kInfinity)) return Leave(Float80::Infinity(minus)), true;
    return (nothing || y.is(Float80::kZero)) && (Leave(Float80::Zero(minus)), true);
  }

  // f2xm1 of what it is not for leaves it.
  bool IsBeyondOne(const Float80& x) const { return x.exponent() > Float80::kBias || (x.exponent() == Float80::kBias && x.significand << 1); }

  bool Computed(const Float80& x, const Float80& y) {
    if (op_.kind < Op::kPower) return false;
    plan_.raised = static_cast<uint16_t>(plan_.raised | kInexact);
    if (op_.kind == Op::kPower && IsBeyondOne(x)) return Leave(x), true;
    Float80 results[2];
    if (!X87Function(op_.kind, x, y, results)) return false;
    if (results[0].is(Float80::kDenormal) || results[0].is(Float80::kZero)) plan_.raised = static_cast<uint16_t>(plan_.raised | kUnderflow);
    if (results[0].is(Float80::kInfinity)) plan_.raised = static_cast<uint16_t>(plan_.raised | kOverflow);
    Leave(results[0], results[1]);
    return true;
  }

  // fisttp and fbstp.
  void StoreInteger() {
    const Float80& x = before_.St(0);
    bool inexact = false;
    unsigned __int128 magnitude = 0;
    bool fits = !x.isNan() && !x.is(Float80::kUnsupported) && !x.is(Float80::kInfinity) && Whole(x, magnitude, inexact);
    if (fits && op_.format == Op::kDecimal) fits = magnitude < 1000000000000000000u;
    else if (fits) fits = magnitude < (static_cast<unsigned __int128>(1) << (8 * op_.bytes() - 1)) + x.negative();
    plan_.settled = true;
    if (!fits) {
      plan_.raised = kInvalid;
      StoreIndefinite();
    } else {
      plan_.raised = inexact ? kInexact : 0;
      auto value = static_cast<uint64_t>(magnitude);
      plan_.storedBytes = op_.bytes();
      if (op_.format == Op::kDecimal) {
        for (unsigned i = 0; i < 9; i++, value /= 100) plan_.stored[i] = static_cast<uint8_t>(value % 10 | value / 10 % 10 << 4);
        plan_.stored[9] = x.negative() ? 0x80 : 0;
      } else {
        if (x.negative()) value = 0 - value;
        memcpy(plan_.stored, &value, plan_.storedBytes);
      }
    }
    plan_.state.Pop(op_.pops);
  }

  // The magnitude as a whole number, rounded as the control word says. False: it is too large for 64 bits.
  bool Whole(const Float80& x, unsigned __int128& magnitude, bool& inexact) {
    int exponent = static_cast<int>(x.exponent() ? x.exponent() : 1) - static_cast<int>(Float80::kBias);
    if (exponent > 63) return false;
    unsigned down = static_cast<unsigned>(63 - exponent);
    magnitude = down > 63 ? 0 : x.significand >> down;
    uint64_t rest = down == 0 ? 0 : down > 64 ? (x.significand ? 1 : 0) : x.significand << (64 - down);
    inexact = rest != 0;
    unsigned rounding = op_.truncates ? 3 : control_ >> 10 & 3;
    bool up = rounding == 0 ? rest > uint64_t{1} << 63 || (rest == uint64_t{1} << 63 && (magnitude & 1)) : inexact && rounding == (x.negative() ? 1u : 2u);
    if (up) magnitude++;
    Conditions(kC1, up ? kC1 : 0);
    return true;
  }

  // Unicorn stores a NaN as it is.
  void StoreQuieted() {
    Float80 x = before_.St(0).Quieted();
    plan_.raised = kInvalid;
    plan_.settled = true;
    plan_.storedBytes = op_.bytes();
    if (op_.format == Op::kSingle) {
      auto bits = static_cast<uint32_t>(x.significand >> 40 & 0x7fffff) | 0x7f800000u | (x.negative() ? 0x80000000u : 0);
      memcpy(plan_.stored, &bits, 4);
    } else {
      uint64_t bits = (x.significand >> 11 & 0xfffffffffffff) | 0x7ff0000000000000 | uint64_t{x.negative()} << 63;
      memcpy(plan_.stored, &bits, 8);
    }
    plan_.state.Pop(op_.pops);
  }

  const Op& op_;
  const X87State& before_;
  const uint16_t control_;
  const uint8_t* memory_;
  X87Plan plan_;
};
}  // namespace

X87Plan PlanX87(const X87Operation& operation, const X87State& state, uint16_t control, const uint8_t* memory) {
  return Planner(operation, state, control, memory).Make();
}
