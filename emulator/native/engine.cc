#include "engine.h"

#include "exits.h"
#include "x86.h"

namespace {
constexpr const char* kNoHook = "Unicorn refuses a hook";
constexpr uint32_t kIcebp = 0xf1, kIntN = 0xcd, kDebugVector = 1, kInvalidVector = 6, kProtectionVector = 13, kRdpmc = 0x0f33;
constexpr int64_t kFewSteps = 16;
}  // namespace

Engine::Engine(const CpuModel& model, uint64_t physicalBytes, double* state, uint8_t* block, unsigned hiddenPlaces)
    : model_(model), state_(state), main_(model_, false), stepperMachine_(model_, true), places_(hiddenPlaces),
      memory_(model_, main_, stepperMachine_, state), counting_(main_, memory_, breakpoints_, stop_), descriptors_(model_, memory_),
      cpu_(model_, state, block, main_, descriptors_, places_, breakpoints_),
      mainTraps_(main_, memory_, counting_, stop_, state), stepperTraps_(stepperMachine_, memory_, counting_, stop_, state),
      remainder_(main_, counting_, stop_, places_), stepper_(stepperMachine_, memory_, counting_, cpu_, breakpoints_, stepperTraps_, stop_) {
  memory_.WhenCodeIsDropped([this] { counting_.Forget(); });
  error_ = Open(physicalBytes);
}

std::string Engine::Open(uint64_t physicalBytes) {
  if (!memory_.Open(physicalBytes)) return "no address space is left for the guest's memory (a limit such as ulimit -v leaves less than it may need)";
  stepper_.probe.Open();
  if (model_.x86()) descriptors_.Build();
  std::string error = OpenMachine(main_);
  if (!error.empty()) return error;
  if (!main_.Hook(UC_HOOK_TLB_FILL, &GuestMemory::OnMainFill, &memory_) || !mainTraps_.Hook() || !counting_.Hook() || !remainder_.Hook()) return kNoHook;

  BootCode boot(memory_, counting_, stop_);
  places_.FindRefusedAddress(main_, boot);
  cpu_.registers.FindPlaces(main_, places_);
  error = places_.FindInSavedState(main_, boot);
  return error.empty() ? cpu_.MakeThreads(boot) : error;
}

std::string Engine::OpenMachine(Machine& machine) {
  std::string error = machine.Open(memory_.physical().base(), memory_.physical().bytes());
  if (error.empty() && model_.x86()) SetUpX86(machine);
  return error;
}

// Opening a machine takes as long as all of a short run, and many a run never steps.
bool Engine::OpenStepper() {
  if (stepperMachine_.uc()) return true;
  error_ = OpenMachine(stepperMachine_);
  if (error_.empty() && !stepper_.Hook()) error_ = kNoHook;
  places_.ShareRefusedAddress(main_, stepperMachine_);
  return error_.empty();
}

void Engine::Close() {
  main_.Close();
  stepperMachine_.Close();
  cpu_.FreeAll();
}

void Engine::Run() {
  double budget = state_[kBudgetIn];
  RunBudget(budget < 1 ? 0 : budget > 9e15 ? static_cast<int64_t>(9e15) : static_cast<int64_t>(budget));
}

int Engine::RunBudget(int64_t budget) {
  counting_.Begin(budget);
  stop_.number = stop_.detail = 0;
  stop_.care = branchRefused_ = false;
  if (!budget) return Finish(cpu_.Settle(), kBudget);
  // A few instructions are cheaper where they are than moved to main.
  if (model_.x86() && (cpu_.Settle(), cpu_.FloatTraps() || cpu_.AlignmentChecked())) {
  } else if (stepper_.recording.on() || budget == 1 || (cpu_.isIn(stepperMachine_) && budget < 24)) {
    int reason = RunSingly(budget);
    if (reason != kGoOn) return reason;
  }
  for (bool first = true;; first = false) {
    if (counting_.translatesMuch()) return Finish(cpu_.Settle(), kBudget);
    cpu_.Enter(main_);
    uint64_t pc = cpu_.registers.pc();
    if (model_.x86() && (cpu_.FloatTraps() || stop_.care)) {
      int reason = RunWithFloatTraps();
      if (reason != kGoOn) return reason;
      continue;
    }
    if (model_.x86() && cpu_.SingleSteps() && IsPause(pc)) return StepOverPause();
    if (model_.x86() && cpu_.AlignmentChecked()) {
      int reason = RunWithAlignmentChecks();
      if (reason != kGoOn) return reason;
      continue;
    }
    // Main relies on an aligned SP (arm64-block-checks.cc).
    if (!model_.x86() && (first ? cpu_.registers.general()[kArm64Sp] : main_.Read(UC_ARM64_REG_SP)) & 15) {
      int64_t rest = counting_.remaining();
      int reason = RunSingly(rest < kFewSteps ? rest : kFewSteps);
      if (reason != kGoOn) return reason;
      continue;
    }
    if (breakpoints_.At(pc) && breakpoints_.passed == pc) {
      // Stopped here before: step over it.
      int reason = RunSingly(1);
      if (reason != kGoOn) return reason;
      continue;
    }
    breakpoints_.passed = Breakpoints::kNone;
    stop_.Clear();
    counting_.BeginBlocks();
    counting_.WatchFloats(cpu_.watchesDenormals());
    int reason = AfterMain(main_.Start(pc));
    if (reason != kGoOn) return reason;
  }
}

