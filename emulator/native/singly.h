// The instruction that runs singly, as noted by the code hook in front of it. Unicorn
// rearranges x86 flags after a code hook and, where the instruction does not complete,
// restores those of before the rearrangement: the right ones are kept here and put back.
#pragma once
#include <cstdint>

#include "counting.h"
#include "machine.h"

class Singly {
 public:
  void Begin() { began_ = false; }
  // An instruction is about to execute.
  void Note(const Machine& machine, uint64_t pc) {
    pc_ = pc;
    began_ = true;
    if (machine.model().x86()) flags_ = machine.Read(UC_X86_REG_RFLAGS);
  }
  bool IsAt(uint64_t pc) const { return began_ && pc == pc_; }
  void RestoreFlags(Machine& machine) const {
    if (machine.model().x86()) machine.Write(UC_X86_REG_RFLAGS, flags_);
  }

 private:
  bool began_ = false;
  uint64_t pc_ = 0, flags_ = 0;
};
