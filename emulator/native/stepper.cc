#include "stepper.h"

#include "exits.h"
#include "x86-decode.h"
#include "x86-status-use.h"

bool Stepper::Hook() {
  return machine_.Hook(UC_HOOK_TLB_FILL, &OnFill, this) && traps_.Hook() && machine_.Hook(UC_HOOK_CODE, &OnInstruction, this) &&
         machine_.Hook(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, &OnAccess, this);
}

int Stepper::Step(int64_t count) {
  state_.Enter(machine_);
  counting_.BeginSteps(count);
  stop_.Clear();
  memory_.refusal.forStepper = false;
  watched_ = Watched{};
  singly_.Begin();
  endsBatch_ = false;
  return AfterRun(machine_.Start(state_.registers.pc()));
}

int Stepper::StepWithCare() {
  cared_ = true;
  int reason = Step(1);
  cared_ = false;
  return reason;
}

int Stepper::AfterRun(uc_err error) {
  traps_.UndoPortAccess();
  if (machine_.selfStore) {  // the instruction may have changed the code that follows it
    memory_.DropCode(machine_.selfStore);
    machine_.FlushTlb();
    machine_.selfStore = 0;
  }
  const CpuModel& model = machine_.model();
  uint64_t pc = machine_.Pc();
  bool watched = watched_.address != GuestMemory::kNotWatched, mayGoOn = counting_.stepsLeft() > 0 && !watched;
  if (RefusedFetch(error) && !mayGoOn) {
    stop_.before = true;
  } else if (RefusedFetch(error) && model.Untagged(model.PageOf(pc)) != memory_.refusal.page) {
    return StepIntoRefusedPage();
  } else if (!stop_.before && !stop_.inFront && stop_.exit != kSystemCall && singly_.IsAt(pc)) {  // not executed
    singly_.RestoreFlags(machine_);
    counting_.NotStepped();
  }
  int64_t left = counting_.EndSteps();
  if (watched) return kWatchpoint;
  if (stop_.exit == kBreakpoint) breakpoints_.passed = pc;
  if (stop_.exit >= 0) return stop_.exit;
  if (stop_.before) {
    if (counting_.remaining() == 0) return kBudget;
    state_.registers.TakePc(machine_);
    return left > 0 && !state_.floatControlLoaded() && !state_.flagsLoaded() && !stop_.care ? Step(left) : kGoOn;
  }
  if (error == UC_ERR_INSN_INVALID) return kInvalidInstruction;
  return error == UC_ERR_EXCEPTION ? kFault : kHalt;
}

// Translation reads ahead into a page that refuses fetches, so nothing of the block ran.
// Translate one instruction at a time: with exits at each possible next address, every
// run executes exactly one, up to the one that really touches the refused page.
// (ARM64 blocks end at page ends and never come here.)
int Stepper::StepIntoRefusedPage() {
  const CpuModel& model = machine_.model();
  uc_err error = UC_ERR_OK;
  uint64_t pc = machine_.Pc();
  for (;;) {
    uint64_t exits[15];
    size_t n = 0;
    for (uint64_t at = pc + 1; n < 15 && model.PageOf(at - 1) == model.PageOf(pc); at++) exits[n++] = at;
    double offset = memory_.Translate(pc, 0);
    auto dropCode = [&] { if (offset >= 0) memory_.DropCode(machine_, model.PageOf(static_cast<uint64_t>(offset))); };
    dropCode();
    machine_.FlushTlb();
    if (n) uc_ctl_set_exits(machine_.uc(), exits, n);
    memory_.refusal.type = UC_MEM_READ;
    error = machine_.Start(pc);
    uc_ctl_set_exits(machine_.uc(), exits, 0);
    dropCode();
    uint64_t now = machine_.Pc();
    if (RefusedFetch(error) && now == pc && !singly_.IsAt(pc)) {  // it reaches into the refused page itself
      counting_.EndSteps();
      return kFault;
    }
    bool stopped = error != UC_ERR_OK || stop_.exit >= 0 || stop_.before || watched_.address != GuestMemory::kNotWatched;
    if (stopped) return AfterRun(error);
    if (now == pc || model.PageOf(now) != model.PageOf(pc)) break;  // a repeated instruction, or out of the page
    pc = now;
  }
  int64_t left = counting_.EndSteps();
  state_.registers.TakePc(machine_);
  if (left > 0) return Step(left);
  return counting_.remaining() == 0 ? static_cast<int>(kBudget) : kGoOn;
}

