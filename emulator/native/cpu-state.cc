#include "cpu-state.h"

#include <cstring>

#include "arm64.h"
#include "exits.h"
#include "x86.h"

namespace {
// Bits of the x87's control word that exist, and the one that is always set.
constexpr uint64_t kControlBits = 0x1f3f, kControlAlwaysSet = 0x40;
constexpr uint64_t kAllExceptions = 0x3f, kX87Pending = 0x8080;  // of the status word: error summary and busy
}  // namespace

CpuState::CpuState(const CpuModel& model, double* state, uint8_t* block, Machine& main, Descriptors& descriptors, const UnicornPlaces& places, Breakpoints& breakpoints)
    : registers(model, block), model_(model), state_(state), main_(main), descriptors_(descriptors), places_(places), breakpoints_(breakpoints) {}

std::string CpuState::MakeThreads(BootCode& boot) {
  std::string error = model_.x86() ? MakeX86Threads(main_, boot, fresh_) : MakeArm64Thread(main_, fresh_[0]);
  if (!error.empty()) return error;
  places_.BreakMonitor(fresh_[0]);
  int first = New(model_.cpu == Cpu::kIa32);
  Restore(first);
  MoveTo(main_);
  Free(first);
  return "";
}

void CpuState::MoveTo(Machine& machine) {
  if (at_ == &machine) return;
  if (pending_) {
    machine.Restore(pending_->blob.empty() ? fresh_[pending_->mode] : pending_->blob);
    pending_ = nullptr;
  } else {
    at_->Save(scratch_);
    machine.Restore(scratch_);
  }
  at_ = &machine;
}

void CpuState::WriteDirty() {
  int dirty = static_cast<int>(state_[kDirty]);
  if (!dirty) return;
  state_[kDirty] = 0;
  if (dirty & kFloat) {
    registers.WriteFloats(*at_, registers.floats());
    FloatControlLoaded();
  }
  if (!(dirty & kGeneral)) return;
  modeFlags_ = registers.general()[kRflags];
  generalFlagsLoaded_ = false;
  if (registers.changesMode()) ChangeMode();
  registers.Write(*at_, descriptors_);
}

// Host code sets a code selector of the other mode: what is not in the register block
// (descriptor caches, mode flags) comes from a fresh thread of that mode.
void CpuState::ChangeMode() {
  const Blob& fresh = fresh_[registers.is64BitCode() ? 0 : 1];
  if (fresh.empty()) return;
  uint8_t floats[kFloatBytes];
  registers.ReadFloats(*at_, floats);
  at_->Restore(fresh);
  registers.WriteFloats(*at_, floats);
  registers.MachineHas(*at_);
}

void CpuState::Enter(Machine& machine) {
  MoveTo(machine);
  WriteDirty();
  if (machine.tlb.flush) machine.FlushTlb();
  if (model_.x86()) descriptors_.Sync(registers.general());
}

Machine& CpuState::Settle() {
  if (!at_) MoveTo(main_);
  WriteDirty();
  return *at_;
}

void CpuState::ReadFloats() {
  if (!at_) MoveTo(main_);
  if (static_cast<int>(state_[kDirty]) & kFloat) WriteDirty();
  if (model_.x86() && !flagsLoaded_) ShowFloatFlags(*at_);
  registers.ReadFloats(*at_, registers.floats());
}

void CpuState::Lend(Machine& machine) {
  at_->Save(lent_);
  machine.Restore(lent_);
}

void CpuState::Reclaim(Machine& machine) {
  if (at_ == &machine) machine.Restore(lent_);
}

uint32_t CpuState::ForgetException() {
  at_->Save(scratch_);
  uint32_t code = places_.ErrorCode(scratch_);
  places_.ForgetException(scratch_);
  at_->Restore(scratch_);
  return code;
}

void CpuState::BreakMonitor() {
  at_->Save(scratch_);
  places_.BreakMonitor(scratch_);
  at_->Restore(scratch_);
}

bool CpuState::FloatTraps() {
  if (!controlChanged_) return floatTraps_;
  if (flagsLoaded_) {
    at_->Save(scratch_);
    TakeLoadedFlags(scratch_);
    at_->Restore(scratch_);
  }
  controlChanged_ = flagsLoaded_ = false;
  uint64_t control = at_->Read(UC_X86_REG_FPCW);
  if (control != ((control & kControlBits) | kControlAlwaysSet)) at_->Write(UC_X86_REG_FPCW, (control & kControlBits) | kControlAlwaysSet);
  uint64_t masks = at_->Read(UC_X86_REG_FPCW) & kAllExceptions, status = at_->Read(UC_X86_REG_FPSW);
  // A flag that is there and no longer masked is an exception that the next waiting instruction meets.
  uint64_t summary = status & ~masks & kAllExceptions ? kX87Pending : 0;
  if ((status & kX87Pending) != summary) at_->Write(UC_X86_REG_FPSW, (status & ~kX87Pending) | summary);
  floatTraps_ = (at_->Read(UC_X86_REG_MXCSR) >> 7 & kAllExceptions) != kAllExceptions || masks != kAllExceptions;
  return floatTraps_;
}

