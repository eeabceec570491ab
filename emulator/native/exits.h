// The numbers that the native module shares with TypeScript: one Float64Array,
// rewritten by each run, so that no object is made per exit. The order must
// agree with emulator/native-state.ts; reasons and accesses with emulator/engine.ts.
#pragma once

enum ExitReason { kBudget, kFault, kSystemCall, kInterrupt, kInvalidInstruction, kBreakpoint, kWatchpoint, kHalt, kSoftwareInterrupt };

// The detail of a fault.
enum FaultDetail { kExhausted = 1, kStackSegment = 2 };

enum StateSlot {
  kReason, kPc, kAddress, kCanonical, kAccess, kSize, kNumber, kDetail, kExecuted,  // the exit record
  kDirty,               // register groups to write before the next run
  kBudgetIn,            // run's argument
  kTimestamp,           // virtual time at the start of the next run
  kGeneration,          // changes when a translation may have become wrong in any way
  kMappingGeneration,   // changes when a page's frame may have changed
  kResident, kPeakResident,
  kTables,              // bytes of page tables
  kKept,                // bytes that TypeScript keeps for the guest: they count as memory
  kTranslated,          // what translating blocks has cost so far, in instructions
  kStateSlots
};
