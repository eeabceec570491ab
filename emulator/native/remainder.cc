#include "remainder.h"

#include "exits.h"

namespace {
constexpr uint64_t kNowhere = 0x00ee000000001000, kNowhereEnd = 0x00ee000000001008;
constexpr uint64_t kMonitorCoprocessor = 2, kBranchType = 3 << 10;
}  // namespace

bool Remainder::Hook() {
  uc_hook hook = 0;
  if (uc_hook_add(main_.uc(), &hook, UC_HOOK_CODE, reinterpret_cast<void*>(&OnInstruction), this, kNowhere, kNowhereEnd) != UC_ERR_OK) return false;
  places_.FindHookRange(hook, kNowhere, kNowhereEnd);
  return true;
}

void Remainder::OnInstruction(uc_engine* uc, uint64_t address, uint32_t, void* user) {
  auto* r = static_cast<Remainder*>(user);
  if (!r->marked_) return;
  if (r->counting_.stepsLeft() == 0) {
    r->stop_.before = true;
    uc_emu_stop(uc);
    return;
  }
  r->counting_.Stepped(address);
  r->singly_.Note(r->main_, address);
}

// Sets the flag that marks, or takes it away.
void Remainder::Mark(bool on) {
  bool x86 = main_.model().x86();
  int id = x86 ? static_cast<int>(UC_X86_REG_CR0) : static_cast<int>(UC_ARM64_REG_PSTATE);
  uint64_t flags = main_.Read(id);
  uint64_t wanted = x86 ? (on ? flags & ~kMonitorCoprocessor : flags | kMonitorCoprocessor)
                        : (on ? flags | kBranchType : flags & ~kBranchType);
  if (wanted != flags) main_.Write(id, wanted);
}

uc_err Remainder::Run() {
  uint64_t* range = places_.hookRange();
  Mark(true);
  range[0] = 0;
  range[1] = ~0ull;
  counting_.BeginSteppedBlock();
  singly_.Begin();
  stop_.before = false;
  marked_ = true;
  uc_err error = main_.Start(main_.Pc());
  marked_ = false;
  range[0] = kNowhere;
  range[1] = kNowhereEnd;
  if (!stop_.before && stop_.exit != kSystemCall && singly_.IsAt(main_.Pc())) {  // not executed
    singly_.RestoreFlags(main_);
    counting_.NotStepped();
  }
  counting_.EndSteps();
  Mark(false);
  return error;
}