bool Engine::IsPause(uint64_t pc) {
  uint8_t code[2] = {};
  return memory_.ReadCode(pc, code, 2) == 2 && code[0] == 0xf3 && code[1] == 0x90 && memory_.Translate(pc, kExec) >= 0;
}

// Behind a pause Unicorn forgets the trap.
int Engine::StepOverPause() {
  main_.SetPc(main_.Pc() + 2);
  counting_.CountOne();
  stop_.Clear();
  stop_.With(kInterrupt, kDebugVector);
  return Finish(main_, kInterrupt);
}

int Engine::RunSingly(int64_t count) {
  if (!OpenStepper()) return Finish(cpu_.Settle(), kHalt);
  if (counting_.monitorStale()) {
    cpu_.Enter(stepperMachine_);
    cpu_.BreakMonitor();
    counting_.MonitorIsRight();
  }
  int reason = stepper_.Step(count);
  if (reason == kBudget || (reason == kFault && memory_.refusal.type == UC_MEM_FETCH)) {
    TakeBackBranch(stepperMachine_, counting_.steppedAt());
    if (branchRefused_) reason = kFault;
  }
  return reason == kGoOn ? kGoOn : Finish(stepperMachine_, reason);
}

// What main's stop means.
int Engine::AfterMain(uc_err error) {
  if (stop_.before && counting_.monitorAsked()) {
    cpu_.BreakMonitor();
    counting_.MonitorIsRight();
    cpu_.registers.TakePc(main_);
    return kGoOn;
  }
  if (stop_.before) {  // the budget does not admit the block
    int64_t rest = counting_.remaining();
    if (rest == 0) return Finish(main_, kBudget);
    if (remainder_.possible() && !counting_.leftToStepper()) {
      error = remainder_.Run();
      if (!stop_.before) return AfterRemainder(error);
      if (counting_.remaining() == 0) return Finish(main_, kBudget);
      cpu_.registers.TakePc(main_);
      return RunSingly(counting_.remaining());  // the marked translation is shorter than the other one
    }
    cpu_.registers.TakePc(main_);
    // At most all of the block, instruction by instruction.
    int64_t most = counting_.leftToStepper() ? static_cast<int64_t>(counting_.current()->size()) : rest;
    return RunSingly(most < rest ? most : rest);
  }
  uint64_t pc = main_.Pc();
  bool jumped = error == UC_ERR_EXCEPTION && memory_.refusal.type == UC_MEM_FETCH;
  if (jumped && counting_.current()) TakeBackBranch(main_, counting_.LastOfCurrent());
  if (jumped && counting_.remaining() == 0) return Finish(main_, kBudget);  // the next instruction is another run's
  if (!jumped) counting_.StoppedInBlock(pc);
  return AfterStop(error, pc);
}

int Engine::AfterRemainder(uc_err error) {
  uint64_t pc = main_.Pc();
  if (error == UC_ERR_EXCEPTION && memory_.refusal.type == UC_MEM_FETCH) TakeBackBranch(main_, counting_.steppedAt());
  return AfterStop(error, pc);
}

// Main stopped at pc for another reason than its budget, and is counted.
int Engine::AfterStop(uc_err error, uint64_t pc) {
  if (stop_.exit >= 0) return Finish(main_, stop_.exit);
  if (error == UC_ERR_INSN_INVALID) return Finish(main_, kInvalidInstruction);
  if (error != UC_ERR_EXCEPTION) return Finish(main_, kHalt);
  if (memory_.refusal.forStepper) {
    cpu_.registers.TakePc(main_);
    return RunSingly(1);
  }
  if (memory_.refusal.type == UC_MEM_FETCH && model_.Untagged(model_.PageOf(pc)) != memory_.refusal.page) {
    cpu_.registers.TakePc(main_);
    return RunSingly(counting_.remaining());
  }
  return Finish(main_, kFault);
}

int Engine::Finish(Machine& machine, int reason) {
  if (reason == kFault) ReportFault(machine);
  else state_[kDetail] = stop_.detail;
  if (reason == kWatchpoint) ReportWatched();
  uint32_t vector = stop_.number;
  if (!model_.x86() && reason != kBudget && reason != kBreakpoint && reason != kWatchpoint) counting_.MonitorIsStale();
  if (reason == kInterrupt && model_.x86()) {
    bool inFlight = vector == 0 || vector == 8 || (vector >= 10 && vector <= 13);
    state_[kDetail] = inFlight && stop_.detail == kCodeInState ? cpu_.ForgetException() : 0;
  }
  if (reason == kInterrupt && !model_.x86()) {
    state_[kAddress] = static_cast<double>(static_cast<int64_t>(stop_.address));
    state_[kCanonical] = 1;
  }
  cpu_.registers.Read(machine);
  if (model_.x86()) ReportX86(reason);
  state_[kReason] = reason;
  state_[kPc] = static_cast<double>(static_cast<int64_t>(cpu_.registers.pc()));
  state_[kNumber] = stop_.number;
  state_[kExecuted] = static_cast<double>(counting_.executed());
  state_[kTranslated] = static_cast<double>(counting_.translated());
  if (reason == kFault && !machine.refusedAddress && memory_.refusal.type != UC_MEM_FETCH && state_[kCanonical]) AccessSize();
  return reason;
}

