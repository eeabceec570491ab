// Opening the engine, and the run loop: main runs whole blocks while they fit the
// budget, the stepper does the rest, and each stop becomes one exit record.
#include "engine.h"

#include <malloc.h>

#include <cstring>

Engine::Engine(Cpu cpu, uint64_t physicalBytes, unsigned pageShift, const Selectors& selectors, double* state, uint8_t* block)
    : cpu_(cpu), shift_(pageShift), selectors_(selectors), state_(state), block_(block), table_(memory_) {
  blocks = new Block[kBlockSlots];
  for (size_t i = 0; i < kBlockSlots; i++) blocks[i] = Block{~0ull, 0, 0};
  table_.Open(pageShift);
  main_.engine = stepper_.engine = this;
  if (!memory_.Open(physicalBytes, pageShift)) {
    error_ = "no address space for guest memory";
    return;
  }
  bootPage_ = memory_.Allocate();
  probeFrame_ = memory_.Allocate();
  for (uint64_t& copy : probeCopies_) copy = memory_.Allocate();
  if (x86()) BuildDescriptors();
  if (!OpenMachine(main_, false) || !OpenMachine(stepper_, true)) {
    if (error_.empty()) error_ = "Unicorn cannot be set up";
    return;
  }
  pending_ = nullptr;
  int fresh = NewContext(cpu == Cpu::kIa32);
  RestoreContext(fresh);
  MoveTo(main_);
  FreeContext(fresh);
  UpdateMemoryState();
}

Engine::~Engine() {
  Close();
  delete[] blocks;
}

void Engine::Close() {
  for (Machine* machine : {&main_, &stepper_}) {
    if (machine->uc) uc_close(machine->uc);
    machine->uc = nullptr;
  }
  for (Context* context : contexts_) delete context;
  contexts_.clear();
}

bool Engine::OpenMachine(Machine& machine, bool stepper) {
  auto failed = [&](uc_err error, const char* what) {
    if (error == UC_ERR_OK) return false;
    error_ = std::string(what) + ": " + uc_strerror(error);
    return true;
  };
  uc_engine*& uc = machine.uc;
  if (failed(uc_open(x86() ? UC_ARCH_X86 : UC_ARCH_ARM64, x86() ? UC_MODE_64 : UC_MODE_ARM, &uc), "uc_open")) return false;
  int model = x86() ? static_cast<int>(UC_CPU_X86_HASWELL) : static_cast<int>(UC_CPU_ARM64_MAX);
  if (failed(uc_ctl_set_cpu_model(uc, model), "CPU model")) return false;
  if (!x86() && failed(uc_ctl_set_page_size(uc, static_cast<uint32_t>(pageSize())), "page size")) return false;
  uc_ctl_set_tcg_buffer_size(uc, uint32_t{stepper ? 16u << 20 : 64u << 20});
  if (failed(uc_ctl_tlb_mode(uc, UC_TLB_VIRTUAL), "TLB mode")) return false;
  if (failed(uc_ctl_exits_enable(uc), "exits")) return false;
  if (failed(uc_mem_map_ptr(uc, 0, memory_.bytes(), UC_PROT_ALL, memory_.base()), "physical memory")) return false;
  auto hook = [&](int type, auto callback, void* user, auto... more) {
    uc_hook handle;
    return uc_hook_add(uc, &handle, type, reinterpret_cast<void*>(callback), user, 1, 0, more...) == UC_ERR_OK;
  };
  bool hooked = hook(UC_HOOK_TLB_FILL, &OnFill, &machine) && hook(UC_HOOK_INTR, &OnInterrupt, this);
  if (stepper) hooked = hooked && hook(UC_HOOK_CODE, &OnCode, this) && hook(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, &OnMemory, this);
  else hooked = hooked && (x86() ? hook(UC_HOOK_BLOCK, &OnBlock<0>, this) : hook(UC_HOOK_BLOCK, &OnBlock<2>, this));
  if (x86()) {
    hooked = hooked && hook(UC_HOOK_INSN, &OnSystemCall, this, UC_X86_INS_SYSCALL) && hook(UC_HOOK_INSN, &OnSysenter, this, UC_X86_INS_SYSENTER) &&
             hook(UC_HOOK_INSN, &OnCpuid, this, UC_X86_INS_CPUID) && hook(UC_HOOK_INSN, &OnRdtsc, this, UC_X86_INS_RDTSC) &&
             hook(UC_HOOK_INSN, &OnRdtscp, this, UC_X86_INS_RDTSCP) && hook(UC_HOOK_INSN, &OnIn, this, UC_X86_INS_IN) &&
             hook(UC_HOOK_INSN, &OnOut, this, UC_X86_INS_OUT);
  }
  if (!stepper) hooked = hooked && AddRemainderHook();
  if (!hooked) {
    error_ = "Unicorn refuses a hook";
    return false;
  }
  return x86() ? SetUpX86(machine, !stepper) : SetUpArm64(machine, !stepper);
}

