// What a processor checks in front of an instruction and Unicorn does not: encodings that are
// not valid, and the alignment of addresses. For instructions that run singly.
#pragma once
#include <cstdint>

#include "guest-memory.h"
#include "machine.h"
#include "stop.h"
#include "x86-decode.h"

class InstructionChecks {
 public:
  InstructionChecks(Machine& machine, GuestMemory& memory, Stop& stop) : machine_(machine), memory_(memory), stop_(stop) {}
  // False: the instruction is refused, and `stop` says how.
  bool PassX86(const X86Instruction& instruction, uint64_t pc);
  bool PassArm64(uint64_t pc);

 private:
  bool LoadsReservedBits(const X86Instruction& instruction, uint64_t pc);
  uint64_t Register(int slot) const;
  uint64_t OperandAddress(const X86Instruction& instruction, uint64_t pc) const;

  Machine& machine_;
  GuestMemory& memory_;
  Stop& stop_;
};
