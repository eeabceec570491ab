// The engine: main runs whole blocks while they fit the budget, the stepper does the
// rest, and each stop becomes one exit record.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "breakpoints.h"
#include "counting.h"
#include "cpu-model.h"
#include "cpu-state.h"
#include "descriptors.h"
#include "guest-memory.h"
#include "machine.h"
#include "remainder.h"
#include "stepper.h"
#include "stop.h"
#include "traps.h"
#include "unicorn-places.h"
#include "x86-decode.h"

class Engine {
 public:
  // `state` and `block` are shared with TypeScript: exits.h, register-block.h. `hiddenPlaces`: unicorn-places.h.
  Engine(const CpuModel& model, uint64_t physicalBytes, double* state, uint8_t* block, unsigned hiddenPlaces);
  ~Engine() { Close(); }
  // Empty while all goes well, else what is wrong.
  const std::string& error() const { return error_; }
  // Frees the CPUs; the memory goes with the destructor.
  void Close();

  // Runs at most state[kBudgetIn] instructions, and fills the exit record.
  void Run();
  // Bytes of the access that the last exit reports.
  uint32_t AccessSize();
  void SetBreakpoint(uint64_t address, bool on);
  // The x86 instruction at `address`, for the mode and registers that the CPU has now; its length is 0 where none can be read.
  X86Instruction Decode(uint64_t address);

  CpuState& cpu() { return cpu_; }
  GuestMemory& memory() { return memory_; }
  Recording& recording() { return stepper_.recording; }
  unsigned places() const { return places_.found(); }

 private:
  std::string Open(uint64_t physicalBytes);
  std::string OpenMachine(Machine& machine);
  // Where it fails, `error` says why.
  bool OpenStepper();
  int RunBudget(int64_t budget);
  int RunSingly(int64_t count);
  bool IsPause(uint64_t pc);
  int StepOverPause();
  int RunWithFloatTraps();
  int RunWithAlignmentChecks();
  int AlignmentFault(Machine& machine);
  void TakeBackBranch(Machine& machine, uint64_t branch);
  bool FloatMisaligned(const X86Instruction& instruction, uint64_t operand);
  int AfterMain(uc_err error);
  int AfterStop(uc_err error, uint64_t pc);
  int AfterRemainder(uc_err error);
  int Finish(Machine& machine, int reason);
  void ReportFault(Machine& machine);
  void ReportX86(int& reason);
  void ReportWatched();

  static constexpr int kGoOn = Stepper::kGoOn;
  const CpuModel model_;
  double* state_;
  std::string error_;
  Machine main_, stepperMachine_;
  Stop stop_;
  Breakpoints breakpoints_;
  UnicornPlaces places_;
  GuestMemory memory_;
  Counting counting_;
  Descriptors descriptors_;
  CpuState cpu_;
  Traps mainTraps_, stepperTraps_;
  Remainder remainder_;
  Stepper stepper_;
  Blob beforeArithmetic_;
  bool branchRefused_ = false;
  uint64_t branchTarget_ = 0;
};
