// The packed register block (layout: emulator/cpu/registers.ts): which Unicorn register
// each slot is, and the FXSAVE image (Intel SDM vol. 1, 10.5.1) or the vector registers
// of the float area.
#include <cstring>

#include "engine.h"

namespace {
const int kX86Registers[] = {
    UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP, UC_X86_REG_RSI, UC_X86_REG_RDI,
    UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_R10, UC_X86_REG_R11, UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15,
    UC_X86_REG_RIP, UC_X86_REG_RFLAGS, UC_X86_REG_CS, UC_X86_REG_SS, UC_X86_REG_DS, UC_X86_REG_ES, UC_X86_REG_FS, UC_X86_REG_GS,
    UC_X86_REG_FS_BASE, UC_X86_REG_GS_BASE};
constexpr int kX86Slots = 26, kRip = 16, kCs = 18, kFs = 22, kGs = 23, kFsBase = 24;

const int kArm64Registers[] = {
    UC_ARM64_REG_X0, UC_ARM64_REG_X1, UC_ARM64_REG_X2, UC_ARM64_REG_X3, UC_ARM64_REG_X4, UC_ARM64_REG_X5, UC_ARM64_REG_X6,
    UC_ARM64_REG_X7, UC_ARM64_REG_X8, UC_ARM64_REG_X9, UC_ARM64_REG_X10, UC_ARM64_REG_X11, UC_ARM64_REG_X12, UC_ARM64_REG_X13,
    UC_ARM64_REG_X14, UC_ARM64_REG_X15, UC_ARM64_REG_X16, UC_ARM64_REG_X17, UC_ARM64_REG_X18, UC_ARM64_REG_X19, UC_ARM64_REG_X20,
    UC_ARM64_REG_X21, UC_ARM64_REG_X22, UC_ARM64_REG_X23, UC_ARM64_REG_X24, UC_ARM64_REG_X25, UC_ARM64_REG_X26, UC_ARM64_REG_X27,
    UC_ARM64_REG_X28, UC_ARM64_REG_FP, UC_ARM64_REG_LR, UC_ARM64_REG_SP, UC_ARM64_REG_PC, UC_ARM64_REG_PSTATE,
    UC_ARM64_REG_TPIDR_EL0, UC_ARM64_REG_TPIDRRO_EL0, UC_ARM64_REG_FPSR, UC_ARM64_REG_FPCR};
constexpr int kArm64Slots = 38, kPstate = 33;
}  // namespace

uint64_t* Engine::general() { return reinterpret_cast<uint64_t*>(block_); }
int Engine::pcSlot() const { return x86() ? kRip : 32; }

void Engine::ReadGeneral(uc_engine* uc) {
  uint64_t* slots = general();
  void* places[kGeneralSlots];
  int count = x86() ? kX86Slots : kArm64Slots;
  for (int i = 0; i < count; i++) places[i] = slots + i;
  uc_reg_read_batch(uc, x86() ? kX86Registers : kArm64Registers, places, count);
  if (cpu_ == Cpu::kIa32 && (slots[kCs] | 3) != selectors_.cs64) {
    for (int i = 0; i < 8; i++) slots[i] &= 0xffffffff;
    slots[kRip] &= 0xffffffff;
  }
  if (!x86()) slots[kPstate] &= 0xf0000000;  // BTYPE comes and goes with branches (remainder.cc)
  memcpy(shadow_, slots, sizeof shadow_);
}

void Engine::WriteDirty(uc_engine* uc) {
  int dirty = static_cast<int>(state_[kDirty]);
  state_[kDirty] = 0;
  if (dirty & kFloat) WriteFloat(uc);
  if (!(dirty & kGeneral)) return;
  uint64_t* slots = general();
  if (x86() && slots[kCs] != shadow_[kCs] && Is64BitCode(static_cast<uint16_t>(slots[kCs])) != Is64BitCode(static_cast<uint16_t>(shadow_[kCs]))) {
    ChangeMode(machineOf(uc), Is64BitCode(static_cast<uint16_t>(slots[kCs])) ? 0 : 1);
  }
  int count = x86() ? kX86Slots : kArm64Slots;
  const int* registers = x86() ? kX86Registers : kArm64Registers;
  for (int i = 0; i < count; i++) {
    if (slots[i] == shadow_[i]) continue;
    if (x86() && (i == kFs || i == kGs)) {
      // The host may load only what the table describes; the guest would fault.
      SyncDescriptors();
      if (uc_reg_write(uc, registers[i], &slots[i]) != UC_ERR_OK) slots[i] = shadow_[i];
      uc_reg_read(uc, registers[kFsBase + i - kFs], &shadow_[kFsBase + i - kFs]);
    } else if (!x86() && i == kPstate) {
      uint64_t flags = slots[i] & 0xf0000000;  // EL0 whatever the host writes
      slots[i] = flags;
      uc_reg_write(uc, registers[i], &flags);
    } else {
      uc_reg_write(uc, registers[i], &slots[i]);
    }
  }
  // A base given by the host wins over what a selector load brought.
  if (x86()) {
    for (int i = kFsBase; i < kFsBase + 2; i++) {
      if (slots[i] != shadow_[i]) uc_reg_write(uc, registers[i], &slots[i]);
    }
  }
  memcpy(shadow_, slots, sizeof shadow_);
}

