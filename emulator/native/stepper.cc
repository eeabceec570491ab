// The stepper: the same CPU with a hook before each instruction and each access.
// It runs remainders of budgets, single steps, breakpoints, watchpoints and
// recordings, and finds what a refused access was. It never runs freely.
#include "engine.h"

// Run `count` instructions, or to an exit. Returns the exit; negative when all ran
// and the run's budget is not yet used up.
int Engine::Step(int64_t count) {
  Prepare(stepper_);
  remaining -= count;
  stepsLeft_ = count;
  stopAfter_ = false;
  watchHit_ = ~0ull;
  exit_ = -1;
  blockStop_ = false;
  deniedWatch_ = false;
  stepped_ = pushedFlags_ = false;
  uc_err error = uc_emu_start(stepper_.uc, general()[pcSlot()], 0, 0, 0);
  return AfterStepper(error);
}

int Engine::AfterStepper(uc_err error) {
  UndoPortAccess(stepper_);
  if (selfStore_) {  // the instruction may have changed the code that follows it
    RemoveCode(selfStore_);
    FlushNow(stepper_);
    selfStore_ = 0;
  }
  uint64_t pc = Pc(stepper_.uc);
  if (error == UC_ERR_EXCEPTION && deniedType_ == UC_MEM_FETCH && stepsLeft_ > 0 && !stopAfter_ &&
      (pc & ~(pageSize() - 1)) != deniedPage_ && !SameTaggedPage(pc)) {
    return StepUnreadable();
  }
  if (error == UC_ERR_EXCEPTION && (stepsLeft_ == 0 || stopAfter_) && deniedType_ == UC_MEM_FETCH) blockStop_ = true;
  else if (!blockStop_ && exit_ != kBreakpoint && NotExecuted(stepper_, pc)) stepsLeft_++;
  int64_t left = stepsLeft_;
  remaining += left;
  stepsLeft_ = 0;
  if (stopAfter_) {
    state_[kAddress] = static_cast<double>(watchHit_);
    state_[kCanonical] = 1;
    state_[kAccess] = watchAccess_;
    state_[kSize] = watchSize_;
    return Finish(stepper_, kWatchpoint);
  }
  if (exit_ == kBreakpoint) skipBreakpoint_ = pc;
  if (exit_ >= 0) return Finish(stepper_, exit_);
  if (blockStop_) {
    if (remaining == 0) return Finish(stepper_, kBudget);
    TakePc(stepper_);
    return left > 0 ? Step(left) : -1;
  }
  if (error == UC_ERR_INSN_INVALID) return Finish(stepper_, kInvalidInstruction);
  if (error != UC_ERR_EXCEPTION) return Finish(stepper_, kHalt);
  return FaultExit(stepper_);
}

// Translation reads ahead into a page that refuses fetches, so nothing of the block ran.
// Translate one instruction at a time: with exits at each possible next address, every
// run executes exactly one, up to the one that really touches the refused page.
int Engine::StepUnreadable() {
  uc_err error = UC_ERR_OK;
  uint64_t pc = Pc(stepper_.uc);
  for (;;) {
    uint64_t exits[15];
    size_t n = 0;
    for (uint64_t at = pc + 1; n < 15 && (at - 1) >> shift_ == pc >> shift_; at++) exits[n++] = at;
    // (ARM64 blocks end at page ends and never come here: no copy to think of.)
    double offset = Translate(pc, 0);
    if (offset >= 0) RemoveMachineCode(stepper_, static_cast<uint64_t>(offset) & ~(pageSize() - 1));
    FlushNow(stepper_);
    if (n) uc_ctl_set_exits(stepper_.uc, exits, n);
    deniedType_ = UC_MEM_READ;
    error = uc_emu_start(stepper_.uc, pc, 0, 0, 0);
    uc_ctl_set_exits(stepper_.uc, exits, 0);
    if (offset >= 0) RemoveMachineCode(stepper_, static_cast<uint64_t>(offset) & ~(pageSize() - 1));
    uint64_t now = Pc(stepper_.uc);
    bool refused = error == UC_ERR_EXCEPTION && deniedType_ == UC_MEM_FETCH;
    if (refused && now == pc && !(stepped_ && stepPc_ == pc)) {  // it reaches into the refused page itself
      remaining += stepsLeft_;
      stepsLeft_ = 0;
      return FaultExit(stepper_);
    }
    if (error != UC_ERR_OK || exit_ >= 0 || blockStop_ || stopAfter_ || now == pc || now >> shift_ != pc >> shift_) break;
    pc = now;
  }
  if (error == UC_ERR_OK && exit_ < 0 && !blockStop_ && !stopAfter_) {  // left the page, or a repeated instruction
    int64_t left = stepsLeft_;
    remaining += left;
    stepsLeft_ = 0;
    TakePc(stepper_);
    return left == 0 ? (remaining == 0 ? Finish(stepper_, kBudget) : -1) : Step(left);
  }
  return AfterStepper(error);
}

// The bytes of the access that the last exit reports (and, where Unicorn does not tell
// it, its exact address): run the instruction once more on the stepper with a scratch
// frame in place of the refused page; the first access that reaches it is the one. Stores
// to other pages go to copies.
uint32_t Engine::AccessSize() {
  if (state_[kSize] >= 0) return static_cast<uint32_t>(state_[kSize]);
  state_[kSize] = 0;
  if (!at_) return 0;
  Machine* home = at_;
  SaveBlob(scratchBlob_);
  RestoreBlob(stepper_, scratchBlob_);
  FlushNow(stepper_);
  bool savedStop = stopAfter_;
  stopAfter_ = false;
  stepsLeft_ = 1;
  probePage_ = deniedPage_;
  probeFirst_ = ~0ull;
  probeSize_ = 0;
  probeCopied_ = 0;
  auto skip = skipBreakpoint_;
  uint64_t pc = Pc(stepper_.uc);
  skipBreakpoint_ = pc;
  auto ring = std::move(ring_);
  ring_.clear();
  uc_emu_start(stepper_.uc, pc, 0, 0, 0);
  ring_ = std::move(ring);
  skipBreakpoint_ = skip;
  stepsLeft_ = 0;
  stopAfter_ = savedStop;
  probePage_ = ~0ull;
  FlushNow(stepper_);
  if (home == &stepper_) RestoreBlob(stepper_, scratchBlob_);
  state_[kSize] = probeSize_;
  if (!home->invalidAddress && probeFirst_ != ~0ull) state_[kAddress] = static_cast<double>(deniedPage_ + probeFirst_);
  return probeSize_;
}

void Engine::SetBreakpoint(uint64_t address, bool on) {
  if (on) breakpoints_.insert(address);
  else breakpoints_.erase(address);
  ForgetBlocks();
}

void Engine::Record(uint32_t capacity) {
  ring_.assign(capacity, 0);
  recorded_ = 0;
}

std::vector<uint64_t> Engine::Recorded() const {
  std::vector<uint64_t> list;
  if (ring_.empty()) return list;
  uint64_t first = recorded_ > ring_.size() ? recorded_ - ring_.size() : 0;
  for (uint64_t i = first; i < recorded_; i++) list.push_back(ring_[i % ring_.size()]);
  return list;
}
