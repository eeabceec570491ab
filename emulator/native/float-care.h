// x86 floating-point instructions that the machine can't be left alone with, and what they come to. One that needs care is
// stopped in front of (stepper.cc) and then run by itself (float-traps.cc).
#pragma once
#include <cstdint>

#include "guest-memory.h"
#include "machine.h"
#include "x86-decode.h"
#include "x87-plan.h"

class FloatCare {
 public:
  FloatCare(Machine& machine, GuestMemory& memory) : machine_(machine), memory_(memory) {}
  // While no exception is unmasked. `everything`: denormal operands and other rarities too, and not only what a block is
  // left to the stepper for whatever happens.
  bool Needs(const X86Instruction& instruction, uint64_t pc, bool everything);
  // Of an x87 instruction.
  X87Plan Plan(const X87Operation& operation, const X86Instruction& instruction, uint64_t pc);
  // An SSE instruction meets a denormal operand.
  bool SseDenormal(const X86Instruction& instruction, uint64_t pc);
  // Exceptions of its that are none (sse-operands.h).
  unsigned SseSilent(const X86Instruction& instruction, uint64_t pc);
  // Behind one: sse-operands.h.
  bool SseResultIsTiny(const X86Instruction& instruction) const;
  uint64_t OperandAddress(const X86Instruction& instruction, uint64_t pc) const;

 private:
  uint8_t LastByte(const X86Instruction& instruction, uint64_t pc);

  Machine& machine_;
  GuestMemory& memory_;
};
