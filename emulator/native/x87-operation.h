// What an x87 instruction takes from the register stack and leaves there
// (Intel SDM vol. 2, appendix A.5, and each instruction).
#pragma once
#include <cstdint>

#include "x86-decode.h"

struct X87Operation {
  enum Kind : uint8_t {
    kNone,  // it touches no register: control, fnop
    kArithmetic, kCompare, kCompareFlags, kTest, kExamine, kSign,
    kRoot, kRound, kRemainder, kScale, kExtract,
    kPower, kSine, kCosine, kSineAndCosine, kTangent, kArcTangent, kLogarithm, kLogarithmOfNext,  // f2xm1, …, fyl2x, fyl2xp1
    kLoad, kStore, kStoreRegister, kExchange, kMove, kFree, kTurn,
  } kind = kNone;
  enum Format : uint8_t { kRegister, kSingle, kDouble, kExtended, kInt16, kInt32, kInt64, kDecimal } format = kRegister;  // of the memory operand
  uint8_t reads = 0;    // bit i: ST(i) must have a value
  uint8_t other = 0;    // the second operand is ST(i), where it is not in memory
  int8_t target = -1;   // ST(i) that gets the result, before anything is popped
  bool pushes = false;  // after that
  uint8_t pops = 0;
  int8_t turn = 0;      // fincstp, fdecstp
  bool divides = false, reversed = false;  // reversed: the other operand by ST(0)
  bool truncates = false, nearest = false;  // fisttp, fprem1

  bool isLoadOfFloat() const { return kind == kLoad && (format == kSingle || format == kDouble); }
  bool compares() const { return kind == kCompare || kind == kCompareFlags || kind == kTest; }
  // By functions that Unicorn computes with the precision of a double, or not at all as a processor does.
  bool isFunction() const { return (kind >= kRemainder && kind <= kLogarithmOfNext) || (kind == kStore && (truncates || format == kDecimal)); }
  unsigned bytes() const;
};

X87Operation X87Decode(const X86Instruction& instruction);

// The register stack seen from where ST(0) was at first: what must have a value and what must be
// empty there so that no instruction of a run of them faults. Positions wrap around after eight.
class X87StackWalk {
 public:
  uint8_t needsValue = 0, needsEmpty = 0;  // by position from the first ST(0)
  bool faults = false;                     // one faults for sure
  void Pass(const X87Operation& operation);
  // An MMX instruction gives all eight a value; emms takes it.
  void PassMmx(bool empties) { value_ = empties ? 0 : 0xff, empty_ = empties ? 0xff : 0; }
  // What is needed holds behind it where it held in front of it.
  bool stable() const { return top_ == 0 && !(needsValue & empty_) && !(needsEmpty & value_); }

 private:
  void NeedValue(unsigned position);
  void NeedEmpty(unsigned position);
  void Set(unsigned position, bool value);
  unsigned top_ = 0;
  uint8_t value_ = 0, empty_ = 0;  // what is known
};