uint64_t CpuState::modeFlags() {
  if (generalFlagsLoaded_) modeFlags_ = at_->Read(UC_X86_REG_RFLAGS);
  generalFlagsLoaded_ = false;
  return modeFlags_;
}

void CpuState::BeforeArithmetic(Blob& before, bool x87) {
  ShowFloatFlags(*at_);
  at_->Save(before);
  places_.ForgetSseFlags(before);
  if (x87) places_.SetX87Flags(before, 0);
  at_->Restore(before);
}

void CpuState::SetX87Status(uint64_t status) {
  at_->Write(UC_X86_REG_FPSW, status);
  at_->Save(scratch_);
  places_.SetX87Flags(scratch_, status);
  at_->Restore(scratch_);
}

void CpuState::SetSseFlags(uint64_t mxcsr) {
  at_->Save(scratch_);
  places_.ForgetSseFlags(scratch_);
  at_->Restore(scratch_);
  at_->Write(UC_X86_REG_MXCSR, mxcsr);
}

void CpuState::TakeLoadedFlags(Blob& state) {
  places_.ForgetSseFlags(state);
  places_.SetX87Flags(state, at_->Read(UC_X86_REG_FPSW));
}

uint32_t CpuState::RaisedBySse() {
  at_->Save(scratch_);
  return places_.SseFlags(scratch_);
}

uint32_t CpuState::RaisedByX87() {
  at_->Save(scratch_);
  return places_.X87Flags(scratch_);
}

void CpuState::ShowFloatFlags(Machine& machine) {
  machine.Save(scratch_);
  if (uint32_t sse = places_.SseFlags(scratch_)) machine.Write(UC_X86_REG_MXCSR, machine.Read(UC_X86_REG_MXCSR) | sse);
  if (!places_.hasX87Flags()) return;
  // Its own status word has a zero divide too many: 0 / 0 is one of them there.
  uint64_t status = machine.Read(UC_X86_REG_FPSW), right = (status & ~uint64_t{kKeptFlags}) | places_.X87Flags(scratch_);
  if (status != right) machine.Write(UC_X86_REG_FPSW, right);
}

CpuState::Context* CpuState::Find(int id) {
  return id < 0 || static_cast<size_t>(id) >= contexts_.size() ? nullptr : contexts_[static_cast<size_t>(id)].get();
}

int CpuState::New(int mode) {
  auto context = std::make_unique<Context>();
  if (model_.x86()) {
    context->mode = mode & 1;
    const Selectors& s = model_.selectors;
    const uint16_t selectors[] = {context->mode ? s.cs32 : s.cs64, s.ss, s.ds, s.es, s.fs, s.gs};
    for (int i = 0; i < 6; i++) context->general[kCs + i] = selectors[i];
    context->general[kRflags] = 0x202;
  }
  if (free_.empty()) {
    contexts_.push_back(std::move(context));
    return static_cast<int>(contexts_.size()) - 1;
  }
  int id = free_.back();
  free_.pop_back();
  contexts_[static_cast<size_t>(id)] = std::move(context);
  return id;
}

bool CpuState::Save(int id) {
  Context* context = Find(id);
  if (!context) return false;
  if (!at_ && pending_ == context && state_[kDirty] == 0) return true;
  Settle().Save(context->blob);
  // Another thread may store between a load and a store exclusive: the monitor doesn't survive a switch.
  places_.BreakMonitor(context->blob);
  if (flagsLoaded_) TakeLoadedFlags(context->blob);
  memcpy(context->general, registers.general(), sizeof context->general);
  context->passedBreakpoint = breakpoints_.passed;
  return true;
}

bool CpuState::Restore(int id) {
  Context* context = Find(id);
  if (!context) return false;
  at_ = nullptr;
  pending_ = context;
  controlChanged_ = true;
  flagsLoaded_ = false;
  registers.Load(context->general);
  modeFlags_ = context->general[kRflags];
  generalFlagsLoaded_ = false;
  breakpoints_.passed = context->passedBreakpoint;
  state_[kDirty] = 0;
  return true;
}

bool CpuState::Free(int id) {
  Context* context = Find(id);
  if (!context) return false;
  if (pending_ == context) MoveTo(main_);
  contexts_[static_cast<size_t>(id)].reset();
  free_.push_back(id);
  return true;
}