// Run a few bytes on our own page, at the most privileged level; they end in a refused fetch or an exception.
bool Engine::RunBootCode(Machine& machine, const uint8_t* code, size_t size) {
  // Behind it something that ends a block: hlt; hvc #0.
  uint32_t end = x86() ? 0xf4f4f4f4 : 0xd4000002;
  for (uint64_t at = 0; at < pageSize(); at += 4) memcpy(memory_.base() + bootPage_ + at, &end, 4);
  memcpy(memory_.base() + bootPage_, code, size);
  internal_ = true;
  RemoveMachineCode(machine, bootPage_);
  remaining = 1000;
  exit_ = -1;
  blockStop_ = false;
  uc_err error = uc_emu_start(machine.uc, kBootAddress, 0, 0, 0);
  internal_ = false;
  FlushNow(machine);
  return error == UC_ERR_OK || error == UC_ERR_EXCEPTION;
}

// Unicorn notes the exact address of a refused access in its own state but has no call
// that reads it. Find the place by refusing two known addresses; where that does not
// give exactly one place, every fault takes the slower way (AccessSize, in stepper.cc).
void Engine::FindInvalidAddress(Machine& machine) {
  size_t words = malloc_usable_size(machine.uc) / 8;
  auto* state = reinterpret_cast<uint64_t*>(machine.uc);
  const uint8_t loadX86[] = {0x8a, 0x00};                    // mov al, [rax]
  const uint8_t loadArm64[] = {0x00, 0x00, 0x40, 0x39};      // ldrb w0, [x0]
  std::vector<size_t> places;
  for (uint64_t magic : {0x123456789abdull, 0x2badcafe7773ull, 0x0f1e2d3c4b5aull}) {
    uc_reg_write(machine.uc, x86() ? static_cast<int>(UC_X86_REG_RAX) : static_cast<int>(UC_ARM64_REG_X0), &magic);
    if (x86()) RunBootCode(machine, loadX86, sizeof loadX86);
    else RunBootCode(machine, loadArm64, sizeof loadArm64);
    std::vector<size_t> now;
    for (size_t i = 0; i < words; i++) if (state[i] == magic) now.push_back(i);
    if (places.empty()) { places = now; continue; }
    std::vector<size_t> both;
    for (size_t i : places) for (size_t j : now) if (i == j) both.push_back(i);
    places = both;
    if (places.empty()) break;
  }
  if (places.size() == 1) machine.invalidAddress = state + places[0];
}

uint64_t Engine::Pc(uc_engine* uc) {
  uint64_t pc = 0;
  uc_reg_read(uc, x86() ? static_cast<int>(UC_X86_REG_RIP) : static_cast<int>(UC_ARM64_REG_PC), &pc);
  return pc;
}

// The machine has run: the next one starts where it has come to.
void Engine::TakePc(Machine& machine) { general()[pcSlot()] = shadow_[pcSlot()] = Pc(machine.uc); }

void Engine::SetPc(uc_engine* uc, uint64_t pc) {
  uc_reg_write(uc, x86() ? static_cast<int>(UC_X86_REG_RIP) : static_cast<int>(UC_ARM64_REG_PC), &pc);
}

// Bring the CPU state, the page table and the descriptors up to date in the machine that runs next.
void Engine::Prepare(Machine& machine) {
  MoveTo(machine);
  if (state_[kDirty] != 0) WriteDirty(machine.uc);
  if (machine.flush) FlushNow(machine);
  if (x86()) SyncDescriptors();
}

int Engine::Finish(Machine& machine, int reason) {
  if (reason == kInterrupt && x86() && (number_ == 0 || number_ == 8 || (number_ >= 10 && number_ <= 13))) ClearException(machine);
  ReadGeneral(machine.uc);
  state_[kReason] = reason;
  state_[kPc] = static_cast<double>(static_cast<int64_t>(general()[pcSlot()]));
  state_[kNumber] = number_;
  if (reason != kFault) state_[kDetail] = detail_;
  state_[kExecuted] = static_cast<double>(budget_ - remaining);
  return reason;
}

