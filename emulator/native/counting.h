// How many instructions a run has executed, exactly. Main counts whole blocks in a
// block hook, from a cache of their instruction counts; where instructions run singly
// (the stepper, and the remainder of a budget) a code hook counts each.
#pragma once
#include <cstdint>
#include <vector>

#include "block-checks.h"
#include "breakpoints.h"
#include "guest-memory.h"
#include "machine.h"
#include "stop.h"

// A translated block as the block hook knows it.
struct Block {
  uint64_t tag;  // address ^ the code generation in the top 16 bits
  uint32_t sizeAndChecks;  // above its size the number of its alignment checks, 0: none, so that only these cost anything
  int32_t count;
  static constexpr unsigned kSizeBits = 14;
  uint32_t size() const { return sizeAndChecks & ((1u << kSizeBits) - 1); }
  uint32_t checks() const { return sizeAndChecks >> kSizeBits; }
};
// The count of a block that must be left to the stepper: it holds a breakpoint, or an
// instruction that is exact there only.
constexpr int32_t kNeverFits = 0x7fffffff;

class alignas(64) Counting {
 public:
  Counting(Machine& main, GuestMemory& memory, const Breakpoints& breakpoints, Stop& stop);
  ~Counting();
  bool Hook();

  void Begin(int64_t budget) {
    budget_ = remaining_ = budget;
    translatedBefore_ = translated_;
  }
  // Instructions that the run may still execute, blocks that have begun already taken off.
  int64_t remaining() const { return remaining_; }
  int64_t executed() const { return budget_ - remaining_; }
  // What translating blocks has cost so far, as so many instructions: code that is always new runs a thousand times slower.
  int64_t translated() const { return translated_; }
  // This run has done so much of that that others should have a look.
  bool translatesMuch() const { return translated_ - translatedBefore_ > kMuchTranslation && executed() > 0; }

  // Main begins: no block is running. And the last one to have begun.
  void BeginBlocks() {
    current_ = nullptr;
    misaligned_ = monitorAsked_ = false;
  }

  // ARM64: exceptions have cleared the exclusive monitor, which Unicorn keeps: it must be broken before a store
  // exclusive asks it, unless a load exclusive takes it anew. So it is left as it is until a block asks.
  void MonitorIsStale() { monitorStale_ = true; }
  void MonitorIsRight() { monitorStale_ = false; }
  bool monitorStale() const { return monitorStale_; }
  // That has kept the current block from running.
  bool monitorAsked() const { return monitorAsked_; }
  // Blocks with arithmetic are left to the stepper, which looks at the operands.
  void WatchFloats(bool on) { watchFloats_ = on; }
  const Block* current() const { return current_; }
  bool leftToStepper() const { return current_->count == kNeverFits || misaligned_; }
  // Main has stopped at pc, inside the current block: what it has not executed is given back.
  void StoppedInBlock(uint64_t pc);

  // `count` of the remaining instructions are run singly.
  void BeginSteps(int64_t count);
  // The current block is run singly; it fits into no budget otherwise.
  void BeginSteppedBlock();
  int64_t stepsLeft() const { return stepsLeft_; }
  void Stepped(uint64_t address) {
    stepsLeft_--;
    steppedAt_ = address;
  }
  // The last one in these steps; nowhere where none was.
  uint64_t steppedAt() const { return steppedAt_; }
  void NotStepped() { stepsLeft_++; }
  // What is left of them is given back; returns it.
  int64_t EndSteps();

  // Instructions of this run before the one at pc, asked by a hook in the middle of it.
  uint64_t ExecutedBefore(uint64_t pc);
  // A trap has taken the place of the instruction at pc, and the rest of its block will not run.
  void CutShortAfter(uint64_t pc);

  // Where the instruction begins that has come to its end at pc; pc itself where none has: it stopped in the middle of one.
  uint64_t BeginningOf(uint64_t pc);
  // The last instruction of the current block.
  uint64_t LastOfCurrent();
  // One more instruction, which the machine has not executed itself.
  void CountOne() { remaining_--; }
  // One less: it has been undone.
  void TakeBack() { remaining_++; }

  // For start-up code: more than it needs.
  void BeginBoot() { remaining_ = 1000; }
  // Blocks may have changed.
  void Forget();

 private:
  template <int kShift> static void OnBlock(uc_engine*, uint64_t, uint32_t, void*);
  static void OnNewBlock(uc_engine*, uint64_t, uint32_t, void*);
  static void OnBudget(uc_engine*, void*);
  static constexpr int64_t kMuchTranslation = 200000;
  static constexpr uint32_t kStale = (1u << (32 - Block::kSizeBits)) - 1;  // in place of checks: not to be found again
  size_t SlotOf(uint64_t address) const;
  Block* LookUp(uint64_t address, uint32_t size);
  bool MonitorHolds(const BlockChecks& checks);
  bool ChecksHold(const Block& block, bool again);
  void AddChecks(Block& block);
  int32_t CountX86(uint64_t address, uint32_t size, int32_t translated);
  int32_t CountBefore(uint64_t pc);
  uint64_t AddressOf(const Block& block) const { return block.tag ^ codeGeneration_; }

  // What the block hook touches, in one cache line.
  Block* blocks_;                // direct-mapped
  uint64_t codeGeneration_ = 0;  // in the top 16 bits
  int64_t remaining_ = 0;
  Block* current_ = nullptr;

  // Alignment checks, by their number less one; and whether they have kept the current block from running.
  std::vector<BlockChecks> checks_;
  bool misaligned_ = false, watchFloats_ = false;
  bool monitorStale_ = false, monitorAsked_ = false;

  int64_t budget_ = 0, translated_ = 0, translatedBefore_ = 0;
  bool stepping_ = false;
  int64_t stepsLeft_ = 0, setAside_ = 0;  // remaining = their sum
  uint64_t steppedAt_ = 0;
  Machine& main_;
  GuestMemory& memory_;
  const Breakpoints& breakpoints_;
  Stop& stop_;
};
