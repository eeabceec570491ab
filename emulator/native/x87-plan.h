// What an x87 instruction comes to, where Unicorn makes something else of it: faults of the register stack, denormal
// operands, invalid operands of functions, formats that it does not know (Intel SDM vol. 1, 8.5; vol. 2, each instruction).
#pragma once
#include <cstdint>

#include "x87-operation.h"
#include "x87-state.h"

struct X87Plan {
  // `state` is what it leaves, where no exception stops it; else what the machine makes of it is right.
  bool settled = false;
  X87State state;
  uint16_t raised = 0;      // exceptions; beside those of the machine, where it is not settled
  uint16_t conditions = 0;  // of those in `changes`, where it is settled
  uint16_t changes = 0;
  bool unordered = false;   // fcomi of something that is not there: ZF, PF and CF
  uint8_t stored[10] = {};  // what memory gets instead, if it gets something
  unsigned storedBytes = 0;
};

// `memory`: the operand that is read, of operation.bytes().
X87Plan PlanX87(const X87Operation& operation, const X87State& state, uint16_t control, const uint8_t* memory);

// The functions, of operands that are neither NaN nor refused. False: the machine's own result must do.
bool X87Function(X87Operation::Kind kind, const Float80& x, const Float80& y, Float80 (&results)[2]);