void Engine::ReadFloat() {
  if (!at_) MoveTo(main_);
  if (static_cast<int>(state_[kDirty]) & kFloat) WriteDirty(at_->uc);
  uc_engine* uc = at_->uc;
  uint8_t* image = block_ + kFloatOffset;
  if (!x86()) {
    for (int i = 0; i < 32; i++) uc_reg_read(uc, UC_ARM64_REG_V0 + i, image + 16 * i);
    return;
  }
  memset(image, 0, 512);
  uint16_t control = 0, status = 0, tags = 0;
  uint64_t opcode = 0, instruction = 0, operand = 0;
  uint32_t mxcsr = 0;
  uc_reg_read(uc, UC_X86_REG_FPCW, &control);
  uc_reg_read(uc, UC_X86_REG_FPSW, &status);
  uc_reg_read(uc, UC_X86_REG_FPTAG, &tags);
  uc_reg_read(uc, UC_X86_REG_FOP, &opcode);
  uc_reg_read(uc, UC_X86_REG_FIP, &instruction);
  uc_reg_read(uc, UC_X86_REG_FDP, &operand);
  uc_reg_read(uc, UC_X86_REG_MXCSR, &mxcsr);
  uint8_t valid = 0;
  for (int i = 0; i < 8; i++) if ((tags >> 2 * i & 3) != 3) valid = static_cast<uint8_t>(valid | 1 << i);
  memcpy(image, &control, 2);
  memcpy(image + 2, &status, 2);
  image[4] = valid;
  memcpy(image + 6, &opcode, 2);
  memcpy(image + 8, &instruction, 8);
  memcpy(image + 16, &operand, 8);
  memcpy(image + 24, &mxcsr, 4);
  image[28] = image[29] = 0xff;  // MXCSR_MASK
  for (int i = 0; i < 8; i++) {
    uint8_t value[16] = {};
    uc_reg_read(uc, UC_X86_REG_ST0 + i, value);
    memcpy(image + 32 + 16 * i, value, 10);
  }
  for (int i = 0; i < 16; i++) uc_reg_read(uc, UC_X86_REG_XMM0 + i, image + 160 + 16 * i);
}

void Engine::WriteFloat(uc_engine* uc) {
  uint8_t* image = block_ + kFloatOffset;
  if (!x86()) {
    for (int i = 0; i < 32; i++) uc_reg_write(uc, UC_ARM64_REG_V0 + i, image + 16 * i);
    return;
  }
  uint16_t control, status, tags = 0;
  uint64_t opcode = 0, instruction, operand;
  uint32_t mxcsr;
  memcpy(&control, image, 2);
  memcpy(&status, image + 2, 2);
  memcpy(&opcode, image + 6, 2);
  memcpy(&instruction, image + 8, 8);
  memcpy(&operand, image + 16, 8);
  memcpy(&mxcsr, image + 24, 4);
  for (int i = 0; i < 8; i++) if (!(image[4] >> i & 1)) tags = static_cast<uint16_t>(tags | 3 << 2 * i);
  uc_reg_write(uc, UC_X86_REG_FPCW, &control);
  uc_reg_write(uc, UC_X86_REG_FPSW, &status);  // the top of stack, before ST0-7
  for (int i = 0; i < 8; i++) uc_reg_write(uc, UC_X86_REG_ST0 + i, image + 32 + 16 * i);
  uc_reg_write(uc, UC_X86_REG_FPTAG, &tags);
  uc_reg_write(uc, UC_X86_REG_FOP, &opcode);
  uc_reg_write(uc, UC_X86_REG_FIP, &instruction);
  uc_reg_write(uc, UC_X86_REG_FDP, &operand);
  uc_reg_write(uc, UC_X86_REG_MXCSR, &mxcsr);
  for (int i = 0; i < 16; i++) uc_reg_write(uc, UC_X86_REG_XMM0 + i, image + 160 + 16 * i);
}
