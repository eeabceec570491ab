// The end of a budget inside a block, without leaving main. Unicorn keeps translations by
// address and CPU flags; a flag that means nothing to the program (x86: CR0.MP, which matters
// only while CR0.TS is set; ARM64: PSTATE.BTYPE 3, which no branch makes without guarded pages)
// gives a second translation of the block. A code hook exists while that one is made and not
// otherwise, so it alone stops in front of an instruction. Costs 0.2 us, where the stepper, with
// its two context moves, costs 1.
#include <malloc.h>

#include "engine.h"

namespace {
constexpr uint64_t kNowhere = 0x00ee000000001000, kNowhereEnd = 0x00ee000000001008;
constexpr uint64_t kMonitorCoprocessor = 2, kBranchType = 3 << 10;
}  // namespace

// Unicorn has no call that changes the range of a hook, but its handle is the hook. Find the
// range by its two numbers; where they are not found, remainders are the stepper's.
bool Engine::AddRemainderHook() {
  uc_hook handle = 0;
  if (uc_hook_add(main_.uc, &handle, UC_HOOK_CODE, reinterpret_cast<void*>(&OnMarked), this, kNowhere, kNowhereEnd) != UC_ERR_OK) return false;
  auto* words = reinterpret_cast<uint64_t*>(handle);
  size_t count = malloc_usable_size(words) / 8;
  for (size_t i = 0; i + 1 < count; i++) {
    if (words[i] == kNowhere && words[i + 1] == kNowhereEnd) hookRange_ = words + i;
  }
  return true;
}

void Engine::OnMarked(uc_engine* uc, uint64_t address, uint32_t, void* user) {
  auto* e = static_cast<Engine*>(user);
  if (!e->marked_) return;
  if (e->stepsLeft_ == 0) {
    e->blockStop_ = true;
    uc_emu_stop(uc);
    return;
  }
  e->NoteStep(uc, address);
}

// Sets the flag that marks, or takes it away.
void Engine::Mark(bool on) {
  int id = x86() ? static_cast<int>(UC_X86_REG_CR0) : static_cast<int>(UC_ARM64_REG_PSTATE);
  uint64_t flags = 0;
  uc_reg_read(main_.uc, id, &flags);
  uint64_t wanted = x86() ? (on ? flags & ~kMonitorCoprocessor : flags | kMonitorCoprocessor)
                          : (on ? flags | kBranchType : flags & ~kBranchType);
  if (wanted != flags) uc_reg_write(main_.uc, id, &wanted);
}

// Main stands at the start of a block that is longer than what remains. Returns the exit;
// negative: go on.
int Engine::RunRemainder() {
  int64_t before = remaining;
  Mark(true);
  hookRange_[0] = 0;
  hookRange_[1] = ~0ull;
  remaining = current->count;  // for this block's hook; that of another block, which must not come, stops
  stepsLeft_ = before;
  stepped_ = false;
  blockStop_ = false;
  marked_ = true;
  uc_err error = uc_emu_start(main_.uc, Pc(main_.uc), 0, 0, 0);
  marked_ = false;
  hookRange_[0] = kNowhere;
  hookRange_[1] = kNowhereEnd;
  remaining = stepsLeft_;
  stepsLeft_ = 0;
  uint64_t pc = Pc(main_.uc);
  if (!blockStop_ && NotExecuted(main_, pc)) remaining++;
  Mark(false);
  if (blockStop_) {
    if (remaining == 0) return Finish(main_, kBudget);
    TakePc(main_);
    return Step(remaining);  // the marked translation is shorter than the other one
  }
  return AfterStop(error, pc);
}
