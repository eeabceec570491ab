// Runs instructions singly on the machine that has a hook before each instruction and each
// access: remainders of budgets, single steps, breakpoints, watchpoints and recordings.
// That machine never runs freely.
#pragma once
#include <cstdint>
#include <string>

#include "access-log.h"
#include "access-probe.h"
#include "breakpoints.h"
#include "counting.h"
#include "cpu-state.h"
#include "float-care.h"
#include "guest-memory.h"
#include "instruction-checks.h"
#include "machine.h"
#include "recording.h"
#include "singly.h"
#include "stop.h"
#include "traps.h"

class Stepper {
 public:
  Stepper(Machine& machine, GuestMemory& memory, Counting& counting, CpuState& state, Breakpoints& breakpoints, Traps& traps, Stop& stop)
      : probe(machine, memory), care(machine, memory), log(memory), checks_(machine, memory, stop), machine_(machine), memory_(memory), counting_(counting), state_(state), breakpoints_(breakpoints), traps_(traps), stop_(stop) {}
  bool Hook();

  // Run `count` of the remaining instructions, or to an exit. Returns its ExitReason
  // (where that is kFault, memory.refusal says more), or kGoOn when all ran and the
  // run's budget is not used up.
  static constexpr int kGoOn = -1;
  int Step(int64_t count);
  // The same of one instruction, of which the caller takes care (float-care.h).
  int StepWithCare();

  // The access of the last kWatchpoint.
  struct Watched { uint64_t address = GuestMemory::kNotWatched; uint32_t size = 0, access = 0; };
  const Watched& watched() const { return watched_; }

  AccessProbe probe;
  FloatCare care;
  AccessLog log;
  Recording recording;

 private:
  static bool OnFill(uc_engine*, uint64_t, uc_mem_type, uc_tlb_entry*, void*);
  static void OnInstruction(uc_engine*, uint64_t, uint32_t, void*);
  static void OnAccess(uc_engine*, uc_mem_type, uint64_t, int, int64_t, void*);
  void BeforeInstruction(uint64_t address);
  int AfterRun(uc_err error);
  int StepIntoRefusedPage();
  int RanAll();
  bool RefusedFetch(uc_err error) const { return error == UC_ERR_EXCEPTION && memory_.refusal.type == UC_MEM_FETCH; }

  InstructionChecks checks_;
  Machine& machine_;
  GuestMemory& memory_;
  Counting& counting_;
  CpuState& state_;
  Breakpoints& breakpoints_;
  Traps& traps_;
  Stop& stop_;
  Singly singly_;
  bool cared_ = false;
  bool endsBatch_ = false;  // the instruction before has pushed flags or loaded a floating-point control register
  Watched watched_;
};
