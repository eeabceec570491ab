// The end of a budget inside a block, without leaving main. Unicorn keeps translations by
// address and CPU flags; a flag that means nothing to the program (x86: CR0.MP, which matters
// only while CR0.TS is set; ARM64: PSTATE.BTYPE 3, which no branch makes without guarded pages)
// gives a second translation of the block. A code hook exists while that one is made and not
// otherwise, so it alone stops in front of an instruction. Costs 0.2 us, where the stepper, with
// its two context moves, costs 1.
#pragma once
#include "counting.h"
#include "machine.h"
#include "singly.h"
#include "stop.h"
#include "unicorn-places.h"

class Remainder {
 public:
  Remainder(Machine& main, Counting& counting, Stop& stop, UnicornPlaces& places)
      : main_(main), counting_(counting), stop_(stop), places_(places) {}
  bool Hook();
  // Where Unicorn keeps the hook's range is known.
  bool possible() const { return places_.hookRange() != nullptr; }
  // Main stands at the start of a block that is longer than what remains: run that much of it.
  uc_err Run();

 private:
  static void OnInstruction(uc_engine*, uint64_t address, uint32_t size, void*);
  void Mark(bool on);

  Machine& main_;
  Counting& counting_;
  Stop& stop_;
  UnicornPlaces& places_;
  Singly singly_;
  bool marked_ = false;  // a marked block is running
};
