// Where the CPU's state is: in one of the two machines, or in a saved context that no
// machine has been given yet. A context is Unicorn's blob (everything a thread has in the
// CPU) with a copy of the packed general registers, so that restoring is lazy: the blob
// goes to whichever machine runs next.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "boot-code.h"
#include "breakpoints.h"
#include "descriptors.h"
#include "machine.h"
#include "register-block.h"
#include "unicorn-places.h"

class CpuState {
 public:
  CpuState(const CpuModel& model, double* state, uint8_t* block, Machine& main, Descriptors& descriptors, const UnicornPlaces& places, Breakpoints& breakpoints);
  // What a fresh thread has, made in main. Returns what went wrong.
  std::string MakeThreads(BootCode& boot);

  int New(int mode);
  bool Save(int id);
  bool Restore(int id);
  bool Free(int id);
  void FreeAll() { contexts_.clear(); }

  // The state comes to `machine`, with all that the host has changed, and its TLB and descriptors are up to date.
  void Enter(Machine& machine);
  // The machine that has the state, with all that the host has changed: main where none had it.
  Machine& Settle();
  bool settled() const { return at_ != nullptr; }
  bool isIn(const Machine& machine) const { return at_ == &machine; }
  void ReadFloats();
  // A copy of the state goes to `machine`, which may spoil it until it is reclaimed.
  void Lend(Machine& machine);
  void Reclaim(Machine& machine);
  // Before the next instruction of the machine that has the state: no exception was in flight. Returns its error code.
  uint32_t ForgetException();

  // ARM64: a store exclusive after this fails.
  void BreakMonitor();

  // x86 floating-point exceptions. An instruction has loaded a control register, and with it the flags.
  void FloatControlLoaded() {
    controlChanged_ = flagsLoaded_ = true;
    denormalsToWatch_ = kWatched;
  }
  // The denormal flag is right for so many instructions behind that: whoever looks at flags has cleared them before.
  // To look at all operands always would make all arithmetic slow.
  static constexpr int kWatched = 256;
  bool watchesDenormals() const { return denormalsToWatch_ > 0; }
  // In front of one. False: it is no longer watched for.
  bool WatchDenormal() { return denormalsToWatch_ > 0 && denormalsToWatch_-- > 0; }
  bool floatControlLoaded() const { return flagsLoaded_; }
  // The AC flag is set where it has a meaning. An instruction has loaded the flags: they must be asked for.
  void FlagsLoaded() { generalFlagsLoaded_ = true; }
  bool flagsLoaded() const { return generalFlagsLoaded_; }
  bool AlignmentChecked() { return modeFlags() & kAlignmentFlag && model_.alignmentChecks; }
  bool SingleSteps() { return modeFlags() & kTrapFlag; }
  // Some are not masked: instructions run one by one, between BeforeArithmetic and what it has raised.
  bool FloatTraps();
  void BeforeArithmetic(Blob& before, bool x87);
  void SetX87Status(uint64_t status);
  // All flags are in it.
  void SetSseFlags(uint64_t mxcsr);
  uint32_t RaisedBySse();
  uint32_t RaisedByX87();
  // Into MXCSR and the x87's status word go the flags that arithmetic has raised.
  void ShowFloatFlags(Machine& machine);

  RegisterBlock registers;

 private:
  struct Context {
    Blob blob;  // empty until first saved: then it is a fresh thread of `mode`
    int mode = 0;
    uint64_t general[kGeneralSlots] = {};
    uint64_t passedBreakpoint = Breakpoints::kNone;
  };
  Context* Find(int id);
  void MoveTo(Machine& machine);
  void WriteDirty();
  void ChangeMode();
  void TakeLoadedFlags(Blob& state);

  const CpuModel& model_;
  double* state_;
  Machine& main_;
  Descriptors& descriptors_;
  const UnicornPlaces& places_;
  Breakpoints& breakpoints_;
  Machine* at_ = nullptr;
  Context* pending_ = nullptr;
  std::vector<std::unique_ptr<Context>> contexts_;
  std::vector<int> free_;  // ids that are not in use
  Blob fresh_[2];  // by mode: 0 = 64-bit or ARM64, 1 = 32-bit
  Blob scratch_, lent_;
  bool controlChanged_ = true, flagsLoaded_ = false, floatTraps_ = false;
  int denormalsToWatch_ = kWatched;
  bool generalFlagsLoaded_ = false;
  uint64_t modeFlags_ = 0;  // RFLAGS as they were loaded last: of what arithmetic does not change
  static constexpr uint64_t kTrapFlag = 1 << 8, kAlignmentFlag = 1 << 18;
  uint64_t modeFlags();
};