void Engine::ReportFault(Machine& machine) {
  const Refusal& refusal = memory_.refusal;
  bool fetch = refusal.type == UC_MEM_FETCH;
  uint64_t address = fetch && branchRefused_ ? branchTarget_ : fetch ? machine.Pc() : machine.refusedAddress ? *machine.refusedAddress : refusal.page;
  if (model_.cpu == Cpu::kIa32) address &= 0xffffffff;
  if (fetch && model_.Untagged(model_.PageOf(address)) != refusal.page) address = refusal.page;
  bool canonical = true;
  if (model_.cpu == Cpu::kX64) canonical = address >> 47 == 0 || address >> 47 == 0x1ffff;
  if (model_.cpu == Cpu::kArm64) {
    address = static_cast<uint64_t>(static_cast<int64_t>(address << 8) >> 8);
    canonical = address >> 48 == 0 || address >> 48 == 0xffff;
  }
  // Addresses of the upper half are given as negative numbers, which are exact.
  state_[kAddress] = canonical ? static_cast<double>(static_cast<int64_t>(address)) : static_cast<double>(address & ((uint64_t{1} << 53) - 1));
  state_[kCanonical] = canonical;
  state_[kAccess] = refusal.type == UC_MEM_WRITE ? kWrite : fetch ? kExec : kRead;
  state_[kSize] = fetch ? 0 : -1;  // -1: found when asked for
  state_[kDetail] = refusal.exhausted;
}

// What Unicorn reports otherwise than the processor, now that the registers are in the block.
void Engine::ReportX86(int& reason) {
  uint64_t pc = cpu_.registers.pc();
  if (reason == kFault && state_[kAccess] == kRead && Decode(pc).writesMemory) state_[kAccess] = kWrite;
  if (reason == kFault && !state_[kCanonical] && state_[kAccess] != kExec && Decode(pc).usesStack()) state_[kDetail] = kStackSegment;
  if (reason != kInvalidInstruction) return;
  X86Instruction instruction = Decode(pc);
  if (instruction.opcode == kRdpmc) {  // known, and the kernel's alone
    reason = kInterrupt;
    stop_.number = kProtectionVector;
    state_[kDetail] = 0;
    return;
  }
  if (instruction.opcode == kIcebp) {
    reason = kInterrupt;
    stop_.number = kDebugVector;
    state_[kDetail] = 1;
  } else if (instruction.opcode == kIntN) {  // int 6, the vector of what is invalid
    reason = kSoftwareInterrupt;
    stop_.number = kInvalidVector;
    state_[kDetail] = instruction.length;
  } else {
    return;
  }
  cpu_.registers.pc() += instruction.length;
  state_[kDirty] = static_cast<int>(state_[kDirty]) | kGeneral;
  counting_.CountOne();
}

void Engine::ReportWatched() {
  const Stepper::Watched& watched = stepper_.watched();
  state_[kAddress] = static_cast<double>(watched.address);
  state_[kCanonical] = 1;
  state_[kAccess] = watched.access;
  state_[kSize] = watched.size;
}

uint32_t Engine::AccessSize() {
  if (state_[kSize] >= 0) return static_cast<uint32_t>(state_[kSize]);
  state_[kSize] = 0;
  if (!cpu_.settled() || !OpenStepper()) return 0;
  uint64_t page = memory_.refusal.page;
  bool exact = main_.refusedAddress && stepperMachine_.refusedAddress;
  cpu_.Lend(stepperMachine_);
  AccessProbe::Access access = stepper_.probe.Run(page);
  stepperTraps_.UndoPortAccess();
  cpu_.Reclaim(stepperMachine_);
  state_[kSize] = access.size;
  if (!exact && access.size) state_[kAddress] = static_cast<double>(page + access.offset);
  return access.size;
}

void Engine::SetBreakpoint(uint64_t address, bool on) {
  breakpoints_.Set(address, on);
  counting_.Forget();
}

X86Instruction Engine::Decode(uint64_t address) {
  uint8_t code[16];
  unsigned available = model_.x86() ? memory_.ReadCode(address, code, sizeof code) : 0;
  if (!available) return X86Instruction{};
  bool mode64 = cpu_.registers.is64BitCode();
  X86Instruction instruction = X86Decode(code, available, mode64);
  return instruction.length <= available ? instruction : X86Instruction{};
}