int Engine::Run(double budget) {
  budget_ = remaining = budget < 1 ? 0 : budget > 9e15 ? static_cast<int64_t>(9e15) : static_cast<int64_t>(budget);
  number_ = detail_ = 0;
  if (!remaining) {
    if (!at_) MoveTo(main_);
    if (state_[kDirty] != 0) WriteDirty(at_->uc);
    return Finish(*at_, kBudget);
  }
  // A few instructions are cheaper where they are than moved to main.
  bool recording = !ring_.empty();
  if (recording || remaining == 1 || (at_ == &stepper_ && remaining < 24)) {
    int reason = Step(recording ? remaining : remaining);
    if (reason >= 0) return reason;
  }
  for (;;) {
    Prepare(main_);
    if (breakpoints_.size() && breakpoints_.count(general()[pcSlot()]) && skipBreakpoint_ == general()[pcSlot()]) {
      // Stopped here before: step over it.
      int reason = Step(1);
      if (reason >= 0) return reason;
      continue;
    }
    skipBreakpoint_ = ~0ull;
    exit_ = -1;
    blockStop_ = false;
    current = nullptr;
    uc_err error = uc_emu_start(main_.uc, general()[pcSlot()], 0, 0, 0);
    int reason = AfterMain(error);
    if (reason >= 0) return reason;
  }
}

// What main's stop means; negative: go on.
int Engine::AfterMain(uc_err error) {
  if (blockStop_) {
    if (remaining == 0) return Finish(main_, kBudget);
    if (hookRange_ && current->count != kNeverFits) return RunRemainder();
    TakePc(main_);
    // Block too long for the budget, or it holds a breakpoint: at most all of it, instruction by instruction.
    int64_t most = current->count == kNeverFits ? static_cast<int64_t>(current->size) : remaining;
    return Step(most < remaining ? most : remaining);
  }
  uint64_t pc = Pc(main_.uc);
  bool jumped = error == UC_ERR_EXCEPTION && deniedType_ == UC_MEM_FETCH;
  if (jumped && remaining == 0) return Finish(main_, kBudget);  // the next instruction is another run's
  if (current && !jumped) remaining += current->count - CountBefore(pc);
  return AfterStop(error, pc);
}

// Main stopped at pc for another reason than its budget, and is counted.
int Engine::AfterStop(uc_err error, uint64_t pc) {
  bool jumped = error == UC_ERR_EXCEPTION && deniedType_ == UC_MEM_FETCH;
  if (exit_ >= 0) return Finish(main_, exit_);
  if (error == UC_ERR_INSN_INVALID) return Finish(main_, kInvalidInstruction);
  if (error != UC_ERR_EXCEPTION) return Finish(main_, kHalt);
  if (deniedWatch_) {  // a page that the stepper must see: it takes the instruction
    TakePc(main_);
    return Step(1);
  }
  uint64_t page = pc & ~(pageSize() - 1);
  if (cpu_ == Cpu::kIa32) page &= 0xffffffff;
  if (jumped && page != deniedPage_ && !SameTaggedPage(pc)) {
    TakePc(main_);
    return Step(remaining);
  }
  return FaultExit(main_);
}

// ARM64: the PC keeps its tag, a denied page has lost it.
bool Engine::SameTaggedPage(uint64_t pc) const {
  return !x86() && (pc & 0x00ffffffffffffff & ~((uint64_t{1} << shift_) - 1)) == deniedPage_;
}

int Engine::FaultExit(Machine& machine) {
  uint64_t address = deniedType_ == UC_MEM_FETCH ? Pc(machine.uc) : machine.invalidAddress ? *machine.invalidAddress : deniedPage_;
  if (cpu_ == Cpu::kIa32) address &= 0xffffffff;
  if (deniedType_ == UC_MEM_FETCH && (deniedPage_ >> shift_) != (address >> shift_) && !SameTaggedPage(address)) address = deniedPage_;
  bool canonical = true;
  if (cpu_ == Cpu::kX64) canonical = address >> 47 == 0 || address >> 47 == 0x1ffff;
  if (cpu_ == Cpu::kArm64) {
    address = static_cast<uint64_t>(static_cast<int64_t>(address << 8) >> 8);
    canonical = address >> 48 == 0 || address >> 48 == 0xffff;
  }
  // Addresses of the upper half are given as negative numbers, which are exact.
  state_[kAddress] = canonical ? static_cast<double>(static_cast<int64_t>(address)) : static_cast<double>(address & ((uint64_t{1} << 53) - 1));
  state_[kCanonical] = canonical;
  state_[kAccess] = deniedType_ == UC_MEM_WRITE ? kWrite : deniedType_ == UC_MEM_FETCH ? kExec : kRead;
  state_[kSize] = deniedType_ == UC_MEM_FETCH ? 0 : -1;  // -1: found when asked for
  state_[kDetail] = deniedDetail_;
  int reason = Finish(machine, kFault);
  if (!machine.invalidAddress && deniedType_ != UC_MEM_FETCH && canonical) AccessSize();
  return reason;
}
