#include "register-block.h"

#include <cstring>

namespace {
const int kX86Registers[kX86Slots] = {
    UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP, UC_X86_REG_RSI, UC_X86_REG_RDI,
    UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_R10, UC_X86_REG_R11, UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15,
    UC_X86_REG_RIP, UC_X86_REG_RFLAGS, UC_X86_REG_CS, UC_X86_REG_SS, UC_X86_REG_DS, UC_X86_REG_ES, UC_X86_REG_FS, UC_X86_REG_GS,
    UC_X86_REG_FS_BASE, UC_X86_REG_GS_BASE};

const int kArm64Registers[kArm64Slots] = {
    UC_ARM64_REG_X0, UC_ARM64_REG_X1, UC_ARM64_REG_X2, UC_ARM64_REG_X3, UC_ARM64_REG_X4, UC_ARM64_REG_X5, UC_ARM64_REG_X6,
    UC_ARM64_REG_X7, UC_ARM64_REG_X8, UC_ARM64_REG_X9, UC_ARM64_REG_X10, UC_ARM64_REG_X11, UC_ARM64_REG_X12, UC_ARM64_REG_X13,
    UC_ARM64_REG_X14, UC_ARM64_REG_X15, UC_ARM64_REG_X16, UC_ARM64_REG_X17, UC_ARM64_REG_X18, UC_ARM64_REG_X19, UC_ARM64_REG_X20,
    UC_ARM64_REG_X21, UC_ARM64_REG_X22, UC_ARM64_REG_X23, UC_ARM64_REG_X24, UC_ARM64_REG_X25, UC_ARM64_REG_X26, UC_ARM64_REG_X27,
    UC_ARM64_REG_X28, UC_ARM64_REG_FP, UC_ARM64_REG_LR, UC_ARM64_REG_SP, UC_ARM64_REG_PC, UC_ARM64_REG_PSTATE,
    UC_ARM64_REG_TPIDR_EL0, UC_ARM64_REG_TPIDRRO_EL0, UC_ARM64_REG_FPSR, UC_ARM64_REG_FPCR};

constexpr uint64_t kResume = 0x10000;  // RF: shown after faults, never run with
constexpr uint64_t kConditionFlags = 0xf0000000;  // NZCV, all of PSTATE that is the program's
}  // namespace

void RegisterBlock::FindPlaces(Machine& machine, UnicornPlaces& places) {
  const int* ids = Ids();
  places.FindRegisters(machine, ids, count(), plain());
  places_ = places.registers();
  for (int i = 0; i < count(); i++) {
    if (places_ && places_->Has(i)) continue;
    askedSlots_.push_back(i);
    askedIds_.push_back(ids[i]);
  }
}

int RegisterBlock::Id(const CpuModel& model, int slot) { return model.x86() ? kX86Registers[slot] : kArm64Registers[slot]; }

const int* RegisterBlock::Ids() const { return model_.x86() ? kX86Registers : kArm64Registers; }

void RegisterBlock::ReadInto(const Machine& machine, uint64_t* slots) const {
  if (places_) places_->Read(machine, slots);
  void* asked[kGeneralSlots];
  for (size_t i = 0; i < askedSlots_.size(); i++) asked[i] = slots + askedSlots_[i];
  uc_reg_read_batch(machine.uc(), const_cast<int*>(askedIds_.data()), asked, static_cast<int>(askedIds_.size()));
  if (model_.cpu == Cpu::kIa32 && !model_.Is64BitCode(static_cast<uint16_t>(slots[kCs]))) {
    for (int i = 0; i < 8; i++) slots[i] &= 0xffffffff;
    slots[kRip] &= 0xffffffff;
  }
  if (!model_.x86()) slots[kPstate] &= kConditionFlags;  // BTYPE comes and goes with branches (remainder.cc)
}

void RegisterBlock::Read(const Machine& machine) {
  ReadInto(machine, general());
  memcpy(inMachine_, general(), sizeof inMachine_);
}

void RegisterBlock::MachineHas(const Machine& machine) { ReadInto(machine, inMachine_); }

void RegisterBlock::Load(const uint64_t* from) {
  memcpy(general(), from, sizeof inMachine_);
  memcpy(inMachine_, from, sizeof inMachine_);
}

void RegisterBlock::TakePc(const Machine& machine) {
  pc() = machine.Pc();
  inMachine_[&pc() - general()] = pc();
}

bool RegisterBlock::changesMode() {
  uint64_t before = inMachine_[kCs], now = general()[kCs];
  return model_.x86() && now != before && model_.Is64BitCode(static_cast<uint16_t>(now)) != model_.Is64BitCode(static_cast<uint16_t>(before));
}

void RegisterBlock::Write(Machine& machine, Descriptors& descriptors) {
  uint64_t* slots = general();
  if (!model_.x86()) slots[kPstate] &= kConditionFlags;  // EL0 whatever the host writes
  int from = 0;
  if (places_) {
    from = plain();
    if (memcmp(slots, inMachine_, static_cast<size_t>(from) * 8) != 0) places_->WritePlain(machine, slots);
  }
  for (int i = from; i < count(); i++) {
    if (slots[i] == inMachine_[i]) continue;
    if (model_.x86() && (i == kFs || i == kGs)) WriteSegment(machine, descriptors, i);
    else machine.Write(Ids()[i], model_.x86() && i == kRflags ? slots[i] & ~kResume : slots[i]);
  }
  memcpy(inMachine_, slots, sizeof inMachine_);
}

// The host may load only what the table describes; the guest would fault. A base that the
// host gives wins over what the selector brings: its slot comes later.
void RegisterBlock::WriteSegment(Machine& machine, Descriptors& descriptors, int slot) {
  uint64_t& selector = general()[slot];
  descriptors.Sync(general());
  if (!machine.Write(Ids()[slot], selector)) selector = inMachine_[slot];
  int base = kFsBase + slot - kFs;
  inMachine_[base] = machine.Read(Ids()[base]);
}
