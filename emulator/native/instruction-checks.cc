#include "instruction-checks.h"

#include "arm64-decode.h"
#include "exits.h"
#include "register-block.h"
#include "x86-effects.h"

namespace {
constexpr uint32_t kGeneralProtection = 13, kDataAbort = 4, kSpAlignment = 0x26;
constexpr uint64_t kMxcsrInImage = 24;
constexpr int kSp = 31;
}  // namespace

uint64_t InstructionChecks::Register(int slot) const { return machine_.Read(RegisterBlock::Id(machine_.model(), slot)); }

uint64_t InstructionChecks::OperandAddress(const X86Instruction& i, uint64_t pc) const {
  uint64_t general[kGeneralSlots];
  if (i.base >= 0 && i.base != X86Instruction::kPc) general[i.base] = Register(i.base);
  if (i.index >= 0) general[i.index] = Register(i.index);
  if (i.segment) general[i.segment == 0x64 ? kFsBase : kGsBase] = Register(i.segment == 0x64 ? kFsBase : kGsBase);
  return i.OperandAddress(pc, general);
}

// ldmxcsr, and the image of fxrstor and xrstor. What can't be read is another fault.
bool InstructionChecks::LoadsReservedBits(const X86Instruction& i, uint64_t pc) {
  uint8_t mxcsr[4] = {};
  uint64_t at = OperandAddress(i, pc) + ((i.modrm >> 3 & 7) == 2 ? 0 : kMxcsrInImage);
  return memory_.ReadCode(at, mxcsr, 4) == 4 && (mxcsr[2] || mxcsr[3]);
}

bool InstructionChecks::PassX86(const X86Instruction& i, uint64_t pc) {
  if (i.invalid) {
    stop_.InFront(kInvalidInstruction);
    return false;
  }
  if (i.opcode == 0x0fae && i.loadsFloatControl && LoadsReservedBits(i, pc)) {
    stop_.InFront(kInterrupt, kGeneralProtection);
    return false;
  }
  unsigned alignment = X86OperandAlignment(i);
  if (alignment == 1 || !(OperandAddress(i, pc) & (alignment - 1))) return true;
  stop_.InFront(kInterrupt, kGeneralProtection);
  return false;
}

bool InstructionChecks::PassArm64(uint64_t pc) {
  uint8_t code[4] = {};
  memory_.ReadCode(pc, code, 4);
  Arm64Access access = Arm64DecodeAccess(code[0] | code[1] << 8 | code[2] << 16 | static_cast<uint32_t>(code[3]) << 24);
  if (!access.isAccess) return true;
  if (access.base == kSp && Register(kSp) & 15) {
    stop_.InFront(kInterrupt, kSpAlignment);
    stop_.address = Register(kSp);
    return false;
  }
  if (access.alignment == 1) return true;
  uint64_t address = Register(access.base) + static_cast<uint64_t>(static_cast<int64_t>(access.offset));
  if (!(address & (access.alignment - 1))) return true;
  // With 16-KiB pages it is Apple's processor, whose accesses may lie anywhere in 16 bytes (FEAT_LSE2).
  if (machine_.model().pageSize() > 4096 && (address & 15) + access.size <= 16) return true;
  stop_.InFront(kInterrupt, kDataAbort, access.store);
  stop_.address = address;
  return false;
}