bool Stepper::OnFill(uc_engine*, uint64_t address, uc_mem_type type, uc_tlb_entry* result, void* user) {
  auto* s = static_cast<Stepper*>(user);
  return s->probe.active() ? s->probe.Fill(address, type, result) : s->memory_.Fill(s->machine_, address, type, result);
}

void Stepper::OnInstruction(uc_engine*, uint64_t address, uint32_t, void* user) {
  auto* s = static_cast<Stepper*>(user);
  if (s->memory_.own.internal) return;
  if (s->probe.active()) s->probe.OnInstruction();
  else s->BeforeInstruction(address);
}

void Stepper::BeforeInstruction(uint64_t address) {
  bool watched = watched_.address != GuestMemory::kNotWatched;
  if (traps_.portTouched()) return machine_.Stop();
  if (counting_.stepsLeft() == 0 || watched || machine_.selfStore || endsBatch_) {
    stop_.before = true;
    return machine_.Stop();
  }
  if (address != breakpoints_.passed && breakpoints_.At(address)) {
    stop_.InFront(kBreakpoint);
    return machine_.Stop();
  }
  X86Instruction instruction;
  bool x86 = machine_.model().x86();
  if (x86) {
    uint8_t code[16];
    instruction = X86Decode(code, memory_.ReadCode(address, code, sizeof code), machine_.Is64BitCode());
  }
  if (!(x86 ? checks_.PassX86(instruction, address) : checks_.PassArm64(address))) return machine_.Stop();
  if (x86 && !cared_ && instruction.computesFloats()) {
    bool watched = state_.WatchDenormal();
    if (care.Needs(instruction, address, watched)) {
      stop_.before = stop_.care = true;
      return machine_.Stop();
    }
  }
  breakpoints_.passed = Breakpoints::kNone;
  counting_.Stepped(address);
  singly_.Note(machine_, address);
  endsBatch_ = instruction.pushFlags || instruction.loadsFlags || instruction.loadsFloatControl;
  if (instruction.loadsFlags) state_.FlagsLoaded();
  // What is loaded may be some of the flags only.
  bool shows = instruction.storesStatusInAx() ? X86MayReadAl(memory_, address + instruction.length, machine_.Is64BitCode()) : instruction.storesFloatFlags;
  if (shows || instruction.loadsFloatControl) state_.ShowFloatFlags(machine_);
  if (instruction.loadsFloatControl) state_.FloatControlLoaded();
  if (recording.on()) recording.Add(address);
}

// Addresses are physical.
void Stepper::OnAccess(uc_engine*, uc_mem_type type, uint64_t physical, int size, int64_t, void* user) {
  auto* s = static_cast<Stepper*>(user);
  if (s->probe.active()) return s->probe.OnAccess(physical, static_cast<uint32_t>(size));
  if (s->memory_.own.internal || s->watched_.address != GuestMemory::kNotWatched) return;
  uint32_t access = type == UC_MEM_WRITE ? kWrite : kRead;
  if (s->log.on()) s->log.Note(physical, static_cast<uint32_t>(size), access == kWrite);
  uint64_t address = s->memory_.WatchedAddress(physical, static_cast<uint64_t>(size), access);
  if (address != GuestMemory::kNotWatched) s->watched_ = Watched{address, static_cast<uint32_t>(size), access};
}
